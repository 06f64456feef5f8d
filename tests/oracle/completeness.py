"""How much of a range is vouched for: spans of instants, the end exclusive."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from oracle.measures import day_of, day_start
from oracle.ranking import share

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

Span = tuple[int, int]
"""Milliseconds UTC, the end exclusive."""


class Coverage(NamedTuple):
    share: float
    covered_ms: int
    whole_ms: int
    covered: list[Span]
    missing: list[Span]


def union(spans: Iterable[Span]) -> list[Span]:
    """The same instants as few spans as can be, in order."""
    joined: list[Span] = []
    for begin, end in sorted(span for span in spans if span[0] < span[1]):
        if joined and begin <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((begin, end))
    return joined


def without(spans: Iterable[Span], gaps: Iterable[Span]) -> list[Span]:
    """What of the spans lies in no gap."""
    left = union(spans)
    for cut_begin, cut_end in union(gaps):
        left = [
            part
            for begin, end in left
            for part in ((begin, min(end, cut_begin)), (max(begin, cut_end), end))
            if part[0] < part[1]
        ]
    return left


def day_spans(moments: Iterable[int], zone: ZoneInfo) -> list[Span]:
    """The local days that have rows, which a file without a complete set vouches for in part."""
    return union(
        (day_start(day, zone), day_start(day + timedelta(days=1), zone))
        for day in {day_of(moment, zone) for moment in moments}
    )


def coverage(
    vouched: Iterable[Span],
    gaps: Iterable[Span],
    start_ms: int | None,
    end_ms: int | None,
    zone: ZoneInfo,
    *,
    first_play_ms: int | None,
    now_ms: int,
) -> Coverage:
    """The covered part of a range from the day of the first play on; an open range ends now."""
    if first_play_ms is None:
        return Coverage(0.0, 0, 0, [], [])
    begin = day_start(day_of(first_play_ms, zone), zone)
    if start_ms is not None:
        begin = max(begin, start_ms)
    whole = union([(begin, now_ms if end_ms is None else end_ms)])
    missing = without(whole, without(vouched, gaps))
    covered = without(whole, missing)
    return Coverage(
        share(length(covered), length(whole)), length(covered), length(whole), covered, missing
    )


def length(spans: Iterable[Span]) -> int:
    return sum(end - begin for begin, end in spans)
