"""The last twelve months of Spotify's account data: music, podcasts and audiobooks."""

import msgspec

from tonearm.catalogue.descriptions import Description
from tonearm.domain.text import clean
from tonearm.domain.vocabulary import Family, Kind
from tonearm.importers.clocks import clock_reader
from tonearm.importers.format import Format, Number, Text
from tonearm.importers.wording import describe

_PLACEHOLDER = ("Unknown Track", "Unknown Artist")


class Element(msgspec.Struct, rename="camel", gc=False):
    """The keys of a row that are read."""

    end_time: Text = None
    ms_played: Number = None
    artist_name: Text = None
    track_name: Text = None
    podcast_name: Text = None
    episode_name: Text = None
    audiobook_name: Text = None
    chapter_name: Text = None


def _describe(*values: str | None) -> Description | None:
    artist, title, podcast, episode, book, chapter = map(clean, values)
    if book or chapter:
        return describe(Kind.AUDIOBOOK, None, chapter, book, book)
    if podcast or episode:
        return describe(Kind.PODCAST, None, episode, podcast, podcast)
    if (title, artist) == _PLACEHOLDER:
        return None
    return describe(Kind.MUSIC, None, title, artist, None)


FORMAT = Format(
    name="account",
    family=Family.ACCOUNT,
    tell="endTime",
    element=Element,
    clock="end_time",
    read_clocks=clock_reader("YYYY-MM-DD hh:mm"),
    ms_played="ms_played",
    stamp=None,
    description_fields=(
        "artist_name",
        "track_name",
        "podcast_name",
        "episode_name",
        "audiobook_name",
        "chapter_name",
    ),
    describe=_describe,
)
