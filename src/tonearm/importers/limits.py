"""The caps within which an import reads what strangers made."""

from dataclasses import dataclass

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps of one import; the first five are settings."""

    archive_bytes: int = 500 * MEGABYTE
    inflated_bytes: int = 8_000 * MEGABYTE
    rows: int = 10_000_000
    members: int = 10_000
    commit_bytes: int = 8 * MEGABYTE
    element_bytes: int = 16 * MEGABYTE
    """Largest single row; a longer one ends its file."""
    ratio: int = 250
    """Most that a member may inflate by, once it is larger than `ratio_from_bytes`."""
    ratio_from_bytes: int = 50 * MEGABYTE
