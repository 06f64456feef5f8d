"""The numbers of totals, and those of two ranges side by side."""

from typing import Annotated

import numpy as np
from msgspec import Meta
from msgspec.structs import asdict

from tonearm.insights.question import Item
from tonearm.insights.records import MsPlayed, Plays, Record
from tonearm.insights.view import View

_ITEMS: tuple[Item, ...] = ("tracks", "albums", "artists")
Ratio = Annotated[
    float | None,
    Meta(description="The number here divided by the other; null where the other is 0."),
]


class TotalNumbers(Record, frozen=True):
    """The numbers of totals, or what they changed by."""

    plays: Plays
    ms_played: MsPlayed
    tracks: Annotated[int, Meta(description="Distinct tracks.")]
    albums: Annotated[int, Meta(description="Distinct albums.")]
    artists: Annotated[int, Meta(description="Distinct artists.")]
    active_days: Annotated[int, Meta(description="Local days with a counted play.")]
    ms_per_active_day: Annotated[
        int, Meta(description="Listening time by active day, in milliseconds.")
    ]


class TotalRatios(Record, frozen=True):
    """The numbers of totals divided by others."""

    plays: Ratio
    ms_played: Ratio
    tracks: Ratio
    albums: Ratio
    artists: Ratio
    active_days: Ratio
    ms_per_active_day: Ratio


def count_totals(view: View) -> TotalNumbers:
    """Count up the range of a view."""
    lane = view.lane
    counted = view.counted_rows
    ms_played = int(lane.sums("tracks", None, view.rows).sum())
    # Label 0 stands for an unknown artist or album, which is none.
    tracks, albums, artists = (
        int(np.count_nonzero(lane.sums(view.grouping(item), view.rule, counted)[1:]))
        for item in _ITEMS
    )
    days = int(np.count_nonzero(lane.days(view.zone, view.rule).sums(*counted)))
    return TotalNumbers(
        plays=counted[1] - counted[0],
        ms_played=ms_played,
        tracks=tracks,
        albums=albums,
        artists=artists,
        active_days=days,
        ms_per_active_day=round(ms_played / days) if days else 0,
    )


def repeat_share(plays: int, tracks: int) -> float:
    """Give the share of plays that are not the first of their track."""
    return round(1 - tracks / plays, 6) if plays else 0.0


def plays_per_track(plays: int, tracks: int) -> float:
    """Give the mean number of plays of a track."""
    return round(plays / tracks, 6) if tracks else 0.0


def changes(here: TotalNumbers, other: TotalNumbers) -> TotalNumbers:
    """Give each number less the other."""
    there = asdict(other)
    return TotalNumbers(**{name: value - there[name] for name, value in asdict(here).items()})


def ratios(here: TotalNumbers, other: TotalNumbers) -> TotalRatios:
    """Give each number divided by the other, rounded to six places."""
    there = asdict(other)
    return TotalRatios(
        **{
            name: round(value / there[name], 6) if there[name] else None
            for name, value in asdict(here).items()
        }
    )
