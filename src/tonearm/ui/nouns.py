"""What pages call the items of a ranking: artists, albums and tracks, or what is spoken by its own names."""

from collections.abc import Mapping
from dataclasses import dataclass

from tonearm.insights.question import Item
from tonearm.speech import N_, NN_
from tonearm.ui import formats


@dataclass(frozen=True, slots=True)
class Noun:
    """The names of one kind of item, each for the catalogues."""

    many: str
    """As a heading."""
    one: str
    of_year: str
    of_month: str
    first_five: str
    words: tuple[str, str]
    """Behind a number."""
    new_words: tuple[str, str] = ("", "")
    """Behind the number of those heard for the first time; albums have none, since no page tells it."""
    new: str = ""
    """Those, as a label; of artists and shows alone."""

    def counted(self, value: int, case: str = "") -> str:
        """Spell how many there are; `case` is as in `formats.counted`: none, "all", of artists and shows also "of"."""
        return formats.counted(value, *self.words, case=case)

    def counted_new(self, value: int) -> str:
        """Spell how many of them are new."""
        return formats.counted(value, *self.new_words)


_ARTIST = Noun(
    N_("Artists"), N_("Artist"), N_("Artist of the year"), N_("Artist of the month"),
    N_("First five artists"), NN_("artist", "artists", "of", "all"), NN_("new artist", "new artists"),
    N_("New artists"),
)  # fmt: skip
_ALBUM = Noun(
    N_("Albums"), N_("Album"), N_("Album of the year"), N_("Album of the month"), N_("First five albums"),
    NN_("album", "albums", "all"),
)  # fmt: skip
_TRACK = Noun(
    N_("Tracks"), N_("Track"), N_("Track of the year"), N_("Track of the month"), N_("First five tracks"),
    NN_("track", "tracks", "all"), NN_("new track", "new tracks"),
)  # fmt: skip
_PODCAST = Noun(
    N_("Podcasts"), N_("Podcast"), N_("Podcast of the year"), N_("Podcast of the month"),
    N_("First five podcasts"), NN_("podcast", "podcasts", "of", "all"), NN_("new podcast", "new podcasts"),
    N_("New podcasts"),
)  # fmt: skip
_EPISODE = Noun(
    N_("Episodes"), N_("Episode"), N_("Episode of the year"), N_("Episode of the month"),
    N_("First five episodes"), NN_("episode", "episodes", "all"), NN_("new episode", "new episodes"),
)  # fmt: skip
_AUDIOBOOK = Noun(
    N_("Audiobooks"), N_("Audiobook"), N_("Audiobook of the year"), N_("Audiobook of the month"),
    N_("First five audiobooks"), NN_("audiobook", "audiobooks", "of", "all"),
    NN_("new audiobook", "new audiobooks"), N_("New audiobooks"),
)  # fmt: skip
_CHAPTER = Noun(
    N_("Chapters"), N_("Chapter"), N_("Chapter of the year"), N_("Chapter of the month"),
    N_("First five chapters"), NN_("chapter", "chapters", "all"), NN_("new chapter", "new chapters"),
)  # fmt: skip
_ANY_ARTIST = Noun(
    N_("Artists and shows"), N_("Artist or show"), N_("Artist or show of the year"),
    N_("Artist or show of the month"), N_("First five artists and shows"),
    NN_("artist or show", "artists and shows", "of", "all"),
    NN_("new artist or show", "new artists and shows"), N_("New artists and shows"),
)  # fmt: skip
_ANY_ALBUM = Noun(
    N_("Albums and shows"), N_("Album or show"), N_("Album or show of the year"),
    N_("Album or show of the month"), N_("First five albums and shows"),
    NN_("album or show", "albums and shows", "all"),
)  # fmt: skip
_ANY_TRACK = Noun(
    N_("Tracks and episodes"), N_("Track or episode"), N_("Track or episode of the year"),
    N_("Track or episode of the month"), N_("First five tracks and episodes"),
    NN_("track or episode", "tracks and episodes", "all"),
    NN_("new track or episode", "new tracks and episodes"),
)  # fmt: skip

# A show is its own album: see docs/explanation/plays.md.
_NOUNS: Mapping[str, Mapping[Item, Noun]] = {
    "music": {"artists": _ARTIST, "albums": _ALBUM, "tracks": _TRACK},
    "podcast": {"artists": _PODCAST, "albums": _PODCAST, "tracks": _EPISODE},
    "audiobook": {"artists": _AUDIOBOOK, "albums": _AUDIOBOOK, "tracks": _CHAPTER},
    "all": {"artists": _ANY_ARTIST, "albums": _ANY_ALBUM, "tracks": _ANY_TRACK},
}


def nouns_of(kind: str) -> Mapping[Item, Noun]:
    """Give what items are called among plays of a kind, `all` for plays of every kind."""
    return _NOUNS[kind]


def items_of(kind: str) -> tuple[Item, ...]:
    """Give what pages rank among plays of a kind; albums of what is spoken would be the shows once more."""
    nouns = nouns_of(kind)
    if nouns["albums"] is nouns["artists"]:
        return "artists", "tracks"
    return "artists", "albums", "tracks"
