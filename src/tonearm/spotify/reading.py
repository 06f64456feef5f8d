"""Answers read with tolerance: what is unknown is left out, what is missing or null is empty."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import msgspec

from tonearm.spotify.errors import SpotifyUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_T = TypeVar("_T")
UNREADABLE: Final = (msgspec.MsgspecError, UnicodeError, RecursionError)
_NULL: Final = b"null"


class Cursors(msgspec.Struct, frozen=True):
    """Where the pages before and after begin."""

    after: str | None = None
    before: str | None = None


class Envelope(msgspec.Struct, frozen=True):
    """A page, its items still unread: one that cannot be read does not spoil the others."""

    items: list[msgspec.Raw] | None = None
    total: int | None = None
    offset: int | None = None
    next: str | None = None
    cursors: Cursors | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[_T]):
    """Some items of a list, and a way to the next ones."""

    items: tuple[_T, ...]
    total: int | None
    """Of the whole list, if it is told."""
    offset: int | None
    """At which place of the list it begins, for lists that are counted: whoever is interrupted goes on there."""
    unreadable: int
    """How many items of this page were left out, since they are not what they should be."""
    following: Callable[[], Page[_T]] | None = field(repr=False, compare=False)
    """Asks for the next page; None on the last one."""

    def pages(self) -> Iterator[Page[_T]]:
        """Give this page and the following ones, each asked for when it is needed."""
        page: Page[_T] | None = self
        while page is not None:
            yield page
            page = page.following() if page.following is not None else None

    def walk(self) -> Iterator[_T]:
        """Give the items of this page and of the following ones, each page asked for when it is needed."""
        for page in self.pages():
            yield from page.items


def is_json(body: bytes) -> bool:
    """Whether an answer is one whole document."""
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except UNREADABLE:
        return False
    return True


def read(kind: type[_T], body: bytes | msgspec.Raw) -> _T:
    """Read an answer; raises SpotifyUnavailableError for what is something else."""
    try:
        return decode(kind, body)
    except UNREADABLE:
        raise not_understood() from None


def decode(kind: type[_T], body: bytes | msgspec.Raw) -> _T:
    """Read a document, nulls left out; raises one of UNREADABLE."""
    return msgspec.convert(_without_nulls(msgspec.json.decode(body)), kind)


def read_envelope(body: bytes | msgspec.Raw) -> Envelope:
    """Read a page but for its items; raises SpotifyUnavailableError for what is none."""
    try:
        return msgspec.json.decode(body, type=Envelope)
    except UNREADABLE:
        raise not_understood() from None


def read_items(kind: type[_T], envelope: Envelope) -> tuple[tuple[_T, ...], int]:
    """Read the items of a page; gives them, and how many cannot be read."""
    items: list[_T] = []
    unreadable = 0
    for raw in envelope.items or ():
        if bytes(raw) == _NULL:
            continue  # what is not there any more
        try:
            items.append(decode(kind, raw))
        except UNREADABLE:
            unreadable += 1
    return tuple(items), unreadable


def not_understood() -> SpotifyUnavailableError:
    """Say that an answer is not what it should be."""
    return SpotifyUnavailableError(
        "Spotify's answer cannot be understood. If it stays so, a newer Tonearm may know it."
    )


def _without_nulls(node: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(node, dict):
        return {name: _without_nulls(each) for name, each in node.items() if each is not None}
    if isinstance(node, list):
        return [_without_nulls(each) for each in node if each is not None]
    return node
