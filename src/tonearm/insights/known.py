"""Names that were looked up before."""

from collections.abc import Iterable
from typing import NamedTuple

_MOST = 2_048
_NAME_BYTES = 400  # its names, a key, and their places, about


class Spelling(NamedTuple):
    """What an item is called."""

    name: str | None
    artist: str | None
    key: str
    owner: int
    """The number of its artist, 0 where unknown; so it is for artists."""
    former: str | None = None
    """What it was called before its listener renamed it."""


class KnownNames:
    """Names by the numbers of items, true as long as the history and its corrections stay as they are."""

    def __init__(self) -> None:
        """Begin with none."""
        self._names: dict[int, Spelling] = {}

    @property
    def nbytes(self) -> int:
        """Memory of the names, about."""
        return _NAME_BYTES * len(self._names)

    def find(self, ids: Iterable[int]) -> dict[int, Spelling]:
        """Give the names that are known."""
        known = self._names
        return {number: name for number in ids if (name := known.get(number)) is not None}

    def keep(self, names: dict[int, Spelling]) -> None:
        """Keep some more; where they become too many, those alone."""
        if len(names) <= _MOST:
            together = self._names | names
            self._names = together if len(together) <= _MOST else names
