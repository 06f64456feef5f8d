"""One artist, album or track with everything that its page tells, of one version of the history."""

from dataclasses import replace

import numpy as np

from tonearm.domain.errors import NotFoundError
from tonearm.domain.periods import Period
from tonearm.domain.vocabulary import Family, ItemKind, RankBy, Rule
from tonearm.history.sources import told_by
from tonearm.insights.charts.clock import Clock
from tonearm.insights.charts.loyalty import Loyalty
from tonearm.insights.charts.neighbours import Neighbours
from tonearm.insights.charts.ranks import Ranks
from tonearm.insights.charts.repeat import LongestRun, Repeat, longest_run_of_own
from tonearm.insights.charts.skips import Skips
from tonearm.insights.charts.streaks import Streak, Streaks
from tonearm.insights.plays import Play, PlaysQuestion, list_plays
from tonearm.insights.records import Heatmap, Record, Timeline, Top, Totals
from tonearm.insights.selection import EVERYTHING
from tonearm.insights.view import View

_LATEST = 8
_PARTS = 8
_NEIGHBOURS = 6
_WITHIN = {
    ItemKind.ARTIST: ("top-albums", "top-tracks"),
    ItemKind.ALBUM: ("top-tracks",),
    ItemKind.TRACK: (),
}


class Sightings(Record, frozen=True):
    """How many counted plays each source tells of, and how many more than one does."""

    plays: dict[str, int]
    """By source, of those that tell of any; a play that several tell of stands with each."""
    several: int


class Again(Record, frozen=True):
    """How it is heard once more."""

    run: LongestRun | None
    """One track with nothing else between."""
    loops: int
    loop_plays: int
    streak: Streak
    """The most days in a row."""


class Portrait(Record, frozen=True):
    """An item in a range, and over all the years."""

    totals: Totals
    ever: Loyalty
    """Of all years, whatever the range."""
    months: Timeline
    """Of all years."""
    heatmap: Heatmap
    clock: Clock
    skips: Skips
    albums: Top | None
    """Of an artist."""
    tracks: Top | None
    """Of an artist or album."""
    ranks: Ranks
    """Of all years, among all of its kind."""
    neighbours: Neighbours
    """Of the range."""
    counts: dict[Rule, int]
    """Plays of the range by every rule."""
    again: Again
    """Of the range."""
    sightings: Sightings
    """Of the range."""
    latest: tuple[Play, ...]
    """Of the range, newest first."""
    newest: Play
    """Of all years, counted or not, left out or not."""
    is_left_out: bool
    """Whether the listener has left out every play of it that they count."""
    is_private: bool
    """Whether it was heard only in private sessions, which the listener does not count."""


def draw_portrait(view: View, item: ItemKind, number: int) -> Portrait:
    """Draw the portrait of the item that the view's question is about; raises NotFoundError where no play is left."""
    whole = view.shifted(Period(None, None))
    shown = list_plays(whole, PlaysQuestion(limit=1)).items
    left_out = shown or list_plays(_wider(whole), PlaysQuestion(limit=1)).items
    newest = left_out or list_plays(_wider(whole, has_private=True), PlaysQuestion(limit=1)).items
    if not newest:
        raise NotFoundError(f"There are no plays of {item} {number}.")
    kind = newest[0].kind
    tops = {name: view.ask(name, limit=_PARTS, by=RankBy.PLAYS) for name in _WITHIN[item]}
    return Portrait(
        totals=view.ask("totals"),
        ever=whole.ask("loyalty"),
        months=whole.ask("timeline", unit="month"),
        heatmap=view.ask("heatmap"),
        clock=view.ask("clock"),
        skips=view.ask("skips", limit=1),
        albums=tops.get("top-albums"),
        tracks=tops.get("top-tracks"),
        ranks=whole.of_kind(kind).ask("ranks"),
        neighbours=view.of_kind(kind).ask("neighbours", limit=_NEIGHBOURS),
        counts={rule: _count(view, rule) for rule in Rule},
        again=_again(view, kind),
        sightings=_sightings(view),
        latest=list_plays(view, PlaysQuestion(limit=_LATEST)).items,
        newest=newest[0],
        is_left_out=not shown and bool(left_out),
        is_private=not shown and not left_out,
    )


def _count(view: View, rule: Rule) -> int:
    start, end = view.lane.counted_rows(rule, view.period, view.zone)
    return end - start


def _again(view: View, kind: str) -> Again:
    repeat: Repeat = view.ask("repeat", limit=1)
    streaks: Streaks = view.ask("streaks", limit=1)
    run = longest_run_of_own(view.of_kind(kind))
    return Again(run, repeat.loops, repeat.loop_plays, streaks.longest)


def _sightings(view: View) -> Sightings:
    # Kept with the lane of everything, so that the evidence is read once for all portraits.
    every = view.library.lane(EVERYTHING)
    known = every.once(("told by",), lambda: told_by(view.connection, view.user_id))
    told = known[view.lane.id[view.lane.counted(view.rule)[slice(*view.counted_rows)]]]
    by_family = {family: int(np.count_nonzero(told & (1 << family))) for family in Family}
    return Sightings(
        {family.name.lower(): plays for family, plays in by_family.items() if plays},
        int(np.count_nonzero(np.bitwise_count(told) > 1)),
    )


def _wider(view: View, *, has_private: bool = False) -> View:
    """Give a view with what was left out, and with private sessions on request."""
    chosen = view.selection
    wider = replace(chosen, has_hidden=True, has_private=has_private or chosen.has_private)
    return replace(view, selection=wider)
