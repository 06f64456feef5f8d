"""Sums by label over any range of rows, at the cost of the range's edges."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tonearm.insights.runs import Groups

_LEAST_BLOCK = 1 << 13
_MOST_BEHIND = 1 << 13
_MOST_KEPT = 4


class _Recent:
    """The last few sums, by the rows they are over."""

    def __init__(self) -> None:
        self._sums: dict[tuple[int, int], NDArray[np.int64]] = {}

    def get(
        self, start: int, end: int, make: Callable[[int, int], NDArray[np.int64]]
    ) -> NDArray[np.int64]:
        """Give the sums over some rows, made where they are not there; nobody may write to them."""
        found = self._sums.get((start, end))
        if found is None:
            if len(self._sums) >= _MOST_KEPT:
                self._sums.clear()
            found = self._sums[start, end] = make(start, end)
            found.setflags(write=False)
        return found


class Axis:
    """Labels of rows, with running sums at every block's border.

    A sum over rows `start` to `end` is the difference of the borders nearest to them and what lies
    between those and the range's edges: one block is read, or a little more at the end, however long
    the range is. Blocks are so long that the running sums take no more memory than labels do. The last
    few sums are kept, for measures that are made of others and ask for the same ones again.
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
        self._recent = _Recent()
        self.block = _block_of(size)
        # At each border there may be labels that there were not at the one before.
        self.running: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
        if shorter is not None and shorter.block == self.block:
            self.running = list(shorter.running)
        for border in range(len(self.running), len(labels) // self.block + 1):
            sums = self._direct((border - 1) * self.block, border * self.block)
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
        """Give the sum of each label over the rows from `start` to before `end`, not to be written to."""
        return self._recent.get(start, end, self._sums)

    def _sums(self, start: int, end: int) -> NDArray[np.int64]:
        block = self.block
        low, high = (
            min((row + block // 2) // block, len(self.running) - 1) for row in (start, end)
        )
        if end - start <= abs(start - low * block) + abs(end - high * block):
            return self._direct(start, end)
        total = np.zeros(self.size, np.int64)
        total[: len(self.running[high])] = self.running[high]
        total[: len(self.running[low])] -= self.running[low]
        for here, there in ((high * block, end), (start, low * block)):
            if here < there:
                total += self._direct(here, there)
            else:
                total -= self._direct(there, here)
        return total

    def _direct(self, start: int, end: int) -> NDArray[np.int64]:
        labels = self.labels[start:end]
        if self._weights is None:
            return np.bincount(labels, minlength=self.size)
        # Sums of milliseconds stay far below 2**53, where doubles are exact.
        sums = np.bincount(labels, self._weights[start:end], minlength=self.size)
        return sums.astype(np.int64)


class OwnerSums:
    """Sums by the owners of labels, from those by label: for several kinds of owners the rows are read once."""

    def __init__(
        self,
        axis: Axis,
        owner: NDArray[np.int32],
        size: int,
        further: tuple[NDArray[np.int32], NDArray[np.int32]] | None = None,
    ) -> None:
        """Take the owner of each label of an axis, from 0 to `size` - 1, and in `further` labels and more owners."""
        self._axis, self._owner, self._size, self._further = axis, owner, size, further
        self._recent = _Recent()

    @property
    def nbytes(self) -> int:
        """Memory of as many kept sums as there may be."""
        return _MOST_KEPT * self._size * np.dtype(np.int64).itemsize

    def sums(self, start: int, end: int) -> NDArray[np.int64]:
        """Give the sum of each owner over the rows from `start` to before `end`, not to be written to."""
        return self._recent.get(start, end, self._sums)

    def _sums(self, start: int, end: int) -> NDArray[np.int64]:
        by_label = self._axis.sums(start, end)
        # Sums of milliseconds stay far below 2**53, where doubles are exact.
        sums = np.bincount(self._owner, by_label, minlength=self._size)
        if self._further is not None:
            labels, owners = self._further
            sums += np.bincount(owners, by_label[labels], minlength=self._size)
        return sums.astype(np.int64)


def _block_of(size: int) -> int:
    """Give how many rows a block has where there are `size` labels."""
    return max(_LEAST_BLOCK, 1 << (2 * size - 1).bit_length())


class Occurrences:
    """Where each label occurs, in ascending order."""

    def __init__(
        self, labels: NDArray[np.integer], size: int, *, shorter: "Occurrences | None" = None
    ) -> None:
        """Index labels from 0 to `size` - 1; those behind the ones of a shorter index, where one is given."""
        self._size = size
        if shorter is None:
            rows = Groups(labels).rows.astype(np.int32)
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

    def rows_of(self, labels: NDArray[np.integer]) -> NDArray[np.int64]:
        """Give all rows with one of some labels, ascending."""
        index = self.index
        known = labels[labels < len(index.starts) - 1]
        parts = [
            index.rows[start:end]
            for start, end in zip(index.starts[known], index.starts[known + 1], strict=True)
        ]
        behind = np.flatnonzero(np.isin(index.behind, labels)) + len(index.rows)
        return np.sort(np.concatenate([*parts, behind]))

    def within(self, label: int, start: int, end: int) -> NDArray[np.integer]:
        """Give the rows with a label among rows `start` to before `end`, ascending."""
        index = self.index
        rows = (
            index.rows[slice(*index.starts[label : label + 2])]
            if label < len(index.starts) - 1
            else index.rows[:0]
        )
        rows = rows[slice(*rows.searchsorted((start, end)))]
        if len(index.behind) and end > len(index.rows):
            late = np.flatnonzero(index.behind == label) + len(index.rows)
            return np.concatenate([rows, late[(late >= start) & (late < end)]])
        return rows

    def first_and_last(self, label: int, start: int, end: int) -> tuple[int, int] | None:
        """Give the first and last of those rows; None without one."""
        rows = self.within(label, start, end)
        return (int(rows[0]), int(rows[-1])) if len(rows) else None


class CreditedOccurrences:
    """Where each artist occurs, as a track's own and as one of the others that it credits, in ascending order."""

    def __init__(
        self,
        own: Occurrences,
        rows: NDArray[np.int32],
        artists: NDArray[np.int32],
        size: int,
    ) -> None:
        """Take where artists are the tracks' own, and the rows, ascending, at which others are credited."""
        self._own = own
        self._further, self._rows = Occurrences(artists, size), rows

    @property
    def nbytes(self) -> int:
        """Memory of the index of the others."""
        return self._further.nbytes + int(self._rows.nbytes)

    def within(self, label: int, start: int, end: int) -> NDArray[np.integer]:
        """Give the rows with an artist among rows `start` to before `end`, ascending."""
        own, further = self._parts(label, start, end)
        return np.sort(np.concatenate([own, further])) if len(further) else own

    def first_and_last(self, label: int, start: int, end: int) -> tuple[int, int] | None:
        """Give the first and last of those rows; None without one."""
        parts = [rows for rows in self._parts(label, start, end) if len(rows)]
        if not parts:
            return None
        return min(int(rows[0]) for rows in parts), max(int(rows[-1]) for rows in parts)

    def _parts(
        self, label: int, start: int, end: int
    ) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
        # In the type of the rows, or all of them would be made anew in another.
        edges = self._rows.searchsorted(np.array((start, end), self._rows.dtype)).tolist()
        own = self._own.within(label, start, end)
        return own, self._rows[self._further.within(label, *edges)]


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
