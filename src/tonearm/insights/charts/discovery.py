"""What was heard for the first time, and what again after long."""

from typing import Annotated

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from tonearm.domain.instants import from_ms
from tonearm.insights.calendar import dates, rows_by_unit, span_of, unit_starts
from tonearm.insights.chart import Chart
from tonearm.insights.firsts import (
    DAY_MS,
    LONG_PAUSE_DAYS,
    first_plays,
    plays_of_new,
    plays_of_new_by_unit,
    rediscoveries,
)
from tonearm.insights.leaders import leaders
from tonearm.insights.question import Item, Limit, Question, Units
from tonearm.insights.records import (
    Covered,
    DiscoveryTotals,
    NewAlbums,
    NewArtists,
    NewShare,
    NewTracks,
    Plays,
    PlaysOfNew,
    Record,
    Rediscoveries,
    Rediscovery,
    StartsOn,
)
from tonearm.insights.view import View

_ITEMS: tuple[Item, ...] = ("artists", "albums", "tracks")


class DiscoveryQuestion(Question, frozen=True, kw_only=True):
    """What discovery is asked."""

    unit: Units = "month"
    limit: Limit = 10


class DiscoveryUnit(Record, frozen=True):
    """One calendar unit, as far as it lies in the range."""

    starts_on: StartsOn
    plays: Plays
    new_artists: NewArtists
    new_albums: NewAlbums
    new_tracks: NewTracks
    plays_of_new: PlaysOfNew
    new_share: NewShare
    rediscoveries: Rediscoveries


class Discovery(Record, frozen=True):
    """What was new, and what came back: in the range, in every unit of it, and after the longest pauses."""

    covered: Covered
    unit: Annotated[str, Meta(description="Unit of the calendar.")]
    totals: DiscoveryTotals
    items: tuple[DiscoveryUnit, ...]
    rediscovered: tuple[Rediscovery, ...]


def _answer(view: View, asked: DiscoveryQuestion) -> Discovery:
    span = span_of(view)
    items: tuple[DiscoveryUnit, ...] = ()
    if span is not None:
        starts = unit_starts(asked.unit, *span)
        rows = rows_by_unit(view, starts)
        of_new = plays_of_new_by_unit(view, asked.unit, starts, rows)
        items = tuple(map(DiscoveryUnit, dates(starts[:-1]), *_columns(view, rows, of_new)))
    rows = np.array(view.counted_rows, np.int32)
    (whole,) = zip(*_columns(view, rows, np.array([plays_of_new(view)])), strict=True)
    return Discovery(
        covered=view.covered(),
        unit=asked.unit,
        totals=DiscoveryTotals(*whole),
        items=items,
        rediscovered=_rediscovered(view, rows, asked.limit),
    )


def _columns(
    view: View, rows: NDArray[np.int32], of_new: NDArray[np.int64]
) -> tuple[list[int] | list[float], ...]:
    """Give the columns of lines that begin at `rows`, the last of which is the end."""
    plays = np.diff(rows)
    found = [first_plays(view.lane, item, view.rule).rows for item in _ITEMS]
    back, _ = rediscoveries(view.lane, view.rule)
    new = [np.diff(np.searchsorted(places, rows)).tolist() for places in found]
    share = np.round(of_new / np.maximum(plays, 1), 6)
    returns = np.diff(np.searchsorted(back, rows))
    return plays.tolist(), *new, of_new.tolist(), share.tolist(), returns.tolist()


def _rediscovered(view: View, rows: NDArray[np.int32], limit: int) -> tuple[Rediscovery, ...]:
    back, pauses = rediscoveries(view.lane, view.rule)
    first, end = np.searchsorted(back, rows).tolist()
    places = first + leaders(limit, -pauses[first:end])
    played_at = view.lane.counted_ended_at(view.rule)[back[places]]
    tracks = view.lane.plays_by("tracks", view.rule).labels[back[places]].tolist()
    names = view.names("tracks", tracks)
    lines = zip((-pauses[places]).tolist(), played_at.tolist(), tracks, strict=True)
    ordered = sorted(lines, key=lambda line: (*line[:2], names[line[2]].key))
    return tuple(
        Rediscovery(
            id=track,
            name=names[track].name,
            artist=names[track].artist,
            played_at=from_ms(moment),
            pause_days=-pause // DAY_MS,
        )
        for pause, moment, track in ordered[:limit]
    )


CHARTS = (
    Chart(
        name="discovery",
        title="Discovery",
        description=(
            "Artists, albums and tracks heard for the first time, the share of plays that goes to new "
            "tracks, and tracks heard again after long, by day, ISO week, month or year."
        ),
        definition=(
            "An artist, album or track is new where its first counted play lies: the first of the whole "
            "history, of the plays that the question looks at. The new share of a unit is the share of its "
            "counted plays that are of tracks new in this unit; that of the totals looks at tracks new in "
            "the range. A rediscovery is a counted play of a track whose play before it ended at least "
            f"{LONG_PAUSE_DAYS} times 24 hours earlier; listed are those after the longest pauses."
        ),
        drawing="bars",
        question=DiscoveryQuestion,
        record=Discovery,
        answer=_answer,
        example={"unit": "year", "limit": "5"},
        line_plays="unit={unit}&starts_on={starts_on}",
    ),
)
