"""What the methods of the client ask with: an operation, and the forms in which it is asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeVar

from tonearm.domain.errors import InvalidInputError
from tonearm.spotify.ids import read_id
from tonearm.spotify.messages import Request
from tonearm.spotify.reading import Page, read, read_envelope, read_items

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import msgspec

    from tonearm.spotify.calling import Caller
    from tonearm.spotify.operation import Operation

_T = TypeVar("_T")
_PART: Final = re.compile(r"{\w+}")
MOST_ON_A_PAGE: Final = 50


class Ask:
    """Asks for one operation; `entity_id` is what stands in its path: an id, a URI or a link."""

    def __init__(self, caller: Caller, operation: Operation) -> None:
        self._caller = caller
        self._operation = operation

    def one(
        self,
        kind: type[_T],
        entity_id: str | None = None,
        *,
        query: Mapping[str, object] | None = None,
    ) -> _T:
        """Give one thing."""
        return read(kind, self.body(entity_id, query=query))

    def find(self, kind: type[_T], *, query: Mapping[str, object] | None = None) -> _T | None:
        """Give one thing; None if nothing is there now."""
        body = self.body(query=query)
        return read(kind, body) if body else None

    def body(
        self, entity_id: str | None = None, *, query: Mapping[str, object] | None = None
    ) -> bytes:
        """Give an answer as it came; empty if there is nothing."""
        return self._caller.exchange(Request(self._operation, self._path(entity_id), _texts(query)))

    def send(self, kind: type[_T], document: object, entity_id: str | None = None) -> _T:
        """Send a document, and give what is answered."""
        request = Request(self._operation, self._path(entity_id), document=document)
        return read(kind, self._caller.exchange(request))

    def do(
        self,
        entity_id: str | None = None,
        *,
        query: Mapping[str, object] | None = None,
        document: object = None,
        content: bytes | None = None,
    ) -> None:
        """Have something done that is not answered."""
        path, texts = self._path(entity_id), _texts(query)
        self._caller.exchange(
            Request(self._operation, path, texts, document, content, is_answered=False)
        )

    def page(
        self,
        kind: type[_T],
        limit: int,
        offset: int,
        *,
        entity_id: str | None = None,
        query: Mapping[str, object] | None = None,
        most: int = MOST_ON_A_PAGE,
    ) -> Page[_T]:
        """Give a page of a list, from which the following ones can be reached."""
        check_number("limit", limit, 1, most)
        check_number("offset", offset, 0)
        asked = {**(query or {}), "limit": limit, "offset": offset}
        body = self.body(entity_id, query=asked)
        return page_of(
            kind,
            body,
            lambda: self.page(
                kind, limit, offset + limit, entity_id=entity_id, query=query, most=most
            ),
        )

    def _path(self, entity_id: str | None) -> str:
        kind = self._operation.kind
        if entity_id is None or kind is None:
            return self._operation.path
        return _PART.sub(read_id(entity_id, kind), self._operation.path)


def page_of(
    kind: type[_T], body: bytes | msgspec.Raw, following: Callable[[], Page[_T]] | None
) -> Page[_T]:
    """Read a page, of which `following` gives the next one if there is any and it may be asked for."""
    envelope = read_envelope(body)
    items, unreadable = read_items(kind, envelope)
    # Addresses in answers are not followed. An empty page is the last one, whatever it says.
    has_more = envelope.next is not None and bool(envelope.items)
    return Page(items, envelope.total, envelope.offset, unreadable, following if has_more else None)


def check_number(name: str, number: int, low: int, high: int | None = None) -> None:
    """Raise InvalidInputError for a number that Spotify would not take."""
    if number < low or (high is not None and number > high):
        range_ = f"{low} or more" if high is None else f"from {low} to {high}"
        raise InvalidInputError(f"{name} is a number {range_}.", parameter=name)


def _texts(query: Mapping[str, object] | None) -> dict[str, str]:
    """Write parameters as they stand in an address; None leaves one out."""
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in (query or {}).items()
        if value is not None
    }
