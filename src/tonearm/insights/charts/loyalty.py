"""How one artist, album or track was heard over time."""

from datetime import date, datetime, timedelta
from typing import Annotated

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from tonearm.domain.instants import from_ms
from tonearm.insights.calendar import dates, plays_and_time_by_unit, unit_starts
from tonearm.insights.chart import Chart
from tonearm.insights.question import Question
from tonearm.insights.records import (
    Covered,
    MsPlayed,
    Plays,
    Record,
    StartsOn,
    Subject,
)
from tonearm.insights.subjects import MOST_SUBJECTS, item_of, subjects_of
from tonearm.insights.view import EPOCH, View


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
    subjects: tuple[Subject, ...]
    items: tuple[LoyaltyMonth, ...]


def _answer(view: View, _asked: Question) -> Loyalty:
    item = item_of(view.question)
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
        subjects=subjects_of(view, item),
        items=months,
    )


def _months(view: View, days: NDArray[np.integer]) -> tuple[LoyaltyMonth, ...]:
    starts = unit_starts("month", _day(days[0]), _day(days[-1] + 1))
    columns = plays_and_time_by_unit(view, starts)
    return tuple(map(LoyaltyMonth, dates(starts[:-1]), *columns))


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
            f"first, {MOST_SUBJECTS} at most. The half-life is the number of local days from the first "
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
