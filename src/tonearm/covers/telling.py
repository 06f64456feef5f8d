"""Where covers are: what polls have brought tells of many; Spotify is asked for the rest, one call after the other."""

import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec
from sqlalchemy import select

from tonearm.covers.pictures import Pictures
from tonearm.domain.errors import InvalidInputError
from tonearm.domain.text import normalise
from tonearm.domain.vocabulary import ItemKind, Kind
from tonearm.spotify.errors import (
    Cause,
    SpotifyInvalidError,
    SpotifyNotFoundError,
    SpotifyRefusedError,
)
from tonearm.spotify.models import Artist, Audiobook, Image, Playable, Show, Track
from tonearm.spotify.reading import UNREADABLE, decode
from tonearm.spotify.session import Session
from tonearm.storage.database import Database
from tonearm.storage.poll_tables import polled
from tonearm.storage.tables import artists, descriptions, tracks

_T = TypeVar("_T")
_MOST_ANSWERS: Final = 5_000
_MOST_URIS: Final = 200
_MOST_TRIES: Final = 3
"""So many recordings of an item are asked about at most: the first may have been withdrawn."""
_ITS_OWN_FAULT: Final = frozenset({Cause.WITHDRAWN, Cause.SCOPE})


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of one recording: pictures of what it is on, and who made it."""

    images: tuple[Image, ...] = ()
    artists: tuple[Artist, ...] = ()


class _Answer(msgspec.Struct, frozen=True):
    """An answer that is kept: an item of recent plays has a track, what the player said has an item."""

    track: Playable | None = None
    item: Playable | None = None


class Telling:
    """Tells one listener's job where covers are; what was asked once is not asked again."""

    def __init__(
        self, database: Database, user_id: int, session: Session, pictures: Pictures
    ) -> None:
        self._database = database
        self._user_id = user_id
        self._session = session
        self._pictures = pictures
        self._told = _told_by_polls(database, user_id)

    def find(self, item: ItemKind, item_id: int) -> str | None:
        """Give where the cover of an artist or album is; None where Spotify has none, or tells of none.

        Raises:
            SpotifyError: it does not answer, or not this listener at present.
        """
        kind, key, uris = self._recordings(item, item_id)
        if item is ItemKind.ARTIST and kind == Kind.MUSIC:
            return self._of_artist(key, uris)
        # Of something spoken the artist is the podcast or book itself.
        return next(filter(None, (self._choose(told.images) for told in self._each(uris))), None)

    def _of_artist(self, key: str, uris: Sequence[str]) -> str | None:
        for told in self._each(uris):
            # Never another's face: it has to be somebody of that name.
            found = next((one for one in told.artists if normalise(one.name) == key), None)
            if found is not None and found.id is not None:
                whole = _if_there(self._session.catalogue.artist, found.id)
                return None if whole is None else self._choose(whole.images)
        return None

    def _choose(self, images: Sequence[Image]) -> str | None:
        return self._pictures.choose(images)

    def _each(self, uris: Sequence[str]) -> Iterator[Told]:
        """Give what is told of recordings: first of those that are known, then of some that Spotify is asked about."""
        known = [uri for uri in uris if uri in self._told]
        yield from (self._told[uri] for uri in known)
        unknown = [uri for uri in uris if uri not in self._told]
        for uri in unknown[:_MOST_TRIES]:
            self._told[uri] = self._ask(uri)
            yield self._told[uri]

    def _ask(self, uri: str) -> Told:
        _, _, named = uri.partition(":")
        kind, _, entity_id = named.partition(":")
        catalogue = self._session.catalogue
        if kind == "track":
            track = _if_there(catalogue.track, entity_id)
            return Told() if track is None else _of_track(track)
        if kind == "episode":
            episode = _if_there(catalogue.episode, entity_id)
            return Told() if episode is None else Told(_own(episode.show) or episode.images)
        if kind == "chapter":
            chapter = _if_there(catalogue.chapter, entity_id)
            return Told() if chapter is None else Told(_own(chapter.audiobook) or chapter.images)
        if kind == "audiobook":
            return Told(_own(_if_there(catalogue.audiobook, entity_id)))
        return Told()  # a file of the listener's own

    def _recordings(self, item: ItemKind, item_id: int) -> tuple[str, str, list[str]]:
        """Give the kind and key of an item, and the URIs of recordings of it."""
        of_item = tracks.c.artist_id if item is ItemKind.ARTIST else tracks.c.album_id
        own = (tracks.c.user_id == self._user_id, of_item == item_id)
        uris = (
            select(descriptions.c.uri)
            .join_from(
                tracks,
                descriptions,
                (descriptions.c.user_id == tracks.c.user_id)
                & (descriptions.c.track_id == tracks.c.id),
            )
            .where(*own, descriptions.c.uri.is_not(None))
            .order_by(tracks.c.id, descriptions.c.id)
            .limit(_MOST_URIS)
        )
        artist = select(artists.c.kind, artists.c.key).where(
            artists.c.user_id == self._user_id, artists.c.id == item_id
        )
        with self._database.read() as connection:
            found = list(dict.fromkeys(connection.scalars(uris)))
            row = connection.execute(artist).one_or_none() if item is ItemKind.ARTIST else None
        return ("", "", found) if row is None else (row.kind, row.key, found)


def _told_by_polls(database: Database, user_id: int) -> dict[str, Told]:
    """Read the answers that are kept, the newest ones, for what they tell of pictures: that costs no call."""
    newest = (
        select(polled.c.answer)
        .where(polled.c.user_id == user_id)
        .order_by(polled.c.fetched_at.desc())
        .limit(_MOST_ANSWERS)
    )
    told: dict[str, Told] = {}
    with database.read() as connection:
        rows = connection.scalars(newest).all()
    for row in rows:
        with suppress(zlib.error, *UNREADABLE):
            answer = decode(_Answer, zlib.decompress(row))
            playable = answer.track or answer.item
            if playable is not None and playable.uri not in told:
                told[playable.uri] = _of_playable(playable)
    return {uri: one for uri, one in told.items() if one.images}


def _of_playable(playable: Playable) -> Told:
    if playable.album is not None:
        return _of_track(playable)
    return Told(_own(playable.show) or _own(playable.audiobook) or playable.images)


def _of_track(track: Track) -> Told:
    album = track.album
    return Told() if album is None else Told(album.images, (*album.artists, *track.artists))


def _own(work: Show | Audiobook | None) -> tuple[Image, ...]:
    return () if work is None else work.images


def _if_there(question: Callable[[str], _T], entity_id: str) -> _T | None:
    """Ask Spotify; None where it has nothing there, or does not tell it any more, or not this app."""
    try:
        return question(entity_id)
    except (SpotifyNotFoundError, SpotifyInvalidError, InvalidInputError):
        return None
    except SpotifyRefusedError as error:
        if error.cause not in _ITS_OWN_FAULT:
            raise
        return None
