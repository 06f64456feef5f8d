"""Memory given back between the phases of large work."""

import ctypes
from contextlib import suppress


def give_back_memory() -> None:
    """Return freed heap to the system, where the C library can (glibc); elsewhere do nothing."""
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
