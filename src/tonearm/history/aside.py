"""Columns set aside: kept in a file while others are worked on."""

from contextlib import suppress
from tempfile import TemporaryFile
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

_LEAST_BYTES = 1 << 18

_Number = TypeVar("_Number", bound=np.generic)


def set_aside(column: NDArray[_Number]) -> NDArray[_Number]:
    """Give the same column, read only, from a file that has no name: only what is read again takes memory again.

    A small column stays as it is, and so does one that the disk has no room for.
    """
    if column.nbytes < _LEAST_BYTES:
        return column
    with suppress(OSError), TemporaryFile() as file:
        column.tofile(file)
        file.flush()
        return np.asarray(np.memmap(file, column.dtype, "r", shape=column.shape))
    return column
