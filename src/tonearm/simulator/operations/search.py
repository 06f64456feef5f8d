"""Search: words and the filters `artist: album: track: year: isrc: upc:`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from tonearm.simulator.calls import Answer, ApiError, Call, Operation, page
from tonearm.simulator.operations.playlists import simple_playlist
from tonearm.simulator.world import Album, Artist, Part, Track, Work

if TYPE_CHECKING:
    from collections.abc import Callable

    from tonearm.simulator.playlists import Playlist

_KINDS: Final = ("album", "artist", "playlist", "track", "show", "episode", "audiobook")
_MOST: Final = 10
_LAST_OFFSET: Final = 1_000
_FILTER: Final = re.compile(
    r"\b(artist|album|track|year|isrc|upc):\s*(?:\"([^\"]*)\"|(.*?)(?=\s+\w+:|$))"
)
_YEARS: Final = re.compile(r"(\d{4})(?:-(\d{4}))?")


def _traits(entity: object) -> dict[str, str]:
    """What the filters look at, by filter; `*` is what plain words look at."""
    match entity:
        case Track():
            album, artist = entity.album, entity.album.artist
            return {
                "track": entity.name, "album": album.name, "artist": artist.name,
                "year": album.released[:4], "isrc": entity.isrc, "upc": album.upc,
                "*": f"{entity.name} {album.name} {artist.name}",
            }  # fmt: skip
        case Album():
            return {
                "album": entity.name, "artist": entity.artist.name, "year": entity.released[:4],
                "upc": entity.upc, "*": f"{entity.name} {entity.artist.name}",
            }  # fmt: skip
        case Artist():
            return {"artist": entity.name, "*": entity.name}
        case Part():
            return {"*": f"{entity.name} {entity.work.name}"}
        case Work():
            return {"*": f"{entity.name} {entity.author}"}
    return {}


def _matches(traits: dict[str, str], filters: list[tuple[str, str]], words: list[str]) -> bool:
    for name, wanted in filters:
        value = traits.get(name)
        if value is None:
            return False
        if name == "year":
            years = _YEARS.fullmatch(wanted)
            if years is None or not years[1] <= value <= (years[2] or years[1]):
                return False
        elif name in {"isrc", "upc"}:
            if value != wanted.upper():
                return False
        elif not all(word in value.casefold() for word in wanted.casefold().split()):
            return False
    told = traits["*"].casefold()
    return all(word in told for word in words)


def _search(call: Call) -> Answer:
    text = call.required("q")
    kinds = call.required("type").split(",")
    if not set(kinds) <= set(_KINDS):
        raise ApiError(400, f"Bad search type field {call.query['type']}")
    filters = [(found[1], found[2] or found[3]) for found in _FILTER.finditer(text)]
    words = _FILTER.sub(" ", text).casefold().replace('"', " ").split()
    found = {}
    for kind in dict.fromkeys(kinds):
        rows = _rows(call, kind, filters, words)
        found[f"{kind}s"] = page(
            call, rows, _render(call, kind), default=5, most=_MOST, last_offset=_LAST_OFFSET
        )
    return Answer(found)


def _rows(call: Call, kind: str, filters: list[tuple[str, str]], words: list[str]) -> list[Any]:
    if kind == "playlist":
        public = (each for each in call.simulator.playlists.values() if each.public)
        return [each for each in public if _matches({"*": each.name}, filters, words)]
    return [
        entity
        for entity in call.simulator.world.all(kind)
        if _matches(_traits(entity), filters, words)
    ]


def _render(call: Call, kind: str) -> Callable[[Any], dict[str, Any]]:
    documents = call.documents

    def playlist(row: Playlist) -> dict[str, Any]:
        return simple_playlist(call, row)

    def part(row: Part) -> dict[str, Any]:
        return documents.simple_part(row, call.heard_ms(row))

    renderers: dict[str, Callable[[Any], dict[str, Any]]] = {
        "album": documents.simple_album, "artist": documents.artist, "track": documents.track,
        "show": documents.simple_work, "audiobook": documents.simple_work, "episode": part,
        "playlist": playlist,
    }  # fmt: skip
    return renderers[kind]


OPERATIONS = (Operation("GET", "/search", "search", _search),)
