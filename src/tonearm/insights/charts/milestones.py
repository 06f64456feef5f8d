"""Round numbers of plays, artists, tracks and hours that were reached or are near, and days that return."""

from bisect import bisect_right
from calendar import isleap
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import count, takewhile
from typing import Annotated, NamedTuple

import numpy as np
from msgspec import Meta

from tonearm.domain.instants import from_ms
from tonearm.domain.periods import Period
from tonearm.domain.vocabulary import RankBy, Rule
from tonearm.insights.chart import Chart
from tonearm.insights.firsts import first_plays
from tonearm.insights.lane import LaneColumns
from tonearm.insights.paging import ListQuestion, NextCursor
from tonearm.insights.question import Grouping
from tonearm.insights.records import Covered, ItemArtist, ItemId, ItemName, Record
from tonearm.insights.standings import Standings
from tonearm.insights.view import EPOCH, View

_HOUR_MS = 3_600_000
_MILLION = 1_000_000
_KINDS = ("plays", "artists", "tracks", "hours")
_PLAYS = (1, 100, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000)
_OTHERS = (1, 10, 100, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000)
_NEAR = 10
"""A number is near where at most one part in so many of it is missing."""


class MilestonesQuestion(ListQuestion, frozen=True, kw_only=True):
    """What milestones are asked."""


class Milestone(Record, frozen=True):
    """A round number, and the play that reached it."""

    kind: Annotated[
        str, Meta(description="What was counted: `plays`, `artists`, `tracks` or `hours`.")
    ]
    number: Annotated[int, Meta(description="The number reached.")]
    played_at: Annotated[datetime, Meta(description="When the play that reached it ended.")]
    play: Annotated[int, Meta(description="Number of that play.")]
    id: ItemId
    name: ItemName
    artist: ItemArtist


class Anniversary(Record, frozen=True):
    """The next yearly return of a first play."""

    on: Annotated[date, Meta(description="Local day, today or later.")]
    years: Annotated[int, Meta(description="How many years it will be then.")]
    first_play_at: Annotated[datetime, Meta(description="The first counted play of all time.")]
    play: Annotated[int, Meta(description="Number of that play.")]
    id: Annotated[
        int | None, Meta(description="Number of the artist; null for the first play of all.")
    ]
    name: Annotated[
        str | None, Meta(description="Name of the artist; null for the first play of all.")
    ]


class NearMilestone(Record, frozen=True):
    """A round number that is not reached yet, and near."""

    kind: Annotated[
        str, Meta(description="What is counted: `plays`, `artists`, `tracks` or `hours`.")
    ]
    number: Annotated[int, Meta(description="The number that comes next.")]
    missing: Annotated[int, Meta(description="How many are missing; begun hours are whole ones.")]


class Milestones(Record, frozen=True):
    """Round numbers reached in a range, oldest first, and what is to come."""

    covered: Covered
    next_cursor: NextCursor
    items: tuple[Milestone, ...]
    anniversaries: tuple[Anniversary, ...]
    near: Annotated[
        tuple[NearMilestone, ...],
        Meta(
            description="The next round numbers of the whole history that are near, nearest first."
        ),
    ] = ()


class _Mark(NamedTuple):
    """A number that a row of the lane reaches; ascending as they are listed."""

    row: int
    kind: int
    number: int


def _answer(view: View, asked: MilestonesQuestion) -> Milestones:
    home = view.at_home()  # what comes after what is a matter of instants
    lane, rule = home.lane, home.rule
    start, end = home.rows
    grouping = home.grouping("artists")
    marks = lane.once(("milestones", rule, grouping), lambda: _marks(lane, rule, grouping))
    reached = [mark for mark in marks if start <= mark.row < end]
    inside = reached[max(len(reached) - asked.end, 0) : max(len(reached) - asked.begin, 0)]
    artists, anniversaries = _anniversaries(home, asked)
    labels = [int(lane.track[mark.row]) for mark in inside]
    names = home.names("tracks", set(labels))
    return Milestones(
        covered=home.covered(),
        next_cursor=asked.next_cursor(max(len(reached), artists)),
        items=tuple(
            Milestone(
                kind=_KINDS[mark.kind],
                number=mark.number,
                played_at=from_ms(int(lane.ended_at[mark.row])),
                play=int(lane.id[mark.row]),
                id=label,
                name=names[label].name,
                artist=names[label].artist,
            )
            for mark, label in zip(inside, labels, strict=True)
        ),
        anniversaries=anniversaries,
        near=lane.once(("near milestones", rule, grouping), lambda: _near(lane, rule, grouping)),
    )


def _near(lane: LaneColumns, rule: Rule, by_artist: Grouping) -> tuple[NearMilestone, ...]:
    """Give the next number of each kind, where little of it is missing."""
    plays = len(lane.counted(rule))
    groupings: tuple[Grouping, ...] = by_artist, "tracks"
    artists, tracks = (len(first_plays(lane, item, rule).rows) for item in groupings)
    hours = int(lane.ms_played.sum(dtype=np.int64)) // _HOUR_MS
    found: list[NearMilestone] = []
    for kind, reached in zip(_KINDS, (plays, artists, tracks, hours), strict=True):
        numbers = (*_PLAYS, _next_million(reached)) if kind == "plays" else _OTHERS
        number = next((number for number in numbers if number > reached), None)
        if number is not None and (number - reached) * _NEAR <= number:
            found.append(NearMilestone(kind, number, number - reached))
    return tuple(sorted(found, key=lambda near: near.missing / near.number))


def _next_million(reached: int) -> int:
    return (reached // _MILLION + 1) * _MILLION


def _marks(lane: LaneColumns, rule: Rule, by_artist: Grouping) -> tuple[_Mark, ...]:
    """Give every milestone of a lane, in the order they were reached."""
    counted = lane.counted(rule)
    groupings: tuple[Grouping, ...] = by_artist, "tracks"
    artists, tracks = (counted[first_plays(lane, item, rule).rows] for item in groupings)
    millions = takewhile(lambda number: number <= len(counted), count(_MILLION, _MILLION))
    found = [
        _Mark(int(rows[number - 1]), kind, number)
        for kind, (rows, numbers) in enumerate(
            ((counted, (*_PLAYS, *millions)), (artists, _OTHERS), (tracks, _OTHERS))
        )
        for number in numbers[: bisect_right(numbers, len(rows))]
    ]
    time = np.cumsum(lane.ms_played, dtype=np.int64)
    reached = np.searchsorted(time, np.array(_OTHERS) * _HOUR_MS).tolist()
    hours = _KINDS.index("hours")
    found += [
        _Mark(row, hours, number)
        for row, number in zip(reached, _OTHERS, strict=True)
        if row < len(time)
    ]
    return tuple(sorted(found))


def _anniversaries(home: View, asked: MilestonesQuestion) -> tuple[int, tuple[Anniversary, ...]]:
    """Give how many artists there are, and when the first plays of some of them return."""
    lane, rule = home.lane, home.rule
    instants = lane.counted_ended_at(rule)
    if not len(instants):
        return 0, ()
    ever = Standings(home.shifted(Period(None, None)), "artists", RankBy.PLAYS)
    ranked, names = ever.ranked(asked.end)
    first_rows = first_plays(lane, home.grouping("artists"), rule).row_of
    days, numbers = lane.days(home.zone, rule).labels, lane.id[lane.counted(rule)]
    begin = EPOCH + timedelta(days=lane.day_span(home.zone)[0])
    found: list[Anniversary] = []
    for label in (*([] if asked.begin else [None]), *ranked[asked.begin :]):
        row = 0 if label is None else int(first_rows[label])
        on, years = _next_return(begin + timedelta(days=int(days[row])), home.today)
        name = None if label is None else names[label].name
        found.append(
            Anniversary(on, years, from_ms(int(instants[row])), int(numbers[row]), label, name)
        )
    return int(np.count_nonzero(ever.weight)), tuple(found)


def _next_return(first: date, today: date) -> tuple[date, int]:
    """Give the first yearly return that is not over, and how many years it is."""
    years = max(today.year - first.year, 1)
    if _return(first, years) < today:
        years += 1
    return _return(first, years), years


def _return(first: date, years: int) -> date:
    year = first.year + years
    is_lost = (first.month, first.day) == (2, 29) and not isleap(year)
    return first.replace(year=year, day=28 if is_lost else first.day)


def _spelled(numbers: Sequence[int]) -> str:
    return ", ".join(f"{number:,}" for number in numbers)


CHARTS = (
    Chart(
        name="milestones",
        title="Milestones",
        description=(
            "Round numbers of plays, artists, tracks and hours and the plays that reached them, those that are "
            "near, and anniversaries of first plays."
        ),
        definition=(
            "Numbers are counted from the beginning of the history: counted plays "
            f"({_spelled(_PLAYS)} and every million), artists and tracks heard for the first time, and "
            f"hours of listening time ({_spelled(_OTHERS)}). Listed are those that were reached in the "
            "range, the latest `limit`, oldest first. Near, whatever the range, is the next number of each "
            f"kind that the whole history has not reached, where at most a {_NEAR}th of it is missing. "
            "Anniversaries do not look at the range: they are the "
            "next yearly returns, today included, of the very first play and of the first plays of the "
            "`limit` artists with most plays; what began on 29 February returns on the 28th in common "
            "years. `next_cursor` leads to earlier numbers, and to the artists after."
        ),
        drawing="table",
        question=MilestonesQuestion,
        record=Milestones,
        answer=_answer,
        example={"limit": "5"},
    ),
)
