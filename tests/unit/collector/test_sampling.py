"""What a look at the player comes to, by what Spotify says and when."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tonearm.collector.sampling import Before, Found, Look, look, sample_of
from tonearm.domain.platforms import platform_family
from tonearm.domain.vocabulary import Kind
from tonearm.history.answers import Sample
from tonearm.spotify.player import PlayerState, read_state

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
A, B = (f"spotify:track:{letter * 22}" for letter in "ab")
ITEM: dict[str, Any] = {
    "uri": A,
    "type": "track",
    "name": "Blue Orchard",
    "duration_ms": 200_000,
    "artists": [{"name": "Guest"}],
    "album": {"name": "Signals", "artists": [{"name": "Glass Harbour"}]},
}
DESK = {"name": "Desk", "type": "Computer", "is_private_session": False}


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def state(left: float, **changed: object) -> PlayerState:
    """Give a player that has so many seconds to go."""
    told = {
        "is_playing": True,
        "currently_playing_type": "track",
        "item": ITEM,
        "progress_ms": 200_000 - round(left * 1000),
        "device": DESK,
        "shuffle_state": True,
    }
    return read_state(json.dumps(told | changed).encode())


def sample(left: float, at: datetime = NOW, **changed: object) -> Sample:
    found = sample_of(state(left, **changed), at)
    assert found is not None
    return found


def seen(told: PlayerState | None, held: Sample | None = None) -> Look:
    return look(told, NOW, held, None)


@pytest.mark.parametrize(
    ("told", "found", "again"),
    [
        (None, Found.NOTHING, None),
        (state(100, is_playing=False), Found.PAUSED, None),
        (state(5, is_playing=False), Found.PAUSED, None),
        (state(100, item=None, currently_playing_type="ad"), Found.ADVERT, 30),
        # A chapter of which nothing is told must not be asked for all day.
        (state(100, item=None, currently_playing_type="unknown"), Found.UNKNOWN, None),
        (state(100, progress_ms=None), Found.UNKNOWN, None),
        (state(100, item=ITEM | {"duration_ms": 0}), Found.UNKNOWN, None),
        (state(-0.001), Found.UNKNOWN, None),
        (state(199.9), Found.UNDER_WAY, 191.9),
        (state(10.001), Found.UNDER_WAY, 2.001),
        (state(10), Found.ENDING, 15),
        (state(0), Found.ENDING, 5),
    ],
)
def test_what_plays_says_when_to_look_again(
    told: PlayerState | None, found: Found, again: float | None
) -> None:
    result = seen(told)

    assert result.found is found
    assert result.again_at == (None if again is None else NOW + seconds(again))
    assert result.held == (told if found is Found.ENDING else None)
    assert result.ended is None


def test_a_player_that_stands_still_is_left_alone() -> None:
    first = look(state(100), NOW, None, None)
    later = NOW + seconds(92)
    before = Before.of({"link_id": 1, **Before(first.at, first.progress_ms).payload})

    assert look(state(100), later, None, before).found is Found.UNKNOWN
    assert look(state(8), later, None, before).found is Found.ENDING
    # Paused for a while in between.
    assert look(state(40), later, None, before).again_at == later + seconds(32)
    # A poll asked for it at the very moment of the look before.
    assert look(state(100), NOW, None, before).found is Found.UNDER_WAY
    assert Before.of({"link_id": 1}) is None


def test_what_was_about_to_end_has_ended_when_something_else_is_there() -> None:
    held = sample(8, NOW - seconds(13))
    after = [None, state(195, item=ITEM | {"uri": B}), state(1, item=None, is_playing=False)]
    after += [state(195), state(200, is_playing=False)]  # the same once more

    for told in after:
        assert seen(told, held).ended == held


def test_what_was_paused_or_sought_back_near_its_end_has_not_ended() -> None:
    held = sample(8, NOW - seconds(13))

    for told in (state(4, is_playing=False), state(4), state(60), state(8)):
        assert seen(told, held).ended is None
    assert seen(state(4), held).held == state(4)
    assert seen(state(4, is_playing=False), held).held is None


def test_a_sample_knows_start_end_and_circumstances() -> None:
    found = sample(8)

    assert (found.begun_at, found.ends_at) == (NOW - seconds(192), NOW + seconds(8))
    assert (found.kind, found.uri, found.title) == (Kind.MUSIC, A, "Blue Orchard")
    assert (found.artist, found.album) == ("Glass Harbour", "Signals")
    assert (found.platform, found.shuffle, found.private) == ("Desk (Computer)", True, False)


def test_podcasts_and_audiobooks_are_named_as_exports_name_them() -> None:
    episode = {"uri": "spotify:episode:1", "type": "episode", "name": "On Snow", "duration_ms": 9}
    show = sample(0, item=episode | {"show": {"name": "Daily"}}, progress_ms=1)
    book = sample(0, item=episode | {"audiobook": {"name": "The Lamp"}}, progress_ms=1)
    bare = sample(0, item=episode | {"uri": "spotify:chapter:1"}, progress_ms=1)

    assert (show.kind, show.title, show.artist, show.album) == (
        Kind.PODCAST, "On Snow", "Daily", "Daily",
    )  # fmt: skip
    assert (book.kind, book.artist, book.album) == (Kind.AUDIOBOOK, "The Lamp", "The Lamp")
    assert (bare.kind, bare.title, bare.artist) == (Kind.AUDIOBOOK, "On Snow", None)


@pytest.mark.parametrize(
    ("device", "platform", "family"),
    [
        (None, None, None),
        ({}, None, None),
        ({"name": "Desk"}, "Desk", "other"),
        ({"type": "TV"}, "TV", "tv"),
        ({"name": "Ada's iPhone", "type": "Smartphone"}, "Ada's iPhone (Smartphone)", "ios"),
        ({"name": "Den", "type": "GameConsole"}, "Den (GameConsole)", "console"),
        ({"name": "Den", "type": "CastAudio"}, "Den (CastAudio)", "cast"),
        ({"name": "Den", "type": "Speaker"}, "Den (Speaker)", "speaker"),
        ({"name": "Red", "type": "Automobile"}, "Red (Automobile)", "car"),
    ],
)
def test_a_device_is_a_platform_of_its_family(
    device: dict[str, str] | None, platform: str | None, family: str | None
) -> None:
    found = sample(8, device=device)

    assert found.platform == platform
    assert platform_family(found.platform) == family
    assert found.private is None
