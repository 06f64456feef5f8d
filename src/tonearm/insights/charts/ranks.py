"""Which place one artist, album or track had in each year."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from tonearm.domain.errors import InvalidInputError
from tonearm.domain.periods import Period
from tonearm.domain.vocabulary import RankBy
from tonearm.insights.calendar import dates, plays_and_time_by_unit, unit_starts
from tonearm.insights.chart import Chart
from tonearm.insights.question import By, Item, Question
from tonearm.insights.records import Covered, MsPlayed, Plays, Record, StartsOn, Subject
from tonearm.insights.standings import Standings
from tonearm.insights.subjects import among_all, ids_of, item_of, subjects_of
from tonearm.insights.view import View


class RanksQuestion(Question, frozen=True, kw_only=True):
    """What places are asked."""

    by: By = RankBy.PLAYS


class RankOfYear(Record, frozen=True):
    """One year of an item."""

    starts_on: StartsOn
    rank: Annotated[int | None, Meta(description="Its place; null where it was not heard.")]
    ranked: Annotated[int, Meta(description="How many items have a place in the year.")]
    plays: Plays
    ms_played: MsPlayed


class Ranks(Record, frozen=True):
    """The places of one item: every year from its first counted play in the range to its last."""

    covered: Covered
    by: Annotated[RankBy, Meta(description="What the ranking is ordered by.")]
    subjects: tuple[Subject, ...]
    items: tuple[RankOfYear, ...]


def _answer(view: View, asked: RanksQuestion) -> Ranks:
    item = item_of(view.question)
    subjects = subjects_of(view, item)
    if len(ids_of(view, item)) > 1:
        ids = ", ".join(
            f"{one.id} ({one.artist})" if one.artist else str(one.id) for one in subjects
        )
        raise InvalidInputError(
            f"Several {item} have this name, and a place is that of one. Give its number: {ids}.",
            parameter=item.removesuffix("s"),
        )
    return Ranks(
        covered=view.covered(),
        by=asked.by,
        subjects=subjects,
        items=tuple(_years(view, item, asked.by)),
    )


def _years(view: View, item: Item, by: RankBy) -> Iterator[RankOfYear]:
    (label,), everything = ids_of(view, item), among_all(view)
    starts = _starts(view)
    borders, own = dates(starts), plays_and_time_by_unit(view, starts)
    first, end = view.period.first or date.min, view.period.end or date.max
    for begin, after, plays, ms_played in zip(borders, borders[1:], *own, strict=False):
        year = everything.shifted(Period(max(begin, first), min(after, end)))
        weights = _weights(year, item, by)[1:]  # what has no artist or album has no place
        mine = weights[label - 1]
        rank = int(np.count_nonzero(weights > mine)) + 1 if mine else None
        if mine and np.count_nonzero(weights == mine) > 1:
            rank = Standings(year, item, by).rank(label)
        yield RankOfYear(begin, rank, int(np.count_nonzero(weights)), plays, ms_played)


def _starts(view: View) -> NDArray[np.int64]:
    """Give the first day of every year from the first counted play to the last, and of the one after."""
    start, end = view.counted_rows
    if start == end:
        return np.zeros(0, np.int64)
    edges = view.lane.days(view.zone, view.rule).labels[[start, end - 1]].astype(np.int64)
    first, last = dates(edges + view.lane.day_span(view.zone)[0])
    return unit_starts("year", first, last + timedelta(days=1))


def _weights(year: View, item: Item, by: RankBy) -> NDArray[np.int64]:
    """Sum up what a ranking goes by; that of Standings has more, which only level items need."""
    grouping = year.grouping(item)
    if grouping == "credited":
        is_by_plays = by is RankBy.PLAYS
        rows = year.counted_rows if is_by_plays else year.rows
        return year.lane.sums(grouping, year.rule if is_by_plays else None, rows)
    if by is RankBy.PLAYS:
        return year.lane.plays_by(item, year.rule).sums(*year.counted_rows)
    return year.lane.time_by(item).sums(*year.rows)


CHARTS = (
    Chart(
        name="ranks",
        title="Rank by year",
        description="The place of one artist, album or track among all that was heard, year by year.",
        definition=(
            "Exactly one of `artist`, `album` and `track` says what to look at; of a name that several "
            "have, only a number says which. The place is that in the ranking of the same kind of item, "
            "with the same filters otherwise, over the days of the year that lie in the range. Years go "
            "from that of the first counted play in the range to that of the last, none left out."
        ),
        drawing="line",
        question=RanksQuestion,
        record=Ranks,
        answer=_answer,
        example={"artist": "Noite"},
        line_plays="unit=year&starts_on={starts_on}",
    ),
)
