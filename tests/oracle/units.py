"""Calendar units and the span of days that an answer by units covers."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Literal

from oracle.measures import counts, day_of, local, month_after, within
from oracle.ranking import HOUR_MS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from oracle.measures import Kind, Rule
    from oracle.plays import OraclePlay

Unit = Literal["day", "week", "month", "year"]
MINUTE_MS = 60_000
MOST_UNITS = 20_000


def unit_of(day: date, unit: Unit) -> date:
    """First day of the unit that a day lies in."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return {"day": day, "month": day.replace(day=1), "year": day.replace(month=1, day=1)}[unit]


def unit_after(first: date, unit: Unit) -> date:
    if unit == "year":
        return first.replace(year=first.year + 1)
    if unit == "month":
        return month_after(first)
    return first + timedelta(days=7 if unit == "week" else 1)


def covered_span(
    plays: Sequence[OraclePlay],
    start_ms: int | None,
    end_ms: int | None,
    rule: Rule,
    kind: Kind,
) -> tuple[int, int] | None:
    """First and last instant that units have to cover; None where there is nothing to show.

    An open range reaches from its first to its last play which counts or took time.
    """
    if start_ms is not None and end_ms is not None:
        return (start_ms, end_ms - 1) if start_ms < end_ms else None
    moments = [
        play.ended_at
        for play in within(plays, start_ms, end_ms, kind)
        if counts(play, rule) or play.ms_played > 0
    ]
    return (min(moments), max(moments)) if moments else None


def units_of(span: tuple[int, int] | None, unit: Unit, zone: ZoneInfo) -> list[date]:
    """First days of all units of a span.

    Raises:
        ValueError: more than 20,000 units.
    """
    if span is None:
        return []
    first, last = (day_of(moment, zone) for moment in span)
    starts = [unit_of(first, unit)]
    while (following := unit_after(starts[-1], unit)) <= last:
        starts.append(following)
    refuse_many(starts)
    return starts


def hours_of(span: tuple[int, int] | None, zone: ZoneInfo) -> list[int]:
    """First instants of all hours of a span.

    Raises:
        ValueError: more than 20,000 hours.
    """
    if span is None:
        return []
    starts = [hour_start(span[0], zone)]
    while (following := hour_end(starts[-1], zone)) <= span[1]:
        starts.append(following)
        refuse_many(starts)
    return starts


def refuse_many(starts: Sequence[object]) -> None:
    if len(starts) > MOST_UNITS:
        raise ValueError("unit")


@cache
def hour_start(ms: int, zone: ZoneInfo) -> int:
    """When the clock began to show this hour of this day; where clocks change, it begins anew."""
    begin = ms - ms % MINUTE_MS
    while shown(begin - 1, zone) == shown(ms, zone):
        begin -= MINUTE_MS
    return begin


@cache
def hour_end(begin: int, zone: ZoneInfo) -> int:
    """When an hour that begins here is over; clocks change at whole minutes."""
    end = begin + MINUTE_MS
    if shown(begin + HOUR_MS - 1, zone) == shown(begin, zone):
        return begin + HOUR_MS
    while shown(end, zone) == shown(begin, zone):
        end += MINUTE_MS
    return end


def shown(ms: int, zone: ZoneInfo) -> tuple[date, int, timedelta | None]:
    moment = local(ms, zone)
    return moment.date(), moment.hour, moment.utcoffset()
