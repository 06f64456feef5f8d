"""Ids and URIs of Spotify, checked before they become part of an address."""

import re
from collections.abc import Collection, Sequence
from typing import Final

from tonearm.domain.errors import InvalidInputError

_ID: Final = re.compile(r"[0-9A-Za-z]{22}")
_URI: Final = re.compile(
    r"spotify:(?:(track|album|artist|episode|show|audiobook|chapter|playlist):([0-9A-Za-z]{22})"
    r"|(user):([\w.%-]{1,100}))",
    re.ASCII,
)
_LINK: Final = re.compile(
    r"https://open\.spotify\.com/(?:intl-[a-z]{2,5}/)?([a-z]{4,9})/([0-9A-Za-z]{22})(?:[?#]\S*)?"
)
_LOCAL: Final = re.compile(r"spotify:local:[^\s\x00-\x1f\x7f]{1,2000}")
_NAMED: Final = frozenset(
    {"track", "album", "artist", "episode", "show", "audiobook", "chapter", "playlist"}
)
_SHOWN: Final = 60


def read_id(text: str, kind: str) -> str:
    """Give the id that an id, a URI or a link of one kind names.

    Raises:
        InvalidInputError: it names nothing, or something of another kind.
    """
    if _ID.fullmatch(text):
        return text
    found = _URI.fullmatch(text) or _LINK.fullmatch(text)
    if found is None or found[1] != kind:
        raise InvalidInputError(
            f"{_shown(text)} is no Spotify id of this kind ({kind}): that is 22 letters and digits, "
            f"spotify:{kind}: and the id, or its link at open.spotify.com."
        )
    return found[2]


def read_named(text: str, kind: str) -> tuple[str, str]:
    """Give the kind and the id that a URI or a link names; a bare id is of the kind that is given.

    Raises:
        InvalidInputError: it names nothing that has an id.
    """
    found = _URI.fullmatch(text) or _LINK.fullmatch(text)
    named = found[1] if found is not None and found[1] in _NAMED else kind
    return named, read_id(text, named)


def kind_of(uri: str, kinds: Collection[str]) -> str:
    """Give the kind of a URI; raises InvalidInputError for one of no kind that is taken here."""
    found = _URI.fullmatch(uri)
    kind = (found[1] or found[3]) if found else None
    if kind is None or kind not in kinds:
        raise InvalidInputError(
            f"{_shown(uri)} cannot be used here. Give URIs such as spotify:track:4uLU6hMCjMI75M1A2tKUQC, "
            f"of one of these kinds: {', '.join(sorted(kinds))}."
        )
    return kind


def check_uris(
    uris: Sequence[str], kinds: Collection[str], most: int, *, local: bool = False
) -> list[str]:
    """Give URIs as a list; raises InvalidInputError for none, too many, and what is none.

    With `local`, files of the listener's own are taken too.
    """
    if not 1 <= len(uris) <= most:
        raise InvalidInputError(f"Spotify takes 1 to {most} URIs at a time, not {len(uris)}.")
    for uri in uris:
        if not (local and _LOCAL.fullmatch(uri)):
            kind_of(uri, kinds)
    return list(uris)


def _shown(text: str) -> str:
    return ascii(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
