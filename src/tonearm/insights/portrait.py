"""One artist, album or track with everything that its page tells, of one version of the history."""

from dataclasses import replace

from tonearm.domain.errors import NotFoundError
from tonearm.domain.periods import Period
from tonearm.domain.vocabulary import ItemKind, RankBy
from tonearm.insights.charts.clock import Clock
from tonearm.insights.charts.loyalty import Loyalty
from tonearm.insights.charts.neighbours import Neighbours
from tonearm.insights.charts.ranks import Ranks
from tonearm.insights.charts.skips import Skips
from tonearm.insights.plays import Play, PlaysQuestion, list_plays
from tonearm.insights.records import Heatmap, Record, Timeline, Top, Totals
from tonearm.insights.view import View

_LATEST = 8
_PARTS = 8
_NEIGHBOURS = 6
_WITHIN = {
    ItemKind.ARTIST: ("top-albums", "top-tracks"),
    ItemKind.ALBUM: ("top-tracks",),
    ItemKind.TRACK: (),
}


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
        latest=list_plays(view, PlaysQuestion(limit=_LATEST)).items,
        newest=newest[0],
        is_left_out=not shown and bool(left_out),
        is_private=not shown and not left_out,
    )


def _wider(view: View, *, has_private: bool = False) -> View:
    """Give a view with what was left out, and with private sessions on request."""
    chosen = view.selection
    wider = replace(chosen, has_hidden=True, has_private=has_private or chosen.has_private)
    return replace(view, selection=wider)
