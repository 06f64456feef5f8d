"""Pages of long lists: so many lines, and an opaque word that leads to the next ones."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import TypeVar

from tonearm.domain.errors import InvalidInputError
from tonearm.domain.text import quoted

_MARK = b"from:"
_LONGEST_PLACE = 6
_Line = TypeVar("_Line")


def page_of(
    lines: Sequence[_Line], key: Callable[[_Line], str], cursor: str | None, limit: int
) -> tuple[tuple[_Line, ...], str | None]:
    """Give at most `limit` lines, ascending by their key, and the cursor of those after; raises InvalidInputError."""
    begin = 0 if cursor is None else bisect_left(lines, _read(cursor), key=key)
    page = tuple(lines[begin : begin + limit])
    after = begin + limit
    return page, _make(key(lines[after])) if after < len(lines) else None


def cursor_at(place: int) -> str:
    """Give the cursor of the lines from a place on, counted from 0."""
    return _make(str(place))


def place_of(cursor: str | None) -> int:
    """Give the place that `cursor_at` gave a cursor of; raises InvalidInputError."""
    if cursor is None:
        return 0
    found = _read(cursor)
    if not (found.isascii() and found.isdigit() and len(found) <= _LONGEST_PLACE):
        raise _wrong(cursor)
    return int(found)


def check_list(cursor: str | None, what: str | None, lists: Sequence[str]) -> None:
    """Raise InvalidInputError where a cursor is given and several lists are asked for, so that it could be of any."""
    if cursor is not None and what not in lists:
        raise InvalidInputError(
            f"`cursor` goes on with one list: give `what` too, as one of {', '.join(lists)}.",
            parameter="what",
        )


def _make(key: str) -> str:
    return urlsafe_b64encode(_MARK + key.encode()).decode().rstrip("=")


def _read(cursor: str) -> str:
    try:
        found = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        if found.startswith(_MARK):
            return found.removeprefix(_MARK).decode()
    except ValueError:
        pass
    raise _wrong(cursor)


def _wrong(cursor: str) -> InvalidInputError:
    return InvalidInputError(
        f"`cursor` is {quoted(cursor)} and must be the `next_cursor` of an answer before.",
        parameter="cursor",
    )
