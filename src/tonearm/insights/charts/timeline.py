"""Plays and time by hour, day, week, month or year."""

from datetime import timedelta
from itertools import accumulate, repeat
from typing import Annotated, Literal

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from tonearm.domain.instants import from_ms
from tonearm.domain.offsets import local_ms
from tonearm.insights.calendar import (
    MOST_UNITS,
    dates,
    hour_starts,
    plays_and_time_by_unit,
    span_of,
    unit_starts,
)
from tonearm.insights.chart import Chart
from tonearm.insights.question import Question
from tonearm.insights.records import Timeline, TimelineUnit
from tonearm.insights.view import View

_DAY_MS = 86_400_000
_HOUR_MS = 3_600_000
_HOUR = timedelta(hours=1)


class TimelineQuestion(Question, frozen=True, kw_only=True):
    """What a timeline is asked."""

    unit: Annotated[
        Literal["hour", "day", "week", "month", "year"],
        Meta(description="Unit of the calendar; weeks begin on Monday."),
    ] = "month"


def _answer(view: View, asked: TimelineQuestion) -> Timeline:
    span = span_of(view)
    items: tuple[TimelineUnit, ...] = ()
    if span is not None and asked.unit == "hour":
        items = _hours(view.at_home(), hour_starts(view.zone, *span))
    elif span is not None and asked.unit != "hour":
        starts = unit_starts(asked.unit, *span)
        columns = plays_and_time_by_unit(view, starts)
        items = tuple(map(TimelineUnit, dates(starts[:-1]), *columns))
    return Timeline(covered=view.covered(), unit=asked.unit, items=items)


def _hours(view: View, starts: NDArray[np.int64]) -> tuple[TimelineUnit, ...]:
    lane, rows = view.lane, slice(*view.rows)
    counted_at = lane.counted_ended_at(view.rule)[slice(*view.counted_rows)]
    plays = np.diff(counted_at.searchsorted(starts)).tolist()
    running = np.concatenate([[0], np.cumsum(lane.ms_played[rows], dtype=np.int64)])
    ms_played = np.diff(running[lane.ended_at[rows].searchsorted(starts)]).tolist()
    # Thousands of lines: to take a date again, or to add to an instant, is quicker than to make one.
    day = local_ms(starts[:-1], view.zone) // _DAY_MS
    days = np.array(dates(np.arange(day[0], day[-1] + 1)), object)[day - day[0]].tolist()
    steps = np.diff(starts[:-1])
    is_plain = bool((steps == _HOUR_MS).all())
    lengths = repeat(_HOUR, len(steps)) if is_plain else steps.astype("timedelta64[ms]").tolist()
    moments = accumulate(lengths, initial=from_ms(int(starts[0])))
    return tuple(map(TimelineUnit, days, plays, ms_played, moments))


CHARTS = (
    Chart(
        name="timeline",
        title="Timeline",
        description="Plays and listening time by hour, day, ISO week, month or year; every unit, zero or not.",
        definition=(
            "An hour is one that local clocks showed: days on which they are put forward or back have 23 "
            "or 25; it is an hour of the zone also for a listener who travels. "
            f"At most {MOST_UNITS:,} units are given."
        ),
        drawing="line",
        question=TimelineQuestion,
        record=Timeline,
        answer=_answer,
        example={"unit": "year"},
        line_plays="unit={unit}&starts_on={starts_on}&starts_at={starts_at}",
    ),
)
