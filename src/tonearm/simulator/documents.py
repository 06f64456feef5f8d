"""How Spotify writes what there is: the JSON objects of the Web API, withdrawn fields left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from tonearm.simulator.pictures import SIZES, name_of
from tonearm.simulator.world import Album, Artist, Entity, Part, Track, Work, uri

if TYPE_CHECKING:
    from collections.abc import Callable

Document = dict[str, Any]
_Row = TypeVar("_Row")

_FIRST_PARTS: Final = 20  # how many parts an album, show or audiobook shows of itself
_DATE_PRECISION: Final = {4: "year", 7: "month", 10: "day"}


class Documents:
    """Writes entities for one base address, so that every `href` leads back to the simulator."""

    def __init__(self, origin: str) -> None:
        self.api = f"{origin}/v1"
        self._origin = origin
        self._tracks: dict[tuple[str, bool], Document] = {}

    def track(self, track: Track, *, market: bool = False) -> Document:
        """A whole track; `is_playable` is told only to those who name a market. Not to be changed."""
        key = track.id, market
        if key not in self._tracks:
            self._tracks[key] = self.simple_track(track, market=market) | {
                "album": self.simple_album(track.album),
                "external_ids": {"isrc": track.isrc},
            }
        return self._tracks[key]

    def simple_track(self, track: Track, *, market: bool = False) -> Document:
        """A track as an album lists it."""
        return self._base(track) | {
            "artists": [self.simple_artist(track.album.artist)],
            "disc_number": 1,
            "duration_ms": track.duration_ms,
            "explicit": track.explicit,
            "is_local": False,
            "preview_url": None,
            "track_number": track.number,
            **({"is_playable": True} if market else {}),
        }

    def simple_artist(self, artist: Artist) -> Document:
        """An artist as a track names them."""
        return self._base(artist)

    def artist(self, artist: Artist) -> Document:
        """A whole artist."""
        return self._base(artist) | {"genres": list(artist.genres), "images": self.images(artist)}

    def simple_album(self, album: Album) -> Document:
        """An album as a track or a list shows it."""
        return self._base(album) | {
            "album_type": album.album_type,
            "artists": [self.simple_artist(album.artist)],
            "images": self.images(album),
            "release_date": album.released,
            "release_date_precision": _DATE_PRECISION[len(album.released)],
            "total_tracks": len(album.tracks),
        }

    def album(self, album: Album, *, market: bool = False) -> Document:
        """A whole album with the first page of its tracks."""

        def render(track: Track) -> Document:
            return self.simple_track(track, market=market)

        return self.simple_album(album) | {
            "copyrights": [{"text": f"(P) {album.released[:4]} {album.artist.name}", "type": "P"}],
            "external_ids": {"upc": album.upc},
            "genres": [],
            "tracks": self._first_page(f"albums/{album.id}/tracks", album.tracks, render),
        }

    def simple_work(self, work: Work) -> Document:
        """A podcast or an audiobook without its parts."""
        told = f"{work.name}, by {work.author}"
        document = self._base(work) | {
            "copyrights": [],
            "description": told,
            "html_description": f"<p>{told}</p>",
            "explicit": False,
            "images": self.images(work),
            "languages": ["en"],
        }
        if work.kind == "show":
            return document | {
                "is_externally_hosted": False,
                "media_type": "audio",
                "total_episodes": len(work.parts),
            }
        return document | {
            "authors": [{"name": work.author}],
            "edition": "Unabridged",
            "media_type": "audio",
            "narrators": [{"name": work.author}],
            "total_chapters": len(work.parts),
        }

    def work(self, work: Work, *, heard: Callable[[Part], int | None]) -> Document:
        """A podcast or an audiobook with the first page of its parts; `heard` as `part` takes it."""
        name = "episodes" if work.kind == "show" else "chapters"

        def render(part: Part) -> Document:
            return self.simple_part(part, heard(part))

        path = f"{work.kind}s/{work.id}/{name}"
        return self.simple_work(work) | {name: self._first_page(path, work.parts, render)}

    def simple_part(self, part: Part, heard_ms: int | None) -> Document:
        """An episode or chapter; `heard_ms` is how far it was heard, None where that is not told."""
        told = f"{part.name}, from {part.work.name}"
        document = self._base(part) | {
            "audio_preview_url": None,
            "description": told,
            "html_description": f"<p>{told}</p>",
            "duration_ms": part.duration_ms,
            "explicit": False,
            "images": self.images(part.work),
            "is_playable": True,
            "languages": ["en"],
            "release_date": part.released,
            "release_date_precision": "day",
            "type": "episode",  # of chapters too
        }
        if part.kind == "episode":
            document |= {"is_externally_hosted": False, "language": "en"}
        else:
            document["chapter_number"] = part.number
        if heard_ms is not None:
            document["resume_point"] = {
                "fully_played": heard_ms >= part.duration_ms,
                "resume_position_ms": heard_ms if heard_ms < part.duration_ms else 0,
            }
        return document

    def part(self, part: Part, heard_ms: int | None) -> Document:
        """A whole episode or chapter."""
        name = "show" if part.kind == "episode" else "audiobook"
        return self.simple_part(part, heard_ms) | {name: self.simple_work(part.work)}

    def images(self, entity: Entity) -> list[Document]:
        """The pictures of an entity, the largest first."""
        return [
            {
                "url": f"{self._origin}/image/{name_of(entity.id, size)}",
                "height": size,
                "width": size,
            }
            for size in SIZES
        ]

    def picture(self, name: str) -> Document:
        """A picture that was uploaded or of a person: its size is not told."""
        return {"url": f"{self._origin}/image/{name}", "height": None, "width": None}

    def base_of(self, kind: str, entity_id: str) -> Document:
        """What every object has."""
        return {
            "external_urls": {"spotify": f"https://open.spotify.com/{kind}/{entity_id}"},
            "href": f"{self.api}/{kind}s/{entity_id}",
            "id": entity_id,
            "type": kind,
            "uri": f"spotify:{kind}:{entity_id}",
        }

    def _base(self, entity: Entity) -> Document:
        document = self.base_of(entity.kind, entity.id)
        document["uri"] = uri(entity)
        document["name"] = entity.name
        return document

    def _first_page(
        self, path: str, rows: list[_Row], render: Callable[[_Row], Document]
    ) -> Document:
        href, more = f"{self.api}/{path}", len(rows) > _FIRST_PARTS
        return {
            "href": f"{href}?offset=0&limit={_FIRST_PARTS}",
            "items": [render(row) for row in rows[:_FIRST_PARTS]],
            "limit": _FIRST_PARTS,
            "next": f"{href}?offset={_FIRST_PARTS}&limit={_FIRST_PARTS}" if more else None,
            "offset": 0,
            "previous": None,
            "total": len(rows),
        }
