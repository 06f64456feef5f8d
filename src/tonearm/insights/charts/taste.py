"""A listener's taste in one answer."""

from collections import Counter
from datetime import datetime
from typing import Annotated

from msgspec import Meta

from tonearm.domain.periods import Period
from tonearm.insights.chart import Chart
from tonearm.insights.favourites import Favourite, list_favourites
from tonearm.insights.question import Question
from tonearm.insights.records import (
    Covered,
    Heatmap,
    Hour,
    NewArtists,
    NewShare,
    NewTracks,
    Plays,
    Record,
    Share,
)
from tonearm.insights.totals import TotalNumbers, count_totals
from tonearm.insights.view import View

_FIRST = 10
_PEAKS = 3


class PeakHour(Record, frozen=True):
    """An hour of the day with many plays."""

    hour: Hour
    plays: Plays
    share: Share


class Taste(Record, frozen=True):
    """A listener's taste, small enough to be read at once."""

    covered: Covered
    first_play_at: Annotated[
        datetime | None, Meta(description="First play of the whole history, counted or not.")
    ]
    repeat_share: Annotated[
        float,
        Meta(description="Share of plays that are not the first of their track in the range."),
    ]
    plays_per_track: Annotated[float, Meta(description="Mean number of plays of a track.")]
    new_artists: NewArtists
    new_tracks: NewTracks
    new_share: NewShare
    peak_weekday: Annotated[
        int | None,
        Meta(description="Weekday with most plays, 0 is Monday; null without plays."),
    ]
    peak_hours: Annotated[
        tuple[PeakHour, ...], Meta(description="The hours of the day with most plays.")
    ]
    totals: TotalNumbers
    artists: tuple[Favourite, ...]
    albums: tuple[Favourite, ...]
    tracks: tuple[Favourite, ...]


def _answer(view: View, _asked: Question) -> Taste:
    repeat = view.ask("repeat", limit=1)
    new = view.ask("discovery", unit="year", limit=1).totals
    return Taste(
        covered=view.covered(),
        first_play_at=view.shifted(Period(None, None)).covered().first_play_at,
        repeat_share=repeat.repeat_share,
        plays_per_track=repeat.plays_per_track,
        new_artists=new.new_artists,
        new_tracks=new.new_tracks,
        new_share=new.new_share,
        peak_weekday=_peak_weekday(view.ask("heatmap")),
        peak_hours=_peak_hours(view),
        totals=count_totals(view),
        artists=list_favourites(view, "artists", _FIRST),
        albums=list_favourites(view, "albums", _FIRST),
        tracks=list_favourites(view, "tracks", _FIRST),
    )


def _peak_weekday(heatmap: Heatmap) -> int | None:
    """Give the weekday with most plays, of several the earliest."""
    plays: Counter[int] = Counter()
    for cell in heatmap.items:
        plays[cell.weekday] += cell.plays
    best = max(plays, key=plays.__getitem__)
    return best if plays[best] else None


def _peak_hours(view: View) -> tuple[PeakHour, ...]:
    heard = [hour for hour in view.ask("clock").items if hour.plays]
    heard.sort(key=lambda hour: (-hour.plays, hour.hour))
    return tuple(PeakHour(hour.hour, hour.plays, hour.share) for hour in heard[:_PEAKS])


CHARTS = (
    Chart(
        name="taste",
        title="Taste",
        description=(
            "A listener in one bounded answer: totals, first ten artists, albums and tracks, peak hours "
            "and weekday, repeats and discovery."
        ),
        definition=(
            "Made of other measures of the same range: totals; the tops by plays; hours of the day, of "
            "which those with most plays are given, the earlier of equal ones first, and the weekday with "
            "most plays; repeats; and what discovery says of the whole range. How complete and how certain "
            "all that is, the answer says in `covered`."
        ),
        drawing="story",
        question=Question,
        record=Taste,
        answer=_answer,
    ),
)
