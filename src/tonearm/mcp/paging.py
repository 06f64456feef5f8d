"""Pages of long lists: so many lines, and an opaque word that leads to the next ones."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import TypeVar

from tonearm.domain.errors import InvalidInputError
from tonearm.domain.text import quoted

_MARK = b"from:"
_Line = TypeVar("_Line")


def page_of(
    lines: Sequence[_Line], key: Callable[[_Line], str], cursor: str | None, limit: int
) -> tuple[tuple[_Line, ...], str | None]:
    """Give at most `limit` lines, ascending by their key, and the cursor of those after; raises InvalidInputError."""
    begin = 0 if cursor is None else bisect_left(lines, _read(cursor), key=key)
    page = tuple(lines[begin : begin + limit])
    after = begin + limit
    return page, _make(key(lines[after])) if after < len(lines) else None


def _make(key: str) -> str:
    return urlsafe_b64encode(_MARK + key.encode()).decode().rstrip("=")


def _read(cursor: str) -> str:
    try:
        found = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        if found.startswith(_MARK):
            return found.removeprefix(_MARK).decode()
    except ValueError:
        pass
    raise InvalidInputError(
        f"`cursor` is {quoted(cursor)} and must be the `next_cursor` of an answer before.",
        parameter="cursor",
    )
