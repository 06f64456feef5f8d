"""Descriptions: what evidence says of an item, word for word."""

from typing import NamedTuple

_LONGEST_URI = 512


class Description(NamedTuple):
    """One distinct wording of what was played, cleaned but not normalised."""

    kind: str
    uri: str | None
    title: str | None
    artist: str | None
    album: str | None


def clean_uri(text: str | None) -> str | None:
    """Give a text back if it is a Spotify URI."""
    if text is None or not text.startswith("spotify:") or len(text) > _LONGEST_URI:
        return None
    return text
