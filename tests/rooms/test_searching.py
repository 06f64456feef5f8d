"""Artists, albums and tracks are found by what they are called."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from listening import bring_in
from moving_clock import MovingClock
from tonearm.bootstrap import Tonearm, build
from tonearm.domain.preferences import Preferences
from tonearm.ops.settings import Settings

NAMES = [
    ("Jóga", "Björk", "Homogenic"),
    ("Hunter", "Björk", "Homogenic"),
    ("Hunter", "Dido", "No Angel"),
    ("Shake It Off", "Taylor Swift", "1989"),
    ("Björk", "Somebody", "A song for her"),
]


def rows() -> list[dict[str, object]]:
    """Give the first track five plays, the second four, and so on."""
    return [
        {
            "ts": f"2024-03-{1 + 5 * number + play:02}T12:00:00Z",
            "ms_played": 200_000,
            "spotify_track_uri": f"spotify:track:{number:022}",
            "master_metadata_track_name": title,
            "master_metadata_album_artist_name": artist,
            "master_metadata_album_album_name": album,
            "reason_end": "trackdone",
            "incognito_mode": artist == "Dido",
        }
        for number, (title, artist, album) in enumerate(NAMES)
        for play in range(5 - number)
    ]


@pytest.fixture
def tonearm(tmp_path: Path, database_url: str) -> Iterator[Tonearm]:
    settings = Settings(data_dir=tmp_path, database_url=database_url)
    built = build(settings, MovingClock())
    yield built
    built.close()


@pytest.fixture
def user(tonearm: Tonearm) -> int:
    user = tonearm.accounts.add("searching", "Europe/Berlin").id
    bring_in(tonearm.imports, [json.dumps(rows()).encode()], user_id=user)
    return user


def found(
    tonearm: Tonearm, user: int, text: str, limit: int = 10, *, counts_private: bool = True
) -> list[tuple[str, str, str | None, int]]:
    preferences = Preferences("Europe/Berlin", counts_private=counts_private)
    items = tonearm.insights.find(user, text, limit, preferences).items
    return [(one.item, one.name, one.artist, one.plays) for one in items]


def test_items_are_found_by_their_own_names_without_accents_those_with_most_plays_first(
    tonearm: Tonearm, user: int
) -> None:
    assert found(tonearm, user, "BJORK") == [
        ("artist", "Björk", None, 9),
        ("track", "Björk", "Somebody", 1),
    ]
    assert found(tonearm, user, "hunter") == [
        ("track", "Hunter", "Björk", 4),
        ("track", "Hunter", "Dido", 3),
    ]
    assert found(tonearm, user, "hunter", 1) == [("track", "Hunter", "Björk", 4)]
    assert found(tonearm, user, "1989") == [("album", "1989", "Taylor Swift", 2)]


def test_a_word_may_be_in_the_name_of_the_artist_as_long_as_one_is_in_the_own(
    tonearm: Tonearm, user: int
) -> None:
    assert found(tonearm, user, "dido hunter") == [("track", "Hunter", "Dido", 3)]
    assert found(tonearm, user, "homo björk") == [("album", "Homogenic", "Björk", 9)]
    assert found(tonearm, user, "homogenic hunter") == []
    assert found(tonearm, user, "  ") == []


def test_what_a_listener_does_not_count_is_not_found(tonearm: Tonearm, user: int) -> None:
    assert found(tonearm, user, "dido", counts_private=False) == []
    stranger = tonearm.accounts.add("stranger", "UTC").id
    assert found(tonearm, stranger, "hunter") == []
