"""What there is to hear: artists, albums, tracks, shows, episodes, audiobooks and chapters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tonearm.simulator.identifiers import digest, spotify_id
from tonearm.testing.catalogue import Catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

_GENRES: Final = ("art pop", "chamber folk", "dream pop", "krautrock", "neo-classical", "shoegaze")
_DAYS_OF_MONTH: Final = 28  # every month has them


@dataclass(frozen=True, slots=True, eq=False)
class Artist:
    """A performer; `albums` grows while the world is made."""

    id: str
    name: str
    genres: tuple[str, ...]
    albums: list[Album] = field(default_factory=list, repr=False)
    kind: str = "artist"


@dataclass(frozen=True, slots=True, eq=False)
class Album:
    """A record by one artist."""

    id: str
    name: str
    artist: Artist
    released: str
    upc: str
    tracks: list[Track] = field(default_factory=list, repr=False)
    kind: str = "album"

    @property
    def album_type(self) -> str:
        """`single` up to three tracks, `album` from there on."""
        return "single" if len(self.tracks) <= 3 else "album"  # noqa: PLR2004 - as said


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """A recording on an album."""

    id: str
    name: str
    album: Album
    number: int
    duration_ms: int
    isrc: str
    explicit: bool
    kind: str = "track"


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """A podcast (`kind` show) or an audiobook; `author` speaks or wrote it."""

    id: str
    name: str
    author: str
    kind: str
    parts: list[Part] = field(default_factory=list, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """An episode of a podcast or a chapter of an audiobook (`kind`)."""

    id: str
    name: str
    work: Work
    number: int
    duration_ms: int
    released: str
    kind: str


Entity = Artist | Album | Track | Work | Part
Playable = Track | Part


def uri(entity: Entity) -> str:
    """The Spotify URI of an entity."""
    return f"spotify:{entity.kind}:{entity.id}"


class World:
    """Everything there is, the same for every listener of a simulator."""

    def __init__(
        self, seed: int, *, tracks: int = 1_500, episodes: int = 180, chapters: int = 72
    ) -> None:
        self._seed = seed
        self.catalogue = Catalogue(tracks=tracks, episodes=episodes, chapters=chapters, seed=seed)
        self._found: dict[tuple[str, str], Entity] = {}
        self._by_item: dict[int, Playable] = {}
        self._add_music()
        self._add_spoken(self.catalogue.episodes, "show", "episode")
        self._add_spoken(self.catalogue.chapters, "audiobook", "chapter")

    def find(self, kind: str, entity_id: str) -> Entity | None:
        """The entity of a kind and id; None also for what was withdrawn."""
        return self._found.get((kind, entity_id))

    def find_playable(self, kind: str, entity_id: str) -> Playable | None:
        """The track, episode or chapter of an id."""
        found = self.find(kind, entity_id)
        return found if isinstance(found, Track | Part) else None

    def playable(self, item: int) -> Playable | None:
        """What an item of the catalogue is; None if it was withdrawn."""
        return self._by_item.get(item)

    def all(self, kind: str) -> Iterator[Entity]:
        """Every entity of a kind, in the order of the catalogue."""
        return (entity for entity in self._found.values() if entity.kind == kind)

    def _keep(self, entity: Entity) -> None:
        self._found[entity.kind, entity.id] = entity

    def _add_music(self) -> None:
        shelf = self.catalogue
        artists: dict[int, Artist] = {}
        albums: dict[tuple[int, bool], Album] = {}
        # A recording and its second URI, which is on another edition of the album.
        editions = [(item, item) for item in range(shelf.music)]
        editions += [
            (item, int(other)) for item, other in enumerate(shelf.relinked) if other != item
        ]
        for item, edition in editions:
            told = shelf.item(edition)
            if told.title is None or told.artist is None or told.album is None:
                continue
            who = int(shelf.artist_of[item])
            if who not in artists:
                artists[who] = self._artist(who, told.artist)
            place = int(shelf.album_first[item]), edition != item
            if place not in albums:
                albums[place] = self._album(place, told.album, artists[who])
            album = albums[place]
            entity_id = told.uri.rpartition(":")[2]
            track = Track(
                entity_id, told.title, album, len(album.tracks) + 1, int(shelf.duration[edition]),
                # Editions share the recording and so its ISRC.
                isrc=f"QZTNA{digest(self._seed, 'isrc', item) % 10**7:07d}",
                explicit=digest(self._seed, "explicit", item) % 9 == 0,
            )  # fmt: skip
            album.tracks.append(track)
            self._keep(track)
            self._by_item[edition] = track

    def _artist(self, number: int, name: str) -> Artist:
        first = digest(self._seed, "genre", number) % len(_GENRES)
        artist = Artist(spotify_id(self._seed, "artist", number), name, _GENRES[first : first + 2])
        self._keep(artist)
        return artist

    def _album(self, place: tuple[int, bool], name: str, artist: Artist) -> Album:
        drawn = digest(self._seed, "album", *place)
        album = Album(
            spotify_id(self._seed, "album", *place), name, artist,
            self._released(drawn), f"{drawn % 10**12:012d}",
        )  # fmt: skip
        artist.albums.append(album)
        self._keep(album)
        return album

    @staticmethod
    def _released(drawn: int) -> str:
        """A date; of some old records only the year is known, of a few the month."""
        year, month = 1968 + drawn % 58, 1 + drawn // 58 % 12
        day = 1 + drawn // 700 % _DAYS_OF_MONTH
        old = 1990
        if year < old and drawn % 3:
            return f"{year}" if drawn % 3 == 1 else f"{year}-{month:02d}"
        return f"{year}-{month:02d}-{day:02d}"

    def _add_spoken(self, items: range, work_kind: str, part_kind: str) -> None:
        shelf = self.catalogue
        works: dict[str, Work] = {}
        books = shelf.texts()["book_uri"]
        for item in items:
            told = shelf.item(item)
            if told.title is None or told.artist is None:
                continue
            if told.artist not in works:
                given = books[item]
                work_id = (
                    str(given).rpartition(":")[2]
                    if given
                    else spotify_id(self._seed, "show", told.artist)
                )
                works[told.artist] = Work(
                    work_id, told.artist, shelf.authors.get(told.artist, "Somebody"), work_kind
                )
                self._keep(works[told.artist])
            work = works[told.artist]
            number = len(work.parts) + 1
            month, day = divmod(number - 1, _DAYS_OF_MONTH)
            part = Part(
                told.uri.rpartition(":")[2], told.title, work, number, int(shelf.duration[item]),
                f"{2023 + month // 12}-{month % 12 + 1:02d}-{day + 1:02d}", part_kind,
            )  # fmt: skip
            work.parts.append(part)
            self._keep(part)
            self._by_item[item] = part
