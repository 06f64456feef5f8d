"""A zone's offsets from UTC over a span, for arithmetic on whole columns."""

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from tonearm.domain.periods import find_zone

_DAY_S = 86_400
_DAYS_AT_ONCE = 1_024  # almost all columns of a listener ask for the same days then, and they are looked up once


@lru_cache(maxsize=64)
def _transitions(zone_name: str, first_day: int, last_day: int) -> tuple[tuple[int, int], ...]:
    """Give (instant, offset from then on), both in seconds, for days counted from 1970."""
    zone = find_zone(zone_name)

    def offset(second: int) -> int:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
        shift = moment.astimezone(zone).utcoffset() or timedelta(0)
        return shift // timedelta(seconds=1)

    at = first_day * _DAY_S
    current = offset(at)
    found = [(at, current)]
    for day in range(first_day + 1, last_day + 2):
        low, high = (day - 1) * _DAY_S, day * _DAY_S
        after = offset(high)
        if after == current:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset(middle) == current else (low, middle)
        found.append((high, after))
        current = after
    return tuple(found)


def local_ms(instants: NDArray[np.int64], zone_name: str) -> NDArray[np.int64]:
    """Turn ascending Unix milliseconds into what local clocks showed, as milliseconds of a clock without zone."""
    local = np.array(instants, np.int64)
    if not len(local):
        return local
    transitions = _around(instants, zone_name)
    starts = np.searchsorted(instants, [at * 1000 for at, _ in transitions])
    ends = [*starts[1:], len(local)]
    for (_, shift), start, end in zip(transitions, starts, ends, strict=True):
        local[start:end] += shift * 1000
    return local


def local_days(instants: NDArray[np.int64], zone_name: str) -> NDArray[np.int64]:
    """Give the local days, counted from 1970, of ascending Unix milliseconds; ascending as well.

    A day lasts from its first instant to the first of the next. Where clocks go back over midnight
    they show the day before once more: that hour belongs to the day that has begun.
    """
    days = local_ms(instants, zone_name) // (_DAY_S * 1000)
    if not len(days):
        return days
    transitions = _around(instants, zone_name)
    for (_, before), (at, after) in pairwise(transitions):
        begun = (at - 1 + before) // _DAY_S
        if (at + after) // _DAY_S < begun:
            start, end = np.searchsorted(instants, (at * 1000, (at + before - after) * 1000))
            days[start:end] = np.maximum(days[start:end], begun)
    return days


def _around(instants: NDArray[np.int64], zone_name: str) -> tuple[tuple[int, int], ...]:
    """Give what is in force a day before the first of ascending instants, and what changes up to the last."""
    first, last = int(instants[0]) // 1000, int(instants[-1]) // 1000
    begin, end = (second // _DAY_S // _DAYS_AT_ONCE * _DAYS_AT_ONCE for second in (first, last))
    found = _transitions(zone_name, begin - 1, end + _DAYS_AT_ONCE)
    low = bisect_right(found, first - _DAY_S, key=itemgetter(0)) - 1
    return found[low : bisect_right(found, last, key=itemgetter(0))]
