"""How one artist, album or track was heard over time."""

from datetime import date, datetime, timedelta
from typing import Annotated

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from tonearm.domain.errors import InvalidInputError
from tonearm.domain.instants import from_ms
from tonearm.domain.periods import Period
from tonearm.domain.text import quoted
from tonearm.domain.vocabulary import RankBy
from tonearm.insights.calendar import dates, plays_and_time_by_unit, unit_starts
from tonearm.insights.chart import Chart
from tonearm.insights.question import Item, Question
from tonearm.insights.records import (
    Covered,
    ItemArtist,
    ItemId,
    ItemName,
    MsPlayed,
    Plays,
    Record,
    StartsOn,
)
from tonearm.insights.standings import Standings
from tonearm.insights.view import EPOCH, View

_MOST_SUBJECTS = 10
_ITEMS: dict[str, Item] = {"artist": "artists", "album": "albums", "track": "tracks"}


class LoyaltySubject(Record, frozen=True):
    """An item that was asked about."""

    id: ItemId
    name: ItemName
    artist: ItemArtist


class LoyaltyMonth(Record, frozen=True):
    """One month of an item."""

    starts_on: StartsOn
    plays: Plays
    ms_played: MsPlayed


class Loyalty(Record, frozen=True):
    """How one item was heard over time: every month from its first counted play to its last."""

    covered: Covered
    plays: Plays
    ms_played: MsPlayed
    active_days: Annotated[int, Meta(description="Local days with a counted play.")]
    first_play_at: Annotated[
        datetime | None, Meta(description="First counted play in the range; null without one.")
    ]
    last_play_at: Annotated[datetime | None, Meta(description="Last such play.")]
    days_since_last_play: Annotated[
        int | None, Meta(description="Local days from the last play's day to today.")
    ]
    half_life_days: Annotated[
        int | None,
        Meta(description="Local days from the first play's day until half of the plays were over."),
    ]
    peak_month: Annotated[
        date | None,
        Meta(description="First day of the month with most plays, of several the earliest."),
    ]
    subjects: tuple[LoyaltySubject, ...]
    items: tuple[LoyaltyMonth, ...]


def _answer(view: View, _asked: Question) -> Loyalty:
    item = _item_of(view.question)
    start, end = view.rows
    heard = slice(*view.counted_rows)
    instants = view.lane.counted_ended_at(view.rule)[heard]
    days = view.lane.days(view.zone, view.rule).labels[heard] + view.lane.day_span(view.zone)[0]
    count = len(days)
    months = _months(view, days) if count else ()
    best = max(months, key=lambda month: month.plays, default=None)
    return Loyalty(
        covered=view.covered(),
        plays=count,
        ms_played=int(view.lane.ms_played[start:end].sum(dtype=np.int64)),
        active_days=len(np.unique(days)),
        first_play_at=from_ms(int(instants.min())) if count else None,
        last_play_at=from_ms(int(instants.max())) if count else None,
        days_since_last_play=max((view.today - _day(days[-1])).days, 0) if count else None,
        half_life_days=int(days[(count - 1) // 2] - days[0]) if count else None,
        peak_month=None if best is None else best.starts_on,
        subjects=_subjects(view, item),
        items=months,
    )


def _item_of(question: Question) -> Item:
    """Give the item that a question is about; raises InvalidInputError unless it names one."""
    named = [item for name, item in _ITEMS.items() if getattr(question, name) is not None]
    if len(named) != 1:
        given = [quoted(value) for name in _ITEMS if (value := getattr(question, name)) is not None]
        raise InvalidInputError(
            "Say whose loyalty to measure: give exactly one of artist, album and track, not "
            f"{' and '.join(given) or 'none'}.",
            parameter="artist",
        )
    return named[0]


def _months(view: View, days: NDArray[np.integer]) -> tuple[LoyaltyMonth, ...]:
    starts = unit_starts("month", _day(days[0]), _day(days[-1] + 1))
    columns = plays_and_time_by_unit(view, starts)
    return tuple(map(LoyaltyMonth, dates(starts[:-1]), *columns))


def _subjects(view: View, item: Item) -> tuple[LoyaltySubject, ...]:
    """Name what was asked about, whatever the range."""
    ever = Standings(view.shifted(Period(None, None)), item, RankBy.TIME)
    ranked, names = ever.ranked(_MOST_SUBJECTS)
    return tuple(LoyaltySubject(label, names[label].name, names[label].artist) for label in ranked)


def _day(number: int) -> date:
    return EPOCH + timedelta(days=int(number))


CHARTS = (
    Chart(
        name="loyalty",
        title="Loyalty",
        description=(
            "Plays of one artist, album or track by month, days since the last one, and how soon interest "
            "in it fell off."
        ),
        definition=(
            "Exactly one of `artist`, `album` and `track` says what to look at. A name that several items "
            "have stands for all of them together; `subjects` lists them, those with most listening time "
            f"first, {_MOST_SUBJECTS} at most. The half-life is the number of local days from the first "
            "counted play's day in the range to the day of the play with which half of them, rounded up, "
            "are reached: small where something is played out soon, large where it lasts. Months go from "
            "that of the first counted play to that of the last, none left out. The days since the last "
            "play are counted up to the present local day and never below zero."
        ),
        drawing="bars",
        question=Question,
        record=Loyalty,
        answer=_answer,
        example={"artist": "Noite"},
        line_plays="unit=month&starts_on={starts_on}",
    ),
)
