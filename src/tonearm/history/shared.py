"""What a share shows, and what a listener may choose about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from tonearm.domain.errors import InvalidInputError
from tonearm.domain.text import clean, is_visible, is_writable
from tonearm.domain.vocabulary import ItemKind, RankBy, Rule
from tonearm.history.corrections.records import ItemKey

USUAL_LIFETIME = timedelta(days=30)
LONGEST_LIFETIME = timedelta(days=366)
LONGEST_TITLE = 100
LONGEST_NAME = 64
_SPOKEN = ("podcast", "audiobook")
_LANES = ("music", *_SPOKEN, "all")

Story = Literal["year", "month"]
"""What of the calendar has a story."""


class SharedView(StrEnum):
    """What is shown: a page, or one panel of a page."""

    OVERVIEW = "overview"
    TOP_ARTISTS = "top-artists"
    TOP_ALBUMS = "top-albums"
    TOP_TRACKS = "top-tracks"
    TOP_SHOWS = "top-shows"
    YEAR = "year"
    PATTERNS = "patterns"
    ARTIST = "artist"
    ALBUM = "album"
    TRACK = "track"
    GROOVE = "groove"
    MONTHS = "months"
    FIVE_ARTISTS = "five-artists"
    FIVE_ALBUMS = "five-albums"
    FIVE_TRACKS = "five-tracks"
    YEAR_PICTURE = "year-picture"
    MONTH = "month"
    MONTH_PICTURE = "month-picture"

    @property
    def meaning(self) -> str:
        """What it is, for people who choose it."""
        return _MEANINGS[self]

    @property
    def item(self) -> ItemKind | None:
        """The kind of the one item that it is about, if it is about one."""
        return _ITEMS.get(self)

    @property
    def story(self) -> Story | None:
        """What of the calendar it tells the story of, if of anything."""
        return _STORIES.get(self)

    @property
    def is_picture(self) -> bool:
        """Whether it is a story as a picture, which can be kept."""
        return self in (SharedView.YEAR_PICTURE, SharedView.MONTH_PICTURE)


_ITEMS: Mapping[SharedView, ItemKind] = {
    SharedView.ARTIST: ItemKind.ARTIST,
    SharedView.ALBUM: ItemKind.ALBUM,
    SharedView.TRACK: ItemKind.TRACK,
}
_STORIES: Mapping[SharedView, Story] = {
    SharedView.YEAR: "year",
    SharedView.YEAR_PICTURE: "year",
    SharedView.MONTH: "month",
    SharedView.MONTH_PICTURE: "month",
}
_MEANINGS: Mapping[SharedView, str] = {
    SharedView.OVERVIEW: "The overview: hours, record, first places, hours of the day and week",
    SharedView.TOP_ARTISTS: "The first fifty artists",
    SharedView.TOP_ALBUMS: "The first fifty albums",
    SharedView.TOP_TRACKS: "The first fifty tracks",
    SharedView.TOP_SHOWS: "The first fifty shows",
    SharedView.YEAR: "The story of a year",
    SharedView.PATTERNS: "Patterns: hours, days in a row, sessions, what is new, repeats, skips",
    SharedView.ARTIST: "One artist or show",
    SharedView.ALBUM: "One album or show",
    SharedView.TRACK: "One track or episode",
    SharedView.GROOVE: "The record alone",
    SharedView.MONTHS: "The months alone",
    SharedView.FIVE_ARTISTS: "The first five artists alone",
    SharedView.FIVE_ALBUMS: "The first five albums alone",
    SharedView.FIVE_TRACKS: "The first five tracks alone",
    SharedView.YEAR_PICTURE: "The picture of a year",
    SharedView.MONTH: "The story of a month",
    SharedView.MONTH_PICTURE: "The picture of a month",
}


@dataclass(frozen=True, slots=True)
class ShareWish:
    """A share to make."""

    view: SharedView
    range: str = "all"
    """A range of days; one with a name, such as `this_month`, moves on with time."""
    kind: str = "music"
    rule: Rule | None = None
    """None for what the listener prefers now."""
    by: RankBy = RankBy.PLAYS
    item: str | None = None
    """Of an artist, album or track its number."""
    title: str = ""
    shown_name: str = ""
    """Whose it is, in the words of the listener; empty for nobody's."""
    has_private: bool = False
    """Whether plays of private sessions are among those that it tells of."""
    lifetime: timedelta | None = USUAL_LIFETIME
    """None for a share that holds until it is revoked."""


@dataclass(frozen=True, slots=True)
class ShareChange:
    """What shall be otherwise; what is None stays."""

    title: str | None = None
    shown_name: str | None = None
    lifetime: timedelta | None = None
    """From now on."""


@dataclass(frozen=True, slots=True)
class Share:
    """A public page of one listener, without the secret that opens it."""

    id: int
    view: SharedView
    range: str
    kind: str
    rule: Rule
    by: RankBy
    item: str | None
    """The name of the artist, album or track that it is about."""
    title: str
    shown_name: str
    """Whose it is, in the words of the listener; empty for nobody's."""
    has_private: bool
    """Whether plays of private sessions are among those that it tells of."""
    created_at: datetime
    ends_at: datetime | None
    """None for a share that holds until it is revoked."""
    views: int = 0
    """How often it was looked at."""
    viewed_at: datetime | None = None
    """When it was looked at last."""


@dataclass(frozen=True, slots=True)
class OpenShare:
    """A share on its way to be shown."""

    share: Share
    item: ItemKey | None = None
    """What it is about, as it is called now."""
    number: int | None = None
    """The number of the item at this moment."""


def checked_lane(view: SharedView, kind: str) -> str:
    """Give the kind of plays that a share tells of; raises InvalidInputError where there is none like it."""
    allowed = {SharedView.TOP_SHOWS: _SPOKEN}.get(view, _LANES)
    if kind not in allowed:
        raise InvalidInputError(f"kind is one of {', '.join(allowed)} here.", parameter="kind")
    return kind


def checked_words(text: str, longest: int, parameter: str) -> str:
    """Give a title or a name as it is kept, empty where nothing of it can be seen; raises InvalidInputError."""
    words = (clean(text) or "") if is_writable(text) else "\0"
    if len(words) > longest or not words.isprintable():
        raise InvalidInputError(
            f"{parameter} may have {longest} printable characters.", parameter=parameter
        )
    return words if is_visible(words) else ""


def checked_end(now: datetime, lifetime: timedelta | None) -> datetime | None:
    """Give when a share ends; raises InvalidInputError."""
    if lifetime is None:
        return None
    if not timedelta(0) < lifetime <= LONGEST_LIFETIME:
        raise InvalidInputError(
            f"A share holds for 1 to {LONGEST_LIFETIME.days} days, or until it is revoked.",
            parameter="days",
        )
    return now + lifetime
