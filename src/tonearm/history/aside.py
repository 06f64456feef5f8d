"""Columns set aside: kept in a file while others are worked on."""

import mmap
from contextlib import suppress
from tempfile import TemporaryFile
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

_LEAST_BYTES = 1 << 18

_Number = TypeVar("_Number", bound=np.generic)


def set_aside(column: NDArray[_Number]) -> NDArray[_Number]:
    """Give the same column, read only, from a file that has no name: only what is read again takes memory again.

    Set aside once more, it lets go of what was read meanwhile. A small column stays as it is, and so does one that the
    disk has no room for.
    """
    base: object = column.base  # typed as if it were always an array
    if isinstance(base, mmap.mmap):
        if hasattr(mmap, "MADV_DONTNEED"):
            base.madvise(mmap.MADV_DONTNEED)
        return column
    if column.nbytes < _LEAST_BYTES:
        return column
    with suppress(OSError), TemporaryFile() as file:
        column.tofile(file)
        file.flush()
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return np.ndarray(column.shape, column.dtype, mapped)
    return column
