"""Plays and time by day, week, month or year."""

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from tonearm.insights.chart import Chart
from tonearm.insights.question import Unit
from tonearm.insights.records import Timeline, TimelineUnit
from tonearm.insights.view import EPOCH, View

# Weeks of numpy begin on Thursdays, as 1970 did; those of ISO on Mondays.
_MONDAY = 4


def _answer(view: View) -> Timeline:
    unit, zone = view.question.unit, view.question.zone
    origin, _ = view.lane.day_span(zone)
    plays = view.lane.days(zone, view.question.rule).sums(*view.counted_rows())
    ms_played = view.lane.days(zone, None).sums(*view.rows())
    span = _span(view, origin, np.flatnonzero((plays > 0) | (ms_played > 0)))
    if span is None:
        return Timeline(covered=view.covered(), unit=unit, items=())
    starts = _starts(unit, *span)
    # Running sums at the borders of the units, which may lie outside the days there are.
    places = np.clip(starts.astype(np.int64) - origin, 0, len(plays))
    columns = (
        np.diff(np.concatenate([[0], np.cumsum(column)])[places]).tolist()
        for column in (plays, ms_played)
    )
    items = tuple(map(TimelineUnit, starts[:-1].tolist(), *columns))
    return Timeline(covered=view.covered(), unit=unit, items=items)


def _starts(unit: Unit, first: date, end: date) -> NDArray[np.datetime64]:
    """Give the first day of every unit that has a day in the span, and of the one after."""
    step = {"day": "D", "week": "W", "month": "M", "year": "Y"}[unit]
    shift = np.timedelta64(_MONDAY if unit == "week" else 0, "D")
    low, high = (
        (np.datetime64(day, "D") - shift).astype(f"datetime64[{step}]")
        for day in (first, end - timedelta(days=1))
    )
    units: NDArray[np.datetime64] = np.arange(low, high + 2)
    days: NDArray[np.datetime64] = np.add(units.astype("datetime64[D]"), shift)
    return days


def _span(view: View, origin: int, active: NDArray[np.int64]) -> tuple[date, date] | None:
    """Give the local days to cover: the range's, or for all time those from the first to the last play."""
    if view.period.first is not None and view.period.end is not None:
        return view.period.first, view.period.end
    if not len(active):
        return None
    first = EPOCH + timedelta(days=origin + int(active[0]))
    return first, EPOCH + timedelta(days=origin + int(active[-1]) + 1)


CHARTS = (
    Chart(
        name="timeline",
        title="Timeline",
        description="Plays and listening time by day, ISO week, month or year; every unit, zero or not.",
        record=Timeline,
        answer=_answer,
        parameters=frozenset({"unit"}),
    ),
)
