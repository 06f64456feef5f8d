"""What is known of each local day, as runs of days of which the same is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from tonearm.domain.instants import to_ms
from tonearm.domain.offsets import local_days
from tonearm.domain.periods import find_zone, start_of_day
from tonearm.domain.vocabulary import GapReason
from tonearm.history.coverage import Spans
from tonearm.history.gaps import Noticed
from tonearm.insights.records import Record

_EPOCH = date(1970, 1, 1)
_ONE_DAY = timedelta(days=1)
# That a page was full says less than what kept the collector from asking earlier.
_REASONS = (GapReason.PAGE_FULL, *(why for why in GapReason if why is not GapReason.PAGE_FULL))
_Numbers = NDArray[np.int64]


class DayState(StrEnum):
    """What vouches for a day."""

    EXPORT = "export"
    POLL = "poll"
    BOTH = "both"
    PART = "part"
    GAP = "gap"


_STATES = tuple(DayState)


class KnownDays(Record, frozen=True):
    """Local days in a row of which the same is known."""

    starts_on: Annotated[date, Meta(description="First of the days.")]
    ends_before: Annotated[date, Meta(description="First day after them.")]
    days: Annotated[int, Meta(description="How many they are.")]
    state: Annotated[
        str,
        Meta(
            description=(
                "What vouches for all of each day, as far as it lies between the first play of all and now: an "
                "`export`, a `poll`, or `both`; a `part` of each is vouched for, or nothing is: a `gap`."
            )
        ),
    ]
    is_whole: Annotated[
        bool,
        Meta(description="Whether nothing of them can be left out, as it can from account data."),
    ]
    reason: Annotated[
        str | None,
        Meta(
            description=(
                "What kept Spotify from telling what is missing, where that was noticed: "
                f"{', '.join(f'`{why}`' for why in GapReason)}."
            )
        ),
    ]


@dataclass(frozen=True, slots=True)
class Vouchers:
    """What vouches for plays."""

    imported: Spans
    polled: Spans
    complete: Spans
    """Of both, what leaves nothing out."""
    noticed: Sequence[Noticed]


def known_days(begin: int, end: int, zone: str, vouchers: Vouchers) -> tuple[KnownDays, ...]:
    """Judge the local days from an instant to before another, in Unix milliseconds.

    Of the first and the last day it judges what lies between the two.
    """
    clock = find_zone(zone)
    first, last = local_days(np.array([begin, end - 1], np.int64), zone).tolist()
    days = [_EPOCH + timedelta(days=number) for number in range(first, last + 2)]
    edges = np.array([to_ms(start_of_day(day, clock)) for day in days], np.int64)
    edges[0], edges[-1] = begin, end
    lengths = np.diff(edges)
    imported, polled = (
        spans.lengths_between(edges) for spans in (vouchers.imported, vouchers.polled)
    )
    every = vouchers.imported.joined(vouchers.polled)
    known = every.lengths_between(edges)
    states = np.select(
        [known == 0, known < lengths, polled == 0, imported == 0],
        [
            _STATES.index(state)
            for state in (DayState.GAP, DayState.PART, DayState.EXPORT, DayState.POLL)
        ],
        _STATES.index(DayState.BOTH),
    )
    is_whole = vouchers.complete.lengths_between(edges) == lengths
    reasons = _reasons(edges, known, every, vouchers.noticed, end)
    # A day that a zone has left out, to be on the other side of the date line, is none.
    there = np.flatnonzero(lengths > 0)
    return _runs(days, there, np.stack([states, is_whole, reasons])[:, there])


def _reasons(
    edges: _Numbers,
    known: _Numbers,
    every: Spans,
    noticed: Sequence[Noticed],
    now: int,
) -> _Numbers:
    """Give for each day the place of the reason for what is missing of it, from 1; 0 for none."""
    found = np.zeros(len(known), np.int64)
    for place, reason in enumerate(_REASONS, 1):
        spans = [
            (first, now if last is None else last) for first, last, why in noticed if why is reason
        ]
        spans = [(first, last) for first, last in spans if first < last]
        if spans:
            starts, ends = np.array(sorted(spans), np.int64).T
            told = Spans(starts, ends).joined(every).lengths_between(edges)
            found[told > known] = place
    return found


def _runs(days: Sequence[date], there: _Numbers, looks: _Numbers) -> tuple[KnownDays, ...]:
    is_new = np.append(True, (np.diff(looks) != 0).any(axis=0) | (np.diff(there) != 1))
    starts = np.flatnonzero(is_new[: len(there)])
    ends = np.append(starts[1:], len(there))
    reasons: Mapping[int, str] = {place: why.value for place, why in enumerate(_REASONS, 1)}
    return tuple(
        KnownDays(
            starts_on=days[there[start]],
            ends_before=days[there[end - 1]] + _ONE_DAY,
            days=end - start,
            state=_STATES[looks[0, start]].value,
            is_whole=bool(looks[1, start]),
            reason=reasons.get(int(looks[2, start])),
        )
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
    )
