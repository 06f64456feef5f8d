"""How much of a range is vouched for: spans of instants, the end exclusive."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from oracle.measures import day_of, day_start
from oracle.ranking import share

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
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


def polled_spans(pages: Iterable[tuple[int, list[int], bool]]) -> tuple[list[Span], list[Span]]:
    """What pages vouch for, and what they could not reach, in the order in which they were fetched.

    A page is the moment it was fetched, the ends of its plays, and whether older ones were cut off.
    """
    shown: list[Span] = []
    lost: list[Span] = []
    known: list[int] = []
    reached: int | None = None
    for fetched, plays, is_full in pages:
        last = max([fetched, *plays])
        first = min([last, *plays])
        if reached is not None:
            newest = max(known) if known else reached
            if is_full and first > newest:
                lost.append((newest, first))
                shown = without(shown, [(newest, last)])
            else:
                first = min(first, reached)
        shown = union([*shown, (first, last)])
        reached = last if reached is None else max(reached, last)
        known += plays
    return shown, lost


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


class Day(NamedTuple):
    day: date
    state: str
    is_whole: bool
    reasons: set[str]


def day_states(
    begin: int,
    end: int,
    zone: ZoneInfo,
    imported: Sequence[Span],
    polled: Sequence[Span],
    complete: Sequence[Span],
    noticed: Sequence[tuple[int, int | None, str]],
) -> list[Day]:
    """What is known of each local day, as far as it lies between two instants."""
    found = []
    day = day_of(begin, zone)
    while day <= day_of(end - 1, zone):
        tomorrow = day + timedelta(days=1)
        whole = [(max(begin, day_start(day, zone)), min(end, day_start(tomorrow, zone)))]
        if whole[0][0] < whole[0][1]:  # zones have crossed the date line, and had no such day
            missing = without(whole, [*imported, *polled])
            by_export, by_poll = (
                without(whole, spans) != union(whole) for spans in (imported, polled)
            )
            if missing:
                state = "gap" if missing == union(whole) else "part"
            elif by_export and by_poll:
                state = "both"
            else:
                state = "export" if by_export else "poll"
            reasons = {
                why
                for first, last, why in noticed
                if without(missing, [(first, end if last is None else last)]) != missing
            }
            found.append(Day(day, state, not without(whole, complete), reasons))
        day = tomorrow
    return found
