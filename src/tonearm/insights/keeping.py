"""How a cache is used."""

from dataclasses import dataclass


@dataclass(slots=True)
class Keeping:
    """What a cache holds, and what came of looking into it since the process began."""

    nbytes: int = 0
    hits: int = 0
    misses: int = 0
    evictions: int = 0
    """What was let go to make room."""
