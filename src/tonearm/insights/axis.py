"""Sums by label over any range of rows, at the cost of the range's edges."""

import numpy as np
from numpy.typing import NDArray

_BLOCK = 1 << 17


class Axis:
    """Labels of rows, with running sums at every block's border.

    A sum over rows `start` to `end` is the difference of two borders and what lies between them and
    the range's edges: at most two blocks are read, however long the range is.
    """

    def __init__(
        self, labels: NDArray[np.integer], size: int, weights: NDArray[np.int32] | None = None
    ) -> None:
        """Prepare sums of `weights`, or counts, for labels from 0 to `size` - 1."""
        self.labels = labels
        self.size = size
        self._weights = weights
        borders = len(labels) // _BLOCK + 1
        self._running = np.zeros((borders, size), np.int64)
        for border in range(1, borders):
            self._running[border] = self._running[border - 1] + self._direct(
                (border - 1) * _BLOCK, border * _BLOCK
            )

    @property
    def nbytes(self) -> int:
        """Memory of the running sums and labels."""
        return int(self._running.nbytes + self.labels.nbytes)

    def sums(self, start: int, end: int) -> NDArray[np.int64]:
        """Give the sum of each label over the rows from `start` to before `end`."""
        first, last = -(-start // _BLOCK), end // _BLOCK
        if first >= last:
            return self._direct(start, end)
        total: NDArray[np.int64] = self._running[last] - self._running[first]
        if start < first * _BLOCK:
            total += self._direct(start, first * _BLOCK)
        if last * _BLOCK < end:
            total += self._direct(last * _BLOCK, end)
        return total

    def _direct(self, start: int, end: int) -> NDArray[np.int64]:
        labels = self.labels[start:end]
        if self._weights is None:
            return np.bincount(labels, minlength=self.size)
        # Sums of milliseconds stay far below 2**53, where doubles are exact.
        sums = np.bincount(labels, self._weights[start:end], minlength=self.size)
        return sums.astype(np.int64)


class Occurrences:
    """Where each label occurs, in ascending order."""

    def __init__(self, labels: NDArray[np.integer], size: int) -> None:
        """Index labels from 0 to `size` - 1."""
        self._rows = np.argsort(labels, kind="stable").astype(np.int32)
        self._starts = np.concatenate([[0], np.cumsum(np.bincount(labels, minlength=size))])

    @property
    def nbytes(self) -> int:
        """Memory of the index."""
        return int(self._rows.nbytes + self._starts.nbytes)

    def first_and_last(self, label: int, start: int, end: int) -> tuple[int, int] | None:
        """Give the first and last row with a label among rows `start` to before `end`; None without one."""
        rows = self._rows[self._starts[label] : self._starts[label + 1]]
        low, high = np.searchsorted(rows, (start, end))
        return None if low == high else (int(rows[low]), int(rows[high - 1]))
