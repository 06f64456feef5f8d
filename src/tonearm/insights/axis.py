"""Sums by label over any range of rows, at the cost of the range's edges."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_BLOCK = 1 << 17
_MOST_BEHIND = 1 << 13
_MOST_KEPT = 4


class Axis:
    """Labels of rows, with running sums at every block's border.

    A sum over rows `start` to `end` is the difference of the borders nearest to them and what lies
    between those and the range's edges: one block is read, or a little more at the end, however long
    the range is. The last few sums are kept, for measures that are made of others and ask for the
    same ones again.
    """

    def __init__(
        self,
        labels: NDArray[np.integer],
        size: int,
        weights: NDArray[np.int32] | None = None,
        *,
        shorter: "Axis | None" = None,
    ) -> None:
        """Prepare sums of `weights`, or counts, for labels from 0 to `size` - 1.

        `shorter` is an axis that this one begins with: what it has summed up is not summed again.
        """
        self.labels = labels
        self.size = size
        self._weights = weights
        self._kept: dict[tuple[int, int], NDArray[np.int64]] = {}
        # At each border there may be labels that there were not at the one before.
        self.running: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
        if shorter is not None:
            self.running = list(shorter.running)
        for border in range(len(self.running), len(labels) // _BLOCK + 1):
            sums = self._direct((border - 1) * _BLOCK, border * _BLOCK)
            before = self.running[-1]
            sums[: len(before)] += before
            self.running.append(sums)

    @property
    def nbytes(self) -> int:
        """Memory of the running sums and of as many kept sums as there may be; of labels unless they are another's."""
        own = int(self.labels.nbytes) if self.labels.flags.owndata else 0
        running = sum(sums.nbytes for sums in self.running)
        return own + running + _MOST_KEPT * self.size * np.dtype(np.int64).itemsize

    def sums(self, start: int, end: int) -> NDArray[np.int64]:
        """Give the sum of each label over the rows from `start` to before `end`."""
        total = self._kept.get((start, end))
        if total is None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            total = self._kept[start, end] = self._sums(start, end)
        return total.copy()

    def _sums(self, start: int, end: int) -> NDArray[np.int64]:
        low, high = (
            min((row + _BLOCK // 2) // _BLOCK, len(self.running) - 1) for row in (start, end)
        )
        if end - start <= abs(start - low * _BLOCK) + abs(end - high * _BLOCK):
            return self._direct(start, end)
        total = np.zeros(self.size, np.int64)
        for row, border, sign in ((end, high, 1), (start, low, -1)):
            running, place = self.running[border], border * _BLOCK
            total[: len(running)] += sign * running
            edge = self._direct(min(row, place), max(row, place))
            total += edge if (row > place) == (sign > 0) else -edge
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

    def __init__(
        self, labels: NDArray[np.integer], size: int, *, shorter: "Occurrences | None" = None
    ) -> None:
        """Index labels from 0 to `size` - 1; those behind the ones of a shorter index, where one is given."""
        self._size = size
        if shorter is None:
            rows = np.argsort(labels, kind="stable").astype(np.int32)
            self.index = _Index(rows, _starts(labels, size), labels[:0])
        else:
            known = shorter.index
            self.index = known._replace(behind=np.concatenate([known.behind, labels]))
            if len(self.index.behind) > _MOST_BEHIND:
                self.index = self.index.merged(size)

    @property
    def rows(self) -> NDArray[np.int32]:
        """All rows, label by label."""
        if len(self.index.behind):
            self.index = self.index.merged(self._size)
        return self.index.rows

    @property
    def nbytes(self) -> int:
        """Memory of the index."""
        return sum(int(part.nbytes) for part in self.index)

    def first_and_last(self, label: int, start: int, end: int) -> tuple[int, int] | None:
        """Give the first and last row with a label among rows `start` to before `end`; None without one."""
        index = self.index
        rows = (
            index.rows[slice(*index.starts[label : label + 2])]
            if label < len(index.starts) - 1
            else index.rows[:0]
        )
        low, high = np.searchsorted(rows, (start, end))
        rows = rows[low:high]
        if len(index.behind) and end > len(index.rows):
            late = np.flatnonzero(index.behind == label) + len(index.rows)
            rows = np.concatenate([rows, late[(late >= start) & (late < end)]])
        return (int(rows[0]), int(rows[-1])) if len(rows) else None


class _Index(NamedTuple):
    """Rows label by label, where each label's begin, and the labels of the rows behind, which are looked through."""

    rows: NDArray[np.int32]
    starts: NDArray[np.int64]
    behind: NDArray[np.integer]

    def merged(self, size: int) -> "_Index":
        """Give an index of the same with nothing behind."""
        more = _starts(self.behind, size)
        starts = np.full(size + 1, len(self.rows), np.int64)
        starts[: len(self.starts)] = self.starts
        rows = np.empty(len(self.rows) + len(self.behind), np.int32)
        rows[np.arange(len(self.rows)) + np.repeat(more[:-1], np.diff(starts))] = self.rows
        order = np.argsort(self.behind, kind="stable")
        places = starts[self.behind[order].astype(np.int64) + 1] + np.arange(len(order))
        rows[places] = order + len(self.rows)
        return _Index(rows, starts + more, self.behind[:0])


def _starts(labels: NDArray[np.integer], size: int) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(np.bincount(labels, minlength=size))])
