"""Identifiers that follow from a seed: the same seed gives the same ids, tokens and choices."""

from __future__ import annotations

import hashlib
import re
from typing import Final

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID_LENGTH: Final = 22
_BASE62: Final = re.compile(r"[0-9A-Za-z]{22}")
URI: Final = re.compile(
    r"spotify:(track|album|artist|episode|show|audiobook|chapter|playlist|user):([0-9A-Za-z_.-]+)"
)


def digest(*parts: object) -> int:
    """A large number that follows from the parts and looks drawn by chance."""
    text = "\x1f".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest())


def base62(number: int, length: int = _ID_LENGTH) -> str:
    """The lowest digits of a number in Spotify's alphabet."""
    letters = []
    for _ in range(length):
        number, place = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[place])
    return "".join(letters)


def spotify_id(*parts: object) -> str:
    """An id of 22 letters and digits."""
    return base62(digest(*parts))


def token(*parts: object) -> str:
    """An access token, a refresh token or a code; longer than an id, as real ones are."""
    return "BQ" + base62(digest("a", *parts), 40) + "-" + base62(digest("b", *parts), 40)


def is_spotify_id(text: str) -> bool:
    """Whether a text has the form of an id."""
    return _BASE62.fullmatch(text) is not None


def split_uri(uri: str) -> tuple[str, str] | None:
    """Kind and id of a URI; None if it is none."""
    found = URI.fullmatch(uri)
    return (found[1], found[2]) if found else None
