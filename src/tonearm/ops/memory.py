"""Memory: given back to the system during large work, and not taken for what nobody needs."""

import ctypes
import sys
from contextlib import suppress

_M_MMAP_THRESHOLD = -3
_LARGE_BYTES = 1 << 20


def give_back_memory() -> None:
    """Return freed heap to the system, where the C library can (glibc)."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def give_back_soon() -> None:
    """From now on return every large array as soon as it is freed, where the C library can (glibc).

    Left alone it keeps freed arrays of up to 32 MB for later ones: quicker where they fit, which among the columns
    of a large import is rare.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)


def leave_out(library: str) -> None:
    """Make a library look as if it were not installed, for others that load it merely because it is; not undone.

    One that is loaded already stays.
    """
    if library not in sys.modules:
        # Python's own way to say so: importing it raises ModuleNotFoundError from now on.
        sys.modules[library] = None  # type: ignore[assignment] # documented, though typed otherwise
