"""What Spotify tells, as far as it is used: everything may be missing, as fields have been withdrawn before.

Instants are aware, lengths are in milliseconds. Of people neither ids nor names are shown where a record is printed.
"""

from datetime import datetime
from typing import Annotated, Generic, TypeVar

import msgspec

_T = TypeVar("_T")
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Image(msgspec.Struct, frozen=True):
    """A picture."""

    url: str = ""
    height: int | None = None
    width: int | None = None


class Person(msgspec.Struct, frozen=True):
    """Somebody with an account, as playlists name them."""

    id: str = ""
    uri: str = ""
    display_name: str | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


class Profile(Person, frozen=True):
    """The listener."""

    account_id: str | None = None
    """Stays the same for ever; Spotify tells it since May 2026."""
    images: tuple[Image, ...] = ()

    @property
    def key(self) -> str:
        """What tells one listener from others for good: the account's id, or else the user's."""
        return self.account_id or self.id


class ExternalIds(msgspec.Struct, frozen=True):
    """What the rest of the world calls a recording or a release."""

    isrc: str | None = None
    ean: str | None = None
    upc: str | None = None


class Context(msgspec.Struct, frozen=True):
    """From where something plays: an album, an artist, a playlist, a show, a collection."""

    type: str = ""
    uri: str = ""
    """That of a collection names whose it is."""

    def __repr__(self) -> str:
        return f"Context(type={self.type!r}, …)"


class ListOf(msgspec.Struct, Generic[_T], frozen=True):
    """The first items of something that lists what it consists of."""

    items: tuple[_T, ...] = ()
    total: int | None = None
    next: str | None = None
    """There is more if this is told."""


class Artist(msgspec.Struct, frozen=True):
    """An artist; only the artist's own operations tell genres and pictures."""

    id: str | None = None
    uri: str = ""
    name: str = ""
    genres: tuple[str, ...] = ()
    images: tuple[Image, ...] = ()


class Album(msgspec.Struct, frozen=True):
    """An album; only the album's own operation tells what is on it and what others call it."""

    id: str | None = None
    uri: str = ""
    name: str = ""
    album_type: str | None = None
    release_date: str | None = None
    """A year, a month or a day."""
    release_date_precision: str | None = None
    total_tracks: int | None = None
    artists: tuple[Artist, ...] = ()
    images: tuple[Image, ...] = ()
    genres: tuple[str, ...] = ()
    external_ids: ExternalIds = ExternalIds()
    tracks: "ListOf[Track] | None" = None


class Track(msgspec.Struct, frozen=True):
    """A track; a file of the listener's own has no id."""

    id: str | None = None
    uri: str = ""
    type: str = "track"
    name: str = ""
    duration_ms: int | None = None
    explicit: bool = False
    is_local: bool = False
    disc_number: int | None = None
    track_number: int | None = None
    artists: tuple[Artist, ...] = ()
    album: Album | None = None
    external_ids: ExternalIds = ExternalIds()


class ResumePoint(msgspec.Struct, frozen=True):
    """How far something spoken was heard."""

    fully_played: bool = False
    resume_position_ms: int | None = None


class Author(msgspec.Struct, frozen=True):
    """Who wrote or reads a book."""

    name: str = ""


class Show(msgspec.Struct, frozen=True):
    """A podcast; only its own operation tells its first episodes."""

    id: str | None = None
    uri: str = ""
    name: str = ""
    description: str = ""
    explicit: bool = False
    languages: tuple[str, ...] = ()
    media_type: str | None = None
    total_episodes: int | None = None
    images: tuple[Image, ...] = ()
    episodes: "ListOf[Episode] | None" = None


class Episode(msgspec.Struct, frozen=True):
    """An episode of a podcast; how far it was heard is told with the scope for it."""

    id: str | None = None
    uri: str = ""
    type: str = "episode"
    name: str = ""
    description: str = ""
    duration_ms: int | None = None
    explicit: bool = False
    languages: tuple[str, ...] = ()
    release_date: str | None = None
    release_date_precision: str | None = None
    images: tuple[Image, ...] = ()
    resume_point: ResumePoint | None = None
    show: Show | None = None


class Audiobook(msgspec.Struct, frozen=True):
    """An audiobook; only its own operation tells its first chapters."""

    id: str | None = None
    uri: str = ""
    name: str = ""
    description: str = ""
    edition: str | None = None
    explicit: bool = False
    languages: tuple[str, ...] = ()
    authors: tuple[Author, ...] = ()
    narrators: tuple[Author, ...] = ()
    total_chapters: int | None = None
    images: tuple[Image, ...] = ()
    chapters: "ListOf[Chapter] | None" = None


class Chapter(Episode, frozen=True):
    """A chapter of an audiobook."""

    chapter_number: int | None = None
    audiobook: Audiobook | None = None


class Playable(Track, frozen=True):
    """What plays or stands in a playlist: a track or an episode, as `type` says; a chapter has an audiobook."""

    description: str = ""
    release_date: str | None = None
    images: tuple[Image, ...] = ()
    resume_point: ResumePoint | None = None
    show: Show | None = None
    audiobook: Audiobook | None = None


class Device(msgspec.Struct, frozen=True):
    """What plays; its id may change from day to day."""

    id: str | None = None
    name: str = ""
    type: str = ""
    is_active: bool = False
    is_private_session: bool | None = None
    is_restricted: bool = False
    """Whether it takes no commands."""
    supports_volume: bool = False
    volume_percent: int | None = None


class Playback(msgspec.Struct, frozen=True):
    """What is heard now, and how; device and modes are told by the player's state only."""

    is_playing: bool = False
    currently_playing_type: str = "unknown"
    """`track`, `episode`, `ad` or `unknown`."""
    item: Playable | None = None
    """None for an advert."""
    progress_ms: int | None = None
    timestamp: int | None = None
    """When this last changed, in milliseconds since 1970."""
    context: Context | None = None
    device: Device | None = None
    repeat_state: str | None = None
    shuffle_state: bool | None = None


class Queue(msgspec.Struct, frozen=True):
    """What is heard now and next."""

    currently_playing: Playable | None = None
    queue: tuple[Playable, ...] = ()


class _Count(msgspec.Struct, frozen=True):
    total: int | None = None


class Playlist(msgspec.Struct, frozen=True):
    """A playlist, but for what is in it."""

    id: str = ""
    uri: str = ""
    name: str = ""
    description: str = ""
    public: bool | None = None
    collaborative: bool = False
    snapshot_id: str = ""
    """Changes whenever the playlist does."""
    owner: Person = Person()
    images: tuple[Image, ...] = ()
    items: _Count | None = None

    @property
    def total(self) -> int | None:
        """How many entries it has; None where Spotify does not tell, as of playlists of others."""
        return self.items.total if self.items else None


class Entry(msgspec.Struct, frozen=True):
    """One line of a playlist."""

    item: Playable | None = None
    """None for what was withdrawn."""
    added_at: Moment | None = None
    added_by: Person | None = None
    is_local: bool = False


class SavedTrack(msgspec.Struct, frozen=True):
    """A liked track."""

    track: Track
    added_at: Moment | None = None


class SavedAlbum(msgspec.Struct, frozen=True):
    """A saved album."""

    album: Album
    added_at: Moment | None = None


class SavedEpisode(msgspec.Struct, frozen=True):
    """A saved episode."""

    episode: Episode
    added_at: Moment | None = None


class SavedShow(msgspec.Struct, frozen=True):
    """A podcast that is followed."""

    show: Show
    added_at: Moment | None = None


class SavedAudiobook(msgspec.Struct, frozen=True):
    """A saved audiobook."""

    audiobook: Audiobook
    added_at: Moment | None = None
