"""How calls are made: repeats, lock-outs, tokens and refusals, against a simulated Spotify over HTTP."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from spotify_room import Link, Place, open_place
from tonearm.bootstrap import build
from tonearm.ops.settings import Settings
from tonearm.simulator.faults import Fault
from tonearm.spotify.client import Reach, Spotify
from tonearm.spotify.errors import (
    Cause,
    SpotifyBlockedError,
    SpotifyNotFoundError,
    SpotifyRefusedError,
    SpotifyUnavailableError,
)
from tonearm.spotify.operation import Scope
from tonearm.spotify.pacing import Allowance, BlockReason, Pacer, Purpose
from tonearm.storage.database import Database

PLAYER = "/me/player"


@pytest.fixture
def place(sqlite_database: Database) -> Iterator[Place]:
    with open_place(sqlite_database, patience=2.0) as opened:
        yield opened


def fault(place: Place, kind: str, times: int = 1, path: str = "", **rest: object) -> None:
    with place.simulator.lock:
        place.simulator.faults.add(Fault(kind, path, times=times, **rest))  # type: ignore[arg-type]  # given by name


@pytest.mark.parametrize(
    ("kind", "times"), [("status", 2), ("timeout", 1), ("cut", 2), ("malformed", 2), ("slow", 1)]
)
def test_faults_that_pass_are_outlived(place: Place, kind: str, times: int) -> None:
    fault(place, kind, times)

    assert len(place.session().recent.list_plays().plays) == 50
    assert place.slept == []


@pytest.mark.parametrize(
    ("kind", "attempts", "sentence"),
    [
        ("status", 3, "trouble of its own"),
        ("timeout", 2, "in time"),
        ("cut", 3, "broke off"),
        ("malformed", 3, "garbled"),
    ],
)
def test_faults_that_stay_end_in_a_sentence_within_seconds(
    place: Place, kind: str, attempts: int, sentence: str
) -> None:
    fault(place, kind, 9)

    with pytest.raises(SpotifyUnavailableError, match=sentence):
        place.session().me.get()
    assert place.simulator.faults.listed[0].met == attempts


@pytest.mark.parametrize("kind", ["status", "timeout"])
def test_what_must_not_be_done_twice_is_not_repeated(place: Place, kind: str) -> None:
    fault(place, kind, 2, carried_out=True)

    with pytest.raises(SpotifyUnavailableError, match="Whether it was done is not known"):
        place.session().player.next()
    assert place.simulator.faults.listed[0].met == 1


def test_a_command_is_done_although_its_answer_is_no_document(place: Place) -> None:
    fault(place, "malformed")

    place.session().player.pause()
    assert place.simulator.faults.listed == []


def test_a_call_that_never_left_is_repeated_whatever_it_does(sqlite_database: Database) -> None:
    """Nobody listens at first: the connection is refused, so that nothing can have been done."""
    with open_place(sqlite_database) as place, socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        pacer = Pacer(sqlite_database, place.simulator.clock, Allowance())
        spotify = Spotify(pacer, Reach(f"http://127.0.0.1:{port}/v1"), "1")
        session = spotify.for_link(Link(place.simulator))

        with pytest.raises(SpotifyUnavailableError, match="cannot be reached"):
            session.player.next()
        assert pacer.get_status("simulator-client").calls_today == 3
        spotify.close()


def test_a_short_wait_is_slept_and_the_call_made_again(place: Place) -> None:
    place.simulator.limits.rate = 1
    session = place.session()
    session.me.get()
    place.simulator.clock.advance(seconds=28)

    session.me.get()

    assert place.slept == [2.0]
    assert (place.answered(200), place.answered(429)) == (2, 1)


def test_a_long_wait_is_remembered_and_nothing_is_asked_until_it_is_over(
    database: Database,
) -> None:
    with open_place(database) as place:
        clock, limits = place.simulator.clock, place.simulator.limits
        limits.rate = 1
        session = place.session()
        session.me.get()
        with pytest.raises(SpotifyBlockedError) as caught:
            session.me.get()

        assert caught.value.not_before == clock() + timedelta(seconds=30)
        status = place.spotify.get_status("simulator-client")
        assert (status.blocked_until, status.reason) == (caught.value.not_before, BlockReason.RATE)

        asked = place.answered()
        restarted = Spotify(Pacer(database, clock, Allowance()), Reach(f"{place.origin}/v1"), "1")
        again = restarted.for_link(Link(place.simulator), Purpose.POLL)
        with pytest.raises(SpotifyBlockedError, match="asked too often"):
            again.recent.list_plays()
        assert place.answered() == asked
        assert place.slept == []

        clock.advance(seconds=31)
        limits.rate = 10**9
        assert again.recent.list_plays().plays
        assert restarted.get_status("simulator-client").blocked_until is None
        restarted.close()


def test_a_used_up_quota_is_told_from_haste(place: Place) -> None:
    place.simulator.limits.block("simulator-client", place.simulator.clock.now_ms() + 7_200_000)

    with pytest.raises(SpotifyBlockedError, match="quota") as caught:
        place.session().me.get()
    assert caught.value.not_before == place.simulator.clock() + timedelta(hours=2)
    assert place.spotify.get_status("simulator-client").reason is BlockReason.QUOTA


def test_a_wait_is_measured_by_our_own_clock(place: Place) -> None:
    place.simulator.clock.skew = timedelta(hours=-3)
    place.simulator.limits.rate = 0

    with pytest.raises(SpotifyBlockedError) as caught:
        place.session().me.get()
    assert caught.value.not_before == place.simulator.clock() + timedelta(seconds=30)


def test_an_old_token_is_renewed_once_and_the_call_made_again(place: Place) -> None:
    link = Link(place.simulator)
    place.simulator.clock.advance(hours=2)
    old = link.token

    assert place.spotify.for_link(link).me.get().key
    assert link.refused == [old]
    assert place.answered(401) == 1


def test_a_token_that_is_refused_when_new_is_an_error(place: Place) -> None:
    class Stubborn(Link):
        def renewed(self, refused: str) -> str:
            self.refused.append(refused)
            return refused

    link = Stubborn(place.simulator, token="made-up")
    with pytest.raises(SpotifyRefusedError, match="Link Spotify again"):
        place.spotify.for_link(link).me.get()
    assert len(link.refused) == 1
    assert place.answered(401) == 2


def test_a_listener_who_is_not_on_the_list_is_told_so(place: Place) -> None:
    place.simulator.app.users.clear()

    assert refusal(place).cause is Cause.USER_LIST


def test_premium_that_is_missing_is_told(place: Place) -> None:
    place.simulator.users["listener1"].premium = False
    with pytest.raises(SpotifyRefusedError, match="Premium") as caught:
        place.session().player.pause()
    assert caught.value.cause is Cause.PREMIUM

    place.simulator.app.owner_premium = False
    assert refusal(place).cause is Cause.PREMIUM


def test_a_missing_scope_is_told_before_anything_is_asked(place: Place) -> None:
    session = place.session(scopes=["user-read-currently-playing"])

    with pytest.raises(SpotifyRefusedError, match="user-read-recently-played") as caught:
        session.recent.list_plays()
    assert caught.value.cause is Cause.SCOPE
    assert place.answered() == 0


def test_a_scope_that_only_spotify_misses_is_told_as_well(place: Place) -> None:
    link = Link(place.simulator, scopes=frozenset())
    link.scopes = frozenset({Scope.READ_RECENT})

    with pytest.raises(SpotifyRefusedError, match="user-read-recently-played") as caught:
        place.spotify.for_link(link).recent.list_plays()
    assert caught.value.cause is Cause.SCOPE
    assert place.answered(403) == 1


def test_an_idle_player_is_no_fault_but_takes_no_commands(place: Place) -> None:
    script, clock = place.simulator.users["listener1"].script, place.simulator.clock
    while script.at(clock.now_ms()) is not None:
        clock.advance(minutes=1)
    player = place.session().player

    assert player.current() is None
    assert player.state() is None
    assert player.queue().currently_playing is None
    with pytest.raises(SpotifyNotFoundError, match="Start Spotify on one"):
        player.pause()


def test_threads_share_a_session(place: Place) -> None:
    session = place.session()

    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: session.me.get().key, range(24)))

    assert len(keys) == 1
    assert place.answered(200) == 24
    assert place.spotify.get_status("simulator-client").calls_today == 24


def test_a_client_that_was_closed_opens_again(place: Place) -> None:
    assert place.session().me.get().key
    place.spotify.close()
    place.spotify.close()

    assert place.session().me.get().key


def test_settings_reach_the_client(place: Place, tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path / "data",
        spotify_api_url=f"{place.origin}/v1",
        spotify_daily_calls=2,
        spotify_reserve=1,
    )
    built = build(settings)
    session = built.spotify.for_link(Link(place.simulator))

    assert session.me.get().key
    with pytest.raises(SpotifyBlockedError, match="kept for recent plays"):
        session.me.get()
    status = built.spotify.get_status("simulator-client")
    assert (status.calls_today, status.budget, status.reserve) == (1, 2, 1)
    assert built.spotify.list_statuses() == (status,)
    built.close()


def refusal(place: Place) -> SpotifyRefusedError:
    with pytest.raises(SpotifyRefusedError) as caught:
        place.session().me.get()
    return caught.value
