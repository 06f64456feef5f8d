"""Descriptions: what evidence says of an item, word for word."""

from typing import NamedTuple


class Description(NamedTuple):
    """One distinct wording of what was played, cleaned but not normalised."""

    kind: str
    uri: str | None
    title: str | None
    artist: str | None
    album: str | None
