"""Runs of days with music in a row."""

from datetime import date, timedelta
from itertools import starmap
from typing import Annotated

import numpy as np
from msgspec import Meta

from tonearm.domain.offsets import local_days
from tonearm.insights.chart import Chart
from tonearm.insights.lane import edges_ms
from tonearm.insights.paging import ListQuestion, NextCursor
from tonearm.insights.records import Covered, Record
from tonearm.insights.streaks import ActiveDays, find_active_days
from tonearm.insights.view import EPOCH, View


class StreaksQuestion(ListQuestion, frozen=True, kw_only=True):
    """What streaks are asked."""


class Streak(Record, frozen=True):
    """Active days in a row."""

    days: Annotated[int, Meta(description="How many days in a row; 0 where there is no streak.")]
    starts_on: Annotated[date | None, Meta(description="First day; null where there is none.")]
    ends_on: Annotated[date | None, Meta(description="Last day.")]
    ends_before: Annotated[date | None, Meta(description="The day after the last one.")]


class Streaks(Record, frozen=True):
    """The current streak, the longest one, and others by length."""

    covered: Covered
    current: Streak
    longest: Streak
    next_cursor: NextCursor
    items: tuple[Streak, ...]


_NONE = Streak(0, None, None, None)


def _answer(view: View, asked: StreaksQuestion) -> Streaks:
    active = find_active_days(view)
    streaks = tuple(starmap(_streak, active.longest(asked.end)))
    return Streaks(
        covered=view.covered(),
        current=_current(active, _reference(view)),
        longest=streaks[0] if streaks else _NONE,
        next_cursor=asked.next_cursor(len(active.begins)),
        items=streaks[asked.begin :],
    )


def _reference(view: View) -> int:
    """Give the day that the current streak has to reach, counted from 1970: today, or the range's last day before."""
    today = (view.today - EPOCH).days
    _, end = edges_ms(view.period, view.zone)
    if end is None:
        return today
    return min(today, int(local_days(np.array([end - 1]), view.zone)[0]))


def _current(active: ActiveDays, reference: int) -> Streak:
    days, begins, _ = active
    last = int(np.searchsorted(days, reference, "right")) - 1
    # The day may not be over yet: the one before still carries the streak.
    if last < 0 or days[last] < reference - 1:
        return _NONE
    first = begins[np.searchsorted(begins, last, "right") - 1]
    return _streak(int(days[first]), int(days[last]))


def _streak(first: int, last: int) -> Streak:
    starts_on, ends_on = EPOCH + timedelta(days=first), EPOCH + timedelta(days=last)
    return Streak(last - first + 1, starts_on, ends_on, ends_on + timedelta(days=1))


CHARTS = (
    Chart(
        name="streaks",
        title="Streaks",
        description="The current and the longest runs of days with a play, overall or for one item.",
        definition=(
            "A day is active when a counted play of the range ended on it, by the listener's calendar. The "
            "current streak reaches up to today, or to the range's last day where that is earlier, or to "
            "the day before it. Of streaks of equal length the latest comes first; `next_cursor` leads to shorter "
            "ones. `artist`, `album` or "
            "`track` gives the streaks of one item."
        ),
        drawing="table",
        question=StreaksQuestion,
        record=Streaks,
        answer=_answer,
        example={"limit": "5"},
        line_plays="from={starts_on}&to={ends_before}",
    ),
)
