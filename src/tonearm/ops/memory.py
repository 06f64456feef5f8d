"""Memory given back to the system during large work."""

import ctypes
from contextlib import suppress

_M_MMAP_THRESHOLD = -3
_LARGE_BYTES = 1 << 20


def give_back_memory() -> None:
    """Return freed heap to the system, and from now on every large array as soon as it is freed.

    Where the C library can (glibc): left alone it keeps freed arrays of up to 32 MB for later ones, which rarely
    fit. Elsewhere nothing is done.
    """
    with suppress(AttributeError, OSError, TypeError):
        library = ctypes.CDLL(None)
        library.mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        library.malloc_trim(0)
