"""Tracks, albums, artists, podcasts and audiobooks: one at a time, since Spotify gives no more at once.

Nothing asks for a market: with a listener's token Spotify goes by their country.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from tonearm.spotify.asking import MOST_ON_A_PAGE, Ask
from tonearm.spotify.models import Album, Artist, Audiobook, Chapter, Episode, Show, Track
from tonearm.spotify.operation import Resource, Scope, operation
from tonearm.spotify.reading import Page

MOST_ALBUMS: Final = 10
_POSITION: Final = frozenset({Scope.READ_POSITION})


class AlbumGroup(StrEnum):
    """What an album is to an artist."""

    ALBUM = "album"
    SINGLE = "single"
    APPEARS_ON = "appears_on"
    COMPILATION = "compilation"


class Catalogue(Resource):
    """What there is on Spotify; each is named by its id, its URI or its link."""

    @operation("get-track", "GET", "/tracks/{id}")
    def track(self, ask: Ask, track_id: str) -> Track:
        """Give a track."""
        return ask.one(Track, track_id)

    @operation("get-an-album", "GET", "/albums/{id}")
    def album(self, ask: Ask, album_id: str) -> Album:
        """Give an album with its first tracks."""
        return ask.one(Album, album_id)

    @operation("get-an-albums-tracks", "GET", "/albums/{id}/tracks")
    def album_tracks(
        self, ask: Ask, album_id: str, *, limit: int = MOST_ON_A_PAGE, offset: int = 0
    ) -> Page[Track]:
        """List what is on an album."""
        return ask.page(Track, limit, offset, entity_id=album_id)

    @operation("get-an-artist", "GET", "/artists/{id}")
    def artist(self, ask: Ask, artist_id: str) -> Artist:
        """Give an artist."""
        return ask.one(Artist, artist_id)

    @operation("get-an-artists-albums", "GET", "/artists/{id}/albums")
    def artist_albums(
        self,
        ask: Ask,
        artist_id: str,
        *,
        groups: Sequence[AlbumGroup] = tuple(AlbumGroup),
        limit: int = MOST_ALBUMS,
        offset: int = 0,
    ) -> Page[Album]:
        """List the albums of an artist, at most ten a page."""
        query = {"include_groups": ",".join(AlbumGroup(group) for group in groups)}
        return ask.page(Album, limit, offset, entity_id=artist_id, query=query, most=MOST_ALBUMS)

    @operation("get-an-episode", "GET", "/episodes/{id}", uses=_POSITION)
    def episode(self, ask: Ask, episode_id: str) -> Episode:
        """Give an episode of a podcast."""
        return ask.one(Episode, episode_id)

    @operation("get-a-show", "GET", "/shows/{id}", uses=_POSITION)
    def show(self, ask: Ask, show_id: str) -> Show:
        """Give a podcast with its first episodes."""
        return ask.one(Show, show_id)

    @operation("get-a-shows-episodes", "GET", "/shows/{id}/episodes", uses=_POSITION)
    def show_episodes(
        self, ask: Ask, show_id: str, *, limit: int = MOST_ON_A_PAGE, offset: int = 0
    ) -> Page[Episode]:
        """List the episodes of a podcast, the newest first."""
        return ask.page(Episode, limit, offset, entity_id=show_id)

    @operation("get-an-audiobook", "GET", "/audiobooks/{id}")
    def audiobook(self, ask: Ask, audiobook_id: str) -> Audiobook:
        """Give an audiobook with its first chapters."""
        return ask.one(Audiobook, audiobook_id)

    @operation("get-audiobook-chapters", "GET", "/audiobooks/{id}/chapters")
    def audiobook_chapters(
        self, ask: Ask, audiobook_id: str, *, limit: int = MOST_ON_A_PAGE, offset: int = 0
    ) -> Page[Chapter]:
        """List the chapters of an audiobook."""
        return ask.page(Chapter, limit, offset, entity_id=audiobook_id)

    @operation("get-a-chapter", "GET", "/chapters/{id}")
    def chapter(self, ask: Ask, chapter_id: str) -> Chapter:
        """Give a chapter of an audiobook."""
        return ask.one(Chapter, chapter_id)
