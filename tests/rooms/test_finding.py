"""Finding artists, albums and tracks by words, against a look at every name."""

import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moving_clock import MovingClock
from polling import TEN, A, House
from tonearm.domain.preferences import Preferences
from tonearm.storage.database import Database

WORDS = ("Blue", "blues", "ORCHARD", "Öl", "Ol", "été", "ete", "静か", "a", "Straße")
NAMES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)
HERE = Preferences(zone="UTC")


@pytest.fixture
def house(database: Database, tmp_path: Path, clock: MovingClock) -> House:
    return House(database, tmp_path, clock)


def plain(text: str) -> str:
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return " ".join("".join(one for one in parts if not unicodedata.combining(one)).split())


@given(
    heard=st.lists(st.tuples(NAMES, NAMES, NAMES), min_size=1, max_size=8),
    asked=st.lists(st.sampled_from(WORDS), max_size=2).map(" ".join),
)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_all_names_that_hold_the_words_are_found(
    house: House, heard: list[tuple[str, str, str]], asked: str
) -> None:
    rows = [
        {
            "ts": (TEN.replace(minute=place)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "ms_played": 60_000,
            "spotify_track_uri": f"{A[:-2]}{place:02}",
            "master_metadata_track_name": title,
            "master_metadata_album_artist_name": artist,
            "master_metadata_album_album_name": album,
            "reason_end": "trackdone",
        }
        for place, (title, artist, album) in enumerate(heard)
    ]
    number = house.bring_in(*rows)
    words = plain(asked).split()

    def fits(name: str) -> bool:
        return bool(words) and all(word in plain(name) for word in words)

    found = house.insights.find(1, asked, 50, HERE)

    assert sorted(item.plays for item in found.tracks) == [1] * sum(
        fits(one) for one, _, _ in heard
    )
    artists = Counter(plain(artist) for _, artist, _ in heard if fits(artist))
    told: Counter[str] = Counter()
    for item in found.artists:
        told[plain(item.name)] += item.plays
    assert told == artists
    albums = Counter(plain(album) for _, _, album in heard if fits(album))
    told = Counter()
    for item in found.albums:
        told[plain(item.name)] += item.plays
    assert told == albums
    for items in (found.artists, found.albums, found.tracks):
        places = [(not plain(item.name).startswith(" ".join(words)), -item.plays) for item in items]
        assert places == sorted(places)
        assert len({item.id for item in items}) == len(items)
    assert len(house.insights.find(1, asked, 1, HERE).tracks) <= 1
    house.imports.undo(1, number)
