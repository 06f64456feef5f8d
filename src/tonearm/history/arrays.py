"""Set operations on rows that are spread over parallel integer columns."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.integer]
Rows = NDArray[np.int64]

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)
ROWS_AT_ONCE = 100_000


def slices(rows: int) -> Iterator[slice]:
    """Cut rows into slices, so that what is made of each in passing takes little memory."""
    for begin in range(0, rows, ROWS_AT_ONCE):
        yield slice(begin, begin + ROWS_AT_ONCE)


def mix(columns: Sequence[Column]) -> NDArray[np.uint64]:
    """Give each row a 64-bit number that equal rows share and different rows hardly ever do."""
    every = np.zeros(len(columns[0]), np.uint64)
    for rows in slices(len(every)):
        mixed = every[rows]
        for column in columns:
            mixed ^= column[rows].astype(np.uint64)
            mixed *= _MULTIPLIER
            mixed ^= mixed >> _SHIFT
    return every


def group(columns: Sequence[Column]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Number the groups of equal rows; also give the lowest row of each group."""
    rows = len(columns[0])
    if not rows:
        return np.empty(0, np.int32), np.empty(0, np.int32)
    mixed = mix(columns)
    order = np.argsort(mixed).astype(np.int32)
    mixed = mixed[order]
    is_start = np.empty(rows, bool)
    is_start[0] = True
    np.not_equal(mixed[1:], mixed[:-1], out=is_start[1:])
    del mixed
    if not _is_equal_within(columns, order, is_start):
        # Two different rows share a number: sort by the columns themselves.
        order = np.lexsort(tuple(columns)).astype(np.int32)
        is_start[1:] = False
        for column in columns:
            ordered = column[order]
            is_start[1:] |= ordered[1:] != ordered[:-1]
    labels = np.empty(rows, np.int32)
    labels[order] = np.cumsum(is_start, dtype=np.int32) - 1
    return labels, np.minimum.reduceat(order, np.flatnonzero(is_start))


def _is_equal_within(
    columns: Sequence[Column], order: NDArray[np.int32], is_start: NDArray[np.bool_]
) -> bool:
    inside = np.flatnonzero(~is_start)
    left, right = order[inside - 1], order[inside]
    return all(bool((column[left] == column[right]).all()) for column in columns)


def best_match(
    wanted: Sequence[Column], offered: Sequence[Column], preference: Sequence[Column]
) -> Rows:
    """For each wanted row find the equal offered row that is lowest by `preference`; -1 where none is equal."""
    count = len(wanted[0])
    if not count or not len(offered[0]):
        return np.full(count, -1, np.int64)
    # Most offered rows match nothing: leave them out before the sort.
    candidates = np.flatnonzero(np.isin(mix(offered), mix(wanted)))
    columns = [
        np.concatenate([offer[candidates], want])
        for offer, want in zip(offered, wanted, strict=True)
    ]
    is_wanted = np.arange(len(candidates) + count) >= len(candidates)
    weights = [
        np.concatenate([weight[candidates], np.zeros(count, weight.dtype)]) for weight in preference
    ]
    order = np.lexsort((*reversed(weights), is_wanted, *columns))
    is_start = np.ones(len(order), bool)
    if len(order) > 1:
        is_start[1:] = False
        for column in columns:
            ordered = column[order]
            is_start[1:] |= ordered[1:] != ordered[:-1]
    best = order[np.flatnonzero(is_start)][np.cumsum(is_start) - 1]
    found = np.empty(len(order), np.int64)
    found[order] = best
    matched = found[len(candidates) :]
    known = matched < len(candidates)
    return np.where(known, candidates[np.where(known, matched, 0)] if len(candidates) else -1, -1)
