"""Units of the calendar over a range: where each begins, and sums over them."""

from datetime import date, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tonearm.domain.errors import InvalidInputError
from tonearm.domain.instants import to_ms
from tonearm.domain.offsets import local_ms
from tonearm.domain.periods import find_zone, start_of_day
from tonearm.domain.vocabulary import Rule
from tonearm.insights.question import Unit
from tonearm.insights.view import EPOCH, View

MOST_UNITS = 20_000
_HOUR_MS = 3_600_000
_QUARTER_MS = 900_000
_HOURS_OF_DAY = 24
_DAYS = {"day": 1, "week": 7, "month": 28, "year": 365}
_STEPS: dict[str, Literal["D", "W", "M", "Y"]] = {
    "day": "D",
    "week": "W",
    "month": "M",
    "year": "Y",
}
# Weeks of numpy begin on Thursdays, as 1970 did; those of ISO on Mondays.
_MONDAY = 4


def span_of(view: View) -> tuple[date, date] | None:
    """Give the local days to cover: the range's; where it is open, up to the first or last play; None without any."""
    first, end = view.period.first, view.period.end
    if first is not None and end is not None:
        return first, end
    start, stop = view.rows
    if start == stop:
        return None
    days = view.lane.local_days_of(view.zone, start, stop)
    return first or EPOCH + timedelta(days=days[0]), end or EPOCH + timedelta(days=days[1] + 1)


def unit_starts(unit: Unit, first: date, end: date) -> NDArray[np.int64]:
    """Give the first day, counted from 1970, of every unit with a day in the span, and of the one after.

    Raises:
        InvalidInputError: there would be too many of them.
    """
    _check_size(unit, (end - first).days // _DAYS[unit])
    step = _STEPS[unit]
    shift = np.timedelta64(_MONDAY if unit == "week" else 0, "D")
    low, high = (
        (np.datetime64(day, "D") - shift).astype(f"datetime64[{step}]")
        for day in (first, end - timedelta(days=1))
    )
    units: NDArray[np.datetime64] = np.arange(low, high + 2)
    days: NDArray[np.datetime64] = np.add(units.astype("datetime64[D]"), shift)
    return days.astype(np.int64)


def dates(days: NDArray[np.int64]) -> list[date]:
    """Turn days counted from 1970 into dates."""
    found: list[date] = days.astype("datetime64[D]").tolist()
    return found


def plays_and_time_by_unit(view: View, starts: NDArray[np.int64]) -> tuple[list[int], list[int]]:
    """Give the counted plays of a range, and the time of all its plays, by the units that begin on `starts`."""
    origin, size = view.lane.day_span(view.zone)
    # Running sums at the borders of the units, which may lie outside the days there are.
    places = np.clip(starts - origin, 0, size)
    plays, ms_played = (
        np.diff(np.concatenate([[0], np.cumsum(sums)])[places]).tolist()
        for sums in (
            view.lane.days(view.zone, view.rule).sums(*view.counted_rows),
            view.lane.days(view.zone, None).sums(*view.rows),
        )
    )
    return plays, ms_played


def rows_by_unit(view: View, starts: NDArray[np.int64]) -> NDArray[np.int32]:
    """Give the first counted play of each unit that begins on `starts`, as rows of the range among the counted ones."""
    origin, _ = view.lane.day_span(view.zone)
    days = view.lane.days(view.zone, view.rule).labels
    rows = np.searchsorted(days, (starts - origin).astype(days.dtype))
    return np.clip(rows, *view.counted_rows).astype(np.int32)


def by_hour_of_week(view: View, rule: Rule | None) -> NDArray[np.int64]:
    """Count plays by weekday, Monday first, and hour; or sum the time of all plays where no rule is given."""
    rows = view.rows if rule is None else view.counted_rows
    return view.lane.hours(view.zone, rule).sums(*rows).reshape(-1, _HOURS_OF_DAY)


def hour_starts(zone: str, first: date, end: date) -> NDArray[np.int64]:
    """Give the instants, in Unix milliseconds, at which an hour of local clocks begins, and the first after the span.

    Raises:
        InvalidInputError: there would be too many of them.
    """
    _check_size("hour", (end - first).days * _HOURS_OF_DAY)
    place = find_zone(zone)
    begin, stop = to_ms(start_of_day(first, place)), to_ms(start_of_day(end, place))
    starts = np.arange(begin, stop, _HOUR_MS, dtype=np.int64)
    if (
        local_ms(starts, zone) % _HOUR_MS
    ).any():  # clocks were put forward or back by a part of an hour
        quarters = np.arange(begin, stop, _QUARTER_MS, dtype=np.int64)
        is_start = local_ms(quarters, zone) % _HOUR_MS == 0
        is_start[0] = True
        starts = quarters[is_start]
    return np.append(starts, stop)


def _check_size(unit: str, units: int) -> None:
    if units > MOST_UNITS:
        raise InvalidInputError(
            f"The unit '{unit}' makes {units:,} lines; {MOST_UNITS:,} is the most. Choose a larger unit or "
            "a shorter range.",
            parameter="unit",
        )
