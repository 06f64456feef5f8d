"""What stands together: rows by label, and runs of what is alike."""

import numpy as np
from numpy.typing import NDArray

_ROW_BITS = 32
_ROW_MASK = (1 << _ROW_BITS) - 1


class Groups:
    """Rows by label, ascending: finds those of many labels in any range of rows at once.

    Each look-up is a binary search, however many rows a label has.
    """

    def __init__(self, labels: NDArray[np.integer]) -> None:
        """Group the rows of labels, which are not below 0."""
        # Label and row in one number: a plain sort orders by both, and is the quickest there is.
        self._keys = labels.astype(np.int64) << _ROW_BITS
        self._keys |= np.arange(len(labels))
        self._keys.sort()

    @property
    def nbytes(self) -> int:
        """Memory of the index."""
        return int(self._keys.nbytes)

    @property
    def rows(self) -> NDArray[np.int64]:
        """All rows, those of one label together; not kept."""
        return self._keys & _ROW_MASK

    def places(
        self, labels: NDArray[np.int64], start: int, end: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Give where in `rows` those of each label begin that lie from `start` to before `end`, and where they end."""
        keys = labels << _ROW_BITS
        return np.searchsorted(self._keys, keys + start), np.searchsorted(self._keys, keys + end)

    def firsts(
        self, labels: NDArray[np.int64], start: int, end: int, missing: int
    ) -> NDArray[np.int64]:
        """Give each label's first row from `start` to before `end`; `missing` where it has none."""
        low, high = self.places(labels, start, end)
        found = np.full(len(labels), missing, np.int64)
        some = low < high
        found[some] = self._keys[low[some]] & _ROW_MASK
        return found


def runs_of(labels: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give where each longest run of equal labels begins, and where it ends: the row after its last."""
    if not len(labels):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    borders = np.flatnonzero(labels[1:] != labels[:-1]) + 1
    return np.concatenate([[0], borders]), np.concatenate([borders, [len(labels)]])
