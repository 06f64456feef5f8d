"""Who comes first by several columns, without sorting everybody."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray


def foremost(
    level: NDArray[np.int64],
    columns: Sequence[Callable[[NDArray[np.int64]], NDArray[np.int64] | NDArray[np.float64]]],
    count: int,
) -> list[int]:
    """Give the items that may be among the first `count` by ascending columns, with all that stay level with the last.

    A column is asked only for the items that the ones before it left level.
    """
    sure: list[int] = []
    for column in columns:
        places = count - len(sure)
        if len(level) <= places:
            break
        values = column(level)
        bar = np.partition(values, places - 1)[places - 1]
        sure += level[values < bar].tolist()
        level = level[values == bar]
    return sure + list(level.tolist())


def most(amounts: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Give the places of the `count` highest amounts above 0, and of all that are level with the last."""
    bar = 1
    if len(amounts) > count:
        place = len(amounts) - count
        bar = max(int(np.partition(amounts, place)[place]), 1)
    return np.flatnonzero(amounts >= bar)


def leaders(count: int, *columns: NDArray[np.integer]) -> NDArray[np.int64]:
    """Give the places of the `count` lowest rows in order, and behind them all that are level with the last."""
    everybody = np.arange(len(columns[0]))
    places = np.array(
        foremost(everybody, [column.__getitem__ for column in columns], count), np.int64
    )
    ordered: NDArray[np.int64] = places[
        np.lexsort([column[places] for column in reversed(columns)])
    ]
    return ordered
