"""Plays and time by hour of the day, also for each item of a ranking."""

from typing import Annotated, NamedTuple

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from tonearm.domain.vocabulary import RankBy
from tonearm.insights.calendar import by_hour_of_week
from tonearm.insights.chart import Chart
from tonearm.insights.lane import LaneColumns
from tonearm.insights.paging import ListQuestion
from tonearm.insights.question import By, Item
from tonearm.insights.records import (
    Covered,
    Hour,
    ItemArtist,
    ItemId,
    ItemName,
    MsPlayed,
    Plays,
    Record,
    Share,
)
from tonearm.insights.runs import Groups
from tonearm.insights.standings import Standings
from tonearm.insights.view import View

_HOURS = 24
_HOUR_MS = 3_600_000


class ClockQuestion(ListQuestion, frozen=True, kw_only=True):
    """What the hours of the day are asked."""

    item: Annotated[
        Item | None, Meta(description="Give the hours of the first of these as well.")
    ] = None
    by: By = RankBy.PLAYS


class ClockHour(Record, frozen=True):
    """One hour of the day."""

    hour: Hour
    plays: Plays
    ms_played: MsPlayed
    share: Share


class ItemClock(Record, frozen=True):
    """The hours of one item."""

    rank: Annotated[int, Meta(description="Place in the ranking of the range, from 1.")]
    id: ItemId
    name: ItemName
    artist: ItemArtist
    plays_by_hour: Annotated[
        tuple[int, ...], Meta(description="Counted plays of each hour, from 0 to 23.")
    ]
    ms_by_hour: Annotated[
        tuple[int, ...], Meta(description="Listening time of each hour, in milliseconds.")
    ]


class Clock(Record, frozen=True):
    """Plays and time by hour of the day: always 24 hours, midnight first."""

    covered: Covered
    items: tuple[ClockHour, ...]
    next_cursor: Annotated[
        str | None, Meta(description="The `cursor` of the items after these; null after the last.")
    ]
    leaders: Annotated[
        tuple[ItemClock, ...] | None,
        Meta(description="The hours of each leading item; null unless `item` asks for them."),
    ]


class _Index(NamedTuple):
    """Plays by item and hour, with running sums in that order."""

    groups: Groups
    plays: NDArray[np.int32]
    ms_played: NDArray[np.int64]


def _answer(view: View, asked: ClockQuestion) -> Clock:
    plays, ms_played = (
        by_hour_of_week(view, rule).sum(axis=0).tolist() for rule in (view.rule, None)
    )
    whole, (total, leaders) = sum(plays), _leaders(view, asked)
    if asked.item is not None:
        one = asked.item.removesuffix("s")
        view = view.leading({"leaders.plays_by_hour": f"{one}=%23{{id}}&hour={{index}}"})
    return Clock(
        covered=view.covered(),
        items=tuple(
            ClockHour(hour, count, time, round(count / whole, 6) if whole else 0.0)
            for hour, (count, time) in enumerate(zip(plays, ms_played, strict=True))
        ),
        next_cursor=asked.next_cursor(total),
        leaders=leaders,
    )


def _leaders(view: View, asked: ClockQuestion) -> tuple[int, tuple[ItemClock, ...] | None]:
    """Give how many items have a place, and the hours of some; None unless they were asked for."""
    if asked.item is None:
        return 0, None
    standings, index = Standings(view, asked.item, asked.by), _index(view, asked.item)
    ranked, names = standings.ranked(asked.end)
    ranked = ranked[asked.begin :]
    cells = np.array(ranked, np.int64)[:, np.newaxis] * _HOURS + np.arange(_HOURS)
    edges = view.rows
    if view.grouping(asked.item) == "credited":
        edges = _credited_rows(view.lane)[0].searchsorted(edges).tolist()
    low, high = index.groups.places(cells, *edges)
    plays, ms_played = (
        (running[high] - running[low]).tolist() for running in (index.plays, index.ms_played)
    )
    leaders = tuple(
        ItemClock(
            rank=asked.begin + place + 1,
            id=label,
            name=names[label].name,
            artist=names[label].artist,
            plays_by_hour=tuple(plays[place]),
            ms_by_hour=tuple(ms_played[place]),
        )
        for place, label in enumerate(ranked)
    )
    return int(np.count_nonzero(standings.weight)), leaders


def _index(view: View, item: Item) -> _Index:
    lane, zone, rule = view.lane, view.zone, view.rule
    grouping = view.grouping(item)

    def make() -> _Index:
        hours = lane.wall(zone) // _HOUR_MS % _HOURS
        if grouping == "credited":
            each, labels = _credited_rows(lane)
            groups = Groups(labels.astype(np.int64) * _HOURS + hours[each])
            rows = each[groups.rows]
        else:
            groups = Groups(lane.labels(item).astype(np.int64) * _HOURS + hours)
            rows = groups.rows
        plays = np.zeros(len(rows) + 1, np.int32)
        ms_played = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(lane.is_counted(rule)[rows], out=plays[1:])
        np.cumsum(lane.ms_played[rows], out=ms_played[1:])
        return _Index(groups, plays, ms_played)

    return lane.once(("clock", grouping, zone, rule), make)


def _credited_rows(lane: LaneColumns) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Give every row once for each artist it credits, ascending, and those artists."""

    def make() -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        further, artists = lane.credited(None)
        rows = np.concatenate([np.arange(len(lane.id)), further])
        order = np.argsort(rows, kind="stable")
        return rows[order], np.concatenate([lane.labels("artists"), artists])[order]

    return lane.once(("credited rows",), make)


CHARTS = (
    Chart(
        name="clock",
        title="Hours of the day",
        description="Plays and listening time by local hour of the day, all 24 hours, also for leading items.",
        definition=(
            "A play belongs to the hour that local clocks showed when it ended; the share is that of all "
            "counted plays of the range. With `item` the first `limit` artists, albums or tracks of the "
            "range, ranked as in the tops, come with the counts and times of their own 24 hours; `next_cursor` "
            "leads to those after."
        ),
        drawing="bars",
        question=ClockQuestion,
        record=Clock,
        answer=_answer,
        example={"item": "artists", "limit": "3"},
        line_plays="hour={hour}",
    ),
)
