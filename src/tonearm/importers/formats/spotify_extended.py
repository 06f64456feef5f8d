"""Spotify's extended streaming history, every era."""

import msgspec

from tonearm.catalogue.descriptions import Description, clean_uri
from tonearm.domain.text import clean
from tonearm.domain.vocabulary import Family, Kind
from tonearm.history.sightings import Context
from tonearm.importers.clocks import clock_reader
from tonearm.importers.format import Format, Number, Text
from tonearm.importers.wording import describe

_UNKNOWN_COUNTRY = "ZZ"


class Element(msgspec.Struct, gc=False):
    """The keys of a row that are read; addresses, agents and user names are not among them."""

    ts: Text = None
    ms_played: Number = None
    offline_timestamp: Number = None
    spotify_track_uri: Text = None
    master_metadata_track_name: Text = None
    master_metadata_album_artist_name: Text = None
    master_metadata_album_album_name: Text = None
    spotify_episode_uri: Text = None
    episode_name: Text = None
    episode_show_name: Text = None
    audiobook_uri: Text = None
    audiobook_title: Text = None
    audiobook_chapter_uri: Text = None
    audiobook_chapter_title: Text = None
    platform: Text = None
    conn_country: Text = None
    reason_start: Text = None
    reason_end: Text = None
    shuffle: bool | None = None
    skipped: bool | None = None
    offline: bool | None = None
    incognito_mode: bool | None = None


def _describe(*values: str | None) -> Description | None:
    (
        track_uri, title, artist, album,
        episode_uri, episode, show,
        book_uri, book, chapter_uri, chapter,
    ) = map(clean, values)  # fmt: skip
    if book_uri or book or chapter_uri or chapter:
        uri = clean_uri(chapter_uri) or clean_uri(book_uri)
        return describe(Kind.AUDIOBOOK, uri, chapter, book, book)
    if episode_uri or episode or show:
        return describe(Kind.PODCAST, clean_uri(episode_uri), episode, show, show)
    return describe(Kind.MUSIC, clean_uri(track_uri), title, artist, album)


def _circumstances(
    platform: str | None,
    country: str | None,
    reason_start: str | None,
    reason_end: str | None,
    shuffle: bool | None,  # noqa: FBT001 - a column's value
    skipped: bool | None,  # noqa: FBT001 - a column's value
    offline: bool | None,  # noqa: FBT001 - a column's value
    private: bool | None,  # noqa: FBT001 - a column's value
) -> Context:
    country = clean(country)
    return Context(
        clean(platform),
        None if country == _UNKNOWN_COUNTRY else country,
        clean(reason_start),
        clean(reason_end),
        shuffle,
        skipped,
        offline,
        private,
    )


FORMAT = Format(
    name="extended",
    family=Family.EXTENDED,
    tell="ts",
    element=Element,
    clock="ts",
    read_clocks=clock_reader("YYYY-MM-DDThh:mm:ssZ"),
    ms_played="ms_played",
    stamp="offline_timestamp",
    description_fields=(
        "spotify_track_uri",
        "master_metadata_track_name",
        "master_metadata_album_artist_name",
        "master_metadata_album_album_name",
        "spotify_episode_uri",
        "episode_name",
        "episode_show_name",
        "audiobook_uri",
        "audiobook_title",
        "audiobook_chapter_uri",
        "audiobook_chapter_title",
    ),
    describe=_describe,
    context_fields=(
        "platform",
        "conn_country",
        "reason_start",
        "reason_end",
        "shuffle",
        "skipped",
        "offline",
        "incognito_mode",
    ),
    circumstances=_circumstances,
)
