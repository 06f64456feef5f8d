"""Search: words and the filters `isrc: upc: artist: track: album: year:`."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

import msgspec

from tonearm.domain.errors import InvalidInputError
from tonearm.spotify.asking import Ask, check_number, page_of
from tonearm.spotify.models import Album, Artist, Audiobook, Episode, Playlist, Show, Track
from tonearm.spotify.operation import Resource, operation
from tonearm.spotify.reading import UNREADABLE, Page, not_understood

MOST_FOUND: Final = 10
LAST_OFFSET: Final = 1_000
_LONGEST: Final = 500
_T = TypeVar("_T")


class Kind(StrEnum):
    """What is looked for."""

    TRACK = "track"
    ALBUM = "album"
    ARTIST = "artist"
    PLAYLIST = "playlist"
    SHOW = "show"
    EPISODE = "episode"
    AUDIOBOOK = "audiobook"


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, best first; empty pages of what was not looked for."""

    tracks: Page[Track]
    albums: Page[Album]
    artists: Page[Artist]
    playlists: Page[Playlist]
    shows: Page[Show]
    episodes: Page[Episode]
    audiobooks: Page[Audiobook]


class Search(Resource):
    """Looking for what is on Spotify."""

    @operation("search", "GET", "/search")
    def find(
        self,
        ask: Ask,
        words: str,
        kinds: Collection[Kind],
        *,
        limit: int = MOST_FOUND,
        offset: int = 0,
    ) -> Found:
        """Find up to ten of each kind; their pages lead on to a thousand."""
        if not words.strip() or len(words) > _LONGEST or not kinds:
            raise InvalidInputError(
                f"Say what to look for, in up to {_LONGEST} characters, and of which kind."
            )
        check_number("limit", limit, 1, MOST_FOUND)
        check_number("offset", offset, 0, LAST_OFFSET)
        body = ask.body(
            query={
                "q": words,
                "type": ",".join(Kind(kind) for kind in kinds),
                "limit": limit,
                "offset": offset,
            }
        )
        try:
            parts = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        except UNREADABLE:
            raise not_understood() from None

        def page(kind: Kind, model: type[_T]) -> Page[_T]:
            def following() -> Page[_T]:
                found = self.find(words, [kind], limit=limit, offset=offset + limit)
                of_kind: Page[_T] = getattr(found, f"{kind}s")
                return of_kind

            may_go_on = offset + limit <= LAST_OFFSET
            return page_of(model, parts.get(f"{kind}s", b"{}"), following if may_go_on else None)

        return Found(
            tracks=page(Kind.TRACK, Track),
            albums=page(Kind.ALBUM, Album),
            artists=page(Kind.ARTIST, Artist),
            playlists=page(Kind.PLAYLIST, Playlist),
            shows=page(Kind.SHOW, Show),
            episodes=page(Kind.EPISODE, Episode),
            audiobooks=page(Kind.AUDIOBOOK, Audiobook),
        )
