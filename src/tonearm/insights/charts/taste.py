"""A listener's taste in one answer."""

from datetime import datetime
from typing import Annotated

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from tonearm.domain.instants import from_ms
from tonearm.insights.calendar import by_hour_of_week
from tonearm.insights.chart import Chart
from tonearm.insights.discoveries import discovery_totals
from tonearm.insights.favourites import Favourite, list_favourites
from tonearm.insights.lane import LaneColumns
from tonearm.insights.question import Question
from tonearm.insights.records import (
    Covered,
    Hour,
    NewArtists,
    NewShare,
    NewTracks,
    Plays,
    Record,
    Share,
)
from tonearm.insights.totals import TotalNumbers, count_totals, plays_per_track, repeat_share
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
    totals, new = count_totals(view), discovery_totals(view)
    hours = by_hour_of_week(view, view.rule)
    return Taste(
        covered=view.covered(),
        first_play_at=_first_play_at(view.lane),
        repeat_share=repeat_share(totals.plays, totals.tracks),
        plays_per_track=plays_per_track(totals.plays, totals.tracks),
        new_artists=new.new_artists,
        new_tracks=new.new_tracks,
        new_share=new.new_share,
        peak_weekday=_peak_weekday(hours.sum(axis=1)),
        peak_hours=_peak_hours(hours.sum(axis=0)),
        totals=totals,
        artists=list_favourites(view, "artists", _FIRST),
        albums=list_favourites(view, "albums", _FIRST),
        tracks=list_favourites(view, "tracks", _FIRST),
    )


def _first_play_at(lane: LaneColumns) -> datetime | None:
    plays = len(lane.ended_at)
    return from_ms(lane.first_and_last_at(0, plays)[0]) if plays else None


def _peak_weekday(plays: NDArray[np.int64]) -> int | None:
    """Give the weekday with most plays, of several the earliest."""
    return int(plays.argmax()) if plays.any() else None


def _peak_hours(plays: NDArray[np.int64]) -> tuple[PeakHour, ...]:
    whole, by_hour = int(plays.sum()), plays.tolist()
    best = sorted(range(len(by_hour)), key=lambda hour: (-by_hour[hour], hour))[:_PEAKS]
    return tuple(
        PeakHour(hour, by_hour[hour], round(by_hour[hour] / whole, 6))
        for hour in best
        if by_hour[hour]
    )


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
        more_plays={
            **{
                f"{item}.plays": f"{item.removesuffix('s')}=%23{{id}}"
                for item in ("artists", "albums", "tracks")
            },
            "new_artists": "trait=new_artist",
            "new_tracks": "trait=new_track",
            "peak_hours.plays": "hour={hour}",
        },
        answer=_answer,
    ),
)
