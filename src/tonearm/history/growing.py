"""Arrays that grow at their end without being copied."""

from collections.abc import Sequence
from threading import Lock
from typing import Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

_LEAST_SPARE = 64
_SPARE_PART = 16

_Value = TypeVar("_Value", bound=np.generic)


def capacity(length: int) -> int:
    """Give the length of a buffer that an array of some length can grow in."""
    return length + length // _SPARE_PART + _LEAST_SPARE


class Growing(Generic[_Value]):
    """An array with room behind its end; growing gives a longer one, and this one stays as it is."""

    __slots__ = ("_room", "values")

    def __init__(self, buffer: NDArray[_Value], length: int) -> None:
        """Take the first `length` values of a buffer; whatever lies behind them will be written over."""
        self._room = _Room(buffer, length)
        self.values = buffer[:length]

    @classmethod
    def joined(cls, parts: Sequence[NDArray[_Value]]) -> Self:
        """Put arrays one after another; there has to be one at least, which decides the type."""
        length = sum(map(len, parts))
        buffer = np.empty(capacity(length), parts[0].dtype)
        # Where nothing is written, the spare room takes no memory.
        np.concatenate(parts, out=buffer[:length], casting="same_kind")
        return cls(buffer, length)

    @classmethod
    def taken(cls, column: NDArray[_Value], rows: NDArray[np.int64]) -> Self:
        """Take some rows of a column."""
        buffer = np.empty(capacity(len(rows)), column.dtype)
        np.take(column, rows, out=buffer[: len(rows)], mode="clip")
        return cls(buffer, len(rows))

    @property
    def nbytes(self) -> int:
        """Memory of the values, with the room behind them."""
        return int(self._room.buffer.nbytes)

    def grown(self, *more: NDArray[_Value]) -> "Growing[_Value]":
        """Give an array that goes on with more values, in the same memory where there is room for them."""
        length = len(self.values)
        end = length + sum(map(len, more))
        if not self._room.claim(length, end):
            return Growing.joined([self.values, *more])
        np.concatenate(more, out=self._room.buffer[length:end])
        longer: Growing[_Value] = Growing.__new__(Growing)
        longer._room = self._room
        longer.values = self._room.buffer[:end]
        return longer


class _Room(Generic[_Value]):
    """A buffer that several lengths of one array share."""

    def __init__(self, buffer: NDArray[_Value], used: int) -> None:
        self.buffer = buffer
        self._used = used
        self._lock = Lock()

    def claim(self, start: int, end: int) -> bool:
        """Take the room from `start` to `end` for good; False where another has it, or there is none."""
        with self._lock:
            if self._used != start or end > len(self.buffer):
                return False
            self._used = end
            return True
