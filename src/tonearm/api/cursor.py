"""Cursors: opaque to those who pass them back."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated

from fastapi import Query

from tonearm.domain.errors import InvalidInputError
from tonearm.domain.text import quoted

Cursor = Annotated[str | None, Query(max_length=64, description="`next_cursor` of the page before")]
_PLACE = re.compile(rb"after:([0-9]{1,10})")


def make_cursor(place: int) -> str:
    """Give the cursor of a place in a list."""
    return urlsafe_b64encode(b"after:%d" % place).decode().rstrip("=")


def read_cursor(cursor: str | None) -> int:
    """Give the place a cursor stands for; 0 without one.

    Raises:
        InvalidInputError: it is no cursor of this API.
    """
    if cursor is None:
        return 0
    try:
        place = _PLACE.fullmatch(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        place = None
    if place is None:
        raise InvalidInputError(
            f"`cursor` must be the `next_cursor` of a page before, not {quoted(cursor)}.",
            parameter="cursor",
        )
    return int(place[1])
