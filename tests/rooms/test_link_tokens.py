"""The tokens of a link: renewed by one at a time, kept whatever happens after, and never lost."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, update

from link_room import SESSION, LinkRoom, agree, link_room, vault_of
from moving_clock import MovingClock
from tonearm.accounts.link_apps import LinkApps
from tonearm.accounts.link_records import LinkState
from tonearm.accounts.link_tokens import LEASE, LinkTokens
from tonearm.accounts.links import Links
from tonearm.domain.errors import NotFoundError, UnavailableError
from tonearm.domain.events import EventName
from tonearm.notifications.notifications import Notifications
from tonearm.simulator.faults import Fault
from tonearm.simulator.simulator import CLIENT_ID
from tonearm.spotify.errors import (
    Cause,
    RelinkNeededError,
    SpotifyRefusedError,
    SpotifyUnavailableError,
)
from tonearm.spotify.login import App, Login
from tonearm.spotify.tokens import TokenSource
from tonearm.spotify.wording import refusal
from tonearm.storage.database import Database
from tonearm.storage.link_tables import links

THREADS = 8
PROCESS = Path(__file__).parents[1] / "link_process.py"


@pytest.fixture
def room(database: Database, clock: MovingClock, tmp_path: Path) -> Iterator[LinkRoom]:
    with link_room(database, clock, tmp_path) as room:
        room.link()
        yield room


def lend(room: LinkRoom) -> TokenSource:
    return room.links.lend(room.ada.id, 1)


def works(room: LinkRoom, token: str) -> bool:
    headers = {"authorization": f"Bearer {token}"}
    return httpx2.get(f"{room.origin}/v1/me", headers=headers).status_code == 200


def add_fault(room: LinkRoom, kind: Any, **more: Any) -> None:  # noqa: ANN401 - fields of a fault
    with room.simulator.lock:
        room.simulator.faults.add(Fault(kind, "/api/token", **more))


def row_of(room: LinkRoom) -> Any:  # noqa: ANN401 - a row
    with room.database.read() as connection:
        return connection.execute(select(links)).one()


def told(room: LinkRoom) -> list[tuple[EventName, str]]:
    inbox = Notifications(room.database, room.clock)
    inbox.deliver_all()
    return [(one.event, one.text) for one in inbox.list(room.ada.id)]


def test_a_token_is_lent_until_it_is_nearly_over(room: LinkRoom) -> None:
    asked = room.refreshes()
    source = lend(room)
    first = source.access_token()
    room.clock.advance(minutes=57)
    assert source.access_token() == first
    assert room.refreshes() == asked

    room.clock.advance(minutes=2)  # it lasts a minute more
    second = source.access_token()

    assert second != first
    assert works(room, second)
    assert room.refreshes() == asked + 1
    assert source.client_id == CLIENT_ID
    assert source.scopes == frozenset({"user-read-recently-played"})
    assert room.links.get(room.ada.id).expires_at == room.clock() + timedelta(hours=1)


@pytest.mark.parametrize("rotate", [False, True])
def test_the_refresh_token_goes_on_unless_another_comes(room: LinkRoom, rotate: bool) -> None:  # noqa: FBT001 - a case
    with room.simulator.lock:
        room.simulator.accounts.rotate = rotate
    for _ in range(3):
        room.clock.advance(hours=2)
        assert works(room, lend(room).access_token())


def test_a_token_that_was_refused_is_replaced_once(room: LinkRoom) -> None:
    asked, source = room.refreshes(), lend(room)
    refused = source.access_token()

    other = source.renewed(refused)

    assert other != refused
    # Who comes late with the same complaint gets what is there.
    assert lend(room).renewed(refused) == other
    assert room.refreshes() == asked + 1


def test_threads_renew_a_token_once(room: LinkRoom) -> None:
    room.clock.advance(hours=2)
    asked, barrier = room.refreshes(), threading.Barrier(THREADS)
    found: list[str] = []

    def ask() -> None:
        # Each with rooms and connections of its own, as in another process.
        url = room.database.engine.url.render_as_string(hide_password=False)
        database = Database(url)
        vault = vault_of(database, room.clock, room.vault._file.path)  # noqa: SLF001 - the same keys
        apps = LinkApps(database, room.clock, vault, App(CLIENT_ID))
        login = Login(room.origin, f"{room.origin}/v1", room.clock)
        source = LinkTokens(database, room.clock, vault, apps, login).lend(room.ada.id, 1)
        barrier.wait()
        found.append(source.access_token())
        database.close()

    threads = [threading.Thread(target=ask) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == THREADS
    assert len(set(found)) == 1
    assert room.refreshes() == asked + 1


def test_processes_renew_a_token_once(room: LinkRoom, database_url: str, tmp_path: Path) -> None:
    room.clock.advance(hours=2)
    asked = room.refreshes()
    # Spotify takes its time, so that the second process meets the first one's lease.
    add_fault(room, "slow", seconds=1.0)
    keys, now = str(tmp_path / "vault-keys.json"), room.clock().isoformat()
    command = [sys.executable, str(PROCESS), database_url, keys, room.origin, str(room.ada.id)]
    processes = [
        subprocess.Popen(  # noqa: S603 - our own code
            [*command, "1", now], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    found = [process.communicate(timeout=60)[0].strip() for process in processes]

    assert [process.returncode for process in processes] == [0, 0]
    assert found[0] == found[1] != ""
    assert room.refreshes() == asked + 1


def test_no_lock_is_held_while_spotify_is_waited_for(room: LinkRoom) -> None:
    room.clock.advance(hours=2)
    add_fault(room, "slow", seconds=2.0)
    thread = threading.Thread(target=lend(room).access_token)
    thread.start()
    deadline = time.monotonic() + 60
    while row_of(room).renewer is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)

    began = time.monotonic()
    room.add("Bob")
    room.links.note(room.ada.id, 1, refusal(Cause.SCOPE))
    took = time.monotonic() - began

    assert thread.is_alive()
    assert took < 1
    thread.join()


def test_what_a_renewal_brings_is_kept_whatever_comes_after(room: LinkRoom) -> None:
    """With rotating refresh tokens the one before is worth nothing any more."""
    with room.simulator.lock:
        room.simulator.accounts.rotate = True
    room.clock.advance(hours=2)

    def work() -> None:
        lend(room).access_token()
        raise RuntimeError("the work after it")

    with pytest.raises(RuntimeError):
        work()

    room.clock.advance(hours=2)
    assert works(room, lend(room).access_token())


@pytest.mark.parametrize("kind", ["status", "cut", "malformed"])
def test_a_spotify_that_fails_ends_nothing(room: LinkRoom, kind: str) -> None:
    room.clock.advance(hours=2)
    add_fault(room, kind)

    with pytest.raises(SpotifyUnavailableError):
        lend(room).access_token()

    row = row_of(room)
    assert (row.state, row.renewer, row.renewing_until) == ("linked", None, None)
    assert works(room, lend(room).access_token())


def test_who_dies_while_renewing_is_followed_when_the_lease_has_ended(room: LinkRoom) -> None:
    room.clock.advance(hours=2)
    with room.database.write() as connection:
        until = room.clock() + LEASE
        connection.execute(update(links).values(renewer="killed", renewing_until=until))
    room.clock.advance(seconds=LEASE.total_seconds())

    assert works(room, lend(room).access_token())


def test_who_was_too_slow_writes_nothing_over_what_another_has_brought(room: LinkRoom) -> None:
    """A process that was stopped in the middle, and goes on after its lease has ended."""
    room.clock.advance(hours=2)
    add_fault(room, "slow", seconds=2.0)
    found: list[str] = []
    slow = threading.Thread(target=lambda: found.append(lend(room).access_token()))
    slow.start()
    deadline = time.monotonic() + 60
    while row_of(room).renewer is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    with room.database.write() as connection:
        connection.execute(update(links).values(renewing_until=room.clock()))

    quick = lend(room).access_token()
    slow.join()

    assert found == [quick]
    assert lend(room).access_token() == quick


def test_when_the_six_months_end_the_link_stays_and_its_listener_is_told_once(
    room: LinkRoom,
) -> None:
    for _ in range(183):
        room.clock.advance(days=1)
    assert works(room, lend(room).access_token())
    room.clock.advance(days=2)

    for _ in range(2):
        with pytest.raises(RelinkNeededError, match="six months"):
            lend(room).access_token()

    link = room.links.get(room.ada.id)
    assert (link.state, link.cause, link.days_left) == (
        LinkState.RELINK_NEEDED,
        "relink_needed",
        0,
    )
    assert row_of(room).refresh_token is not None
    name = room.simulator.users["listener1"].display_name
    ((event, text),) = told(room)
    assert event is EventName.LINK_RELINK_NEEDED
    assert text.startswith(f"Spotify ({name}) has to be linked again. Spotify has ended the link")
    # Linking again goes on with the same one.
    assert room.link().id == 1
    assert works(room, lend(room).access_token())
    assert room.links.get(room.ada.id).problem is None


def test_an_app_that_is_removed_at_spotify_ends_the_link(room: LinkRoom) -> None:
    room.simulator.accounts.revoke(room.simulator.users["listener1"])
    source = lend(room)

    with pytest.raises(RelinkNeededError):
        source.renewed(source.access_token())

    assert room.links.get(room.ada.id).state is LinkState.RELINK_NEEDED
    with pytest.raises(RelinkNeededError):
        source.access_token()
    with pytest.raises(RelinkNeededError):
        room.links.refresh(room.ada.id)
    assert len(told(room)) == 1


def test_an_app_that_spotify_does_not_know_is_a_problem_that_can_be_mended(room: LinkRoom) -> None:
    with room.simulator.lock:
        apps = room.simulator.accounts.apps
        app = apps.pop(CLIENT_ID)
    room.clock.advance(hours=2)
    with pytest.raises(SpotifyRefusedError):
        lend(room).access_token()
    link = room.links.get(room.ada.id)
    assert (link.state, link.cause) == (LinkState.LINKED, "app")
    assert link.problem
    assert "does not take the app" in link.problem

    apps[CLIENT_ID] = app
    assert works(room, lend(room).access_token())
    assert room.links.get(room.ada.id).problem is None


def test_what_others_found_in_the_way_is_for_them_to_take_back(room: LinkRoom) -> None:
    room.links.note(room.ada.id, 1, refusal(Cause.PREMIUM))
    room.links.refresh(room.ada.id)
    link = room.links.get(room.ada.id)
    assert link.cause == "premium"
    assert link.problem
    assert "Premium" in link.problem

    room.links.note(room.ada.id, 1, None)
    assert room.links.get(room.ada.id).problem is None


def test_a_link_that_is_ended_while_it_is_renewed_stays_so(room: LinkRoom) -> None:
    room.clock.advance(hours=2)
    add_fault(room, "slow", seconds=1.0)
    caught: list[BaseException] = []

    def ask() -> None:
        try:
            lend(room).access_token()
        except NotFoundError as error:
            caught.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    deadline = time.monotonic() + 60
    while row_of(room).renewer is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    room.links.unlink(room.ada.id)
    thread.join()

    assert [str(error)[:7] for error in caught] == ["There i"]
    row = row_of(room)
    assert (row.state, row.access_token, row.refresh_token) == ("unlinked", None, None)


def test_a_lost_key_asks_for_a_new_link_and_a_key_that_is_back_goes_on(
    room: LinkRoom, tmp_path: Path
) -> None:
    path = tmp_path / "vault-keys.json"
    kept = path.read_bytes()
    path.unlink()

    with pytest.raises(RelinkNeededError, match="key by which Tonearm kept"):
        lend(room).access_token()

    link = room.links.get(room.ada.id)
    assert (link.state, link.cause) == (LinkState.RELINK_NEEDED, "relink_needed")
    assert [event for event, _ in told(room)] == [EventName.LINK_RELINK_NEEDED]
    path.write_bytes(kept)
    path.chmod(0o600)
    assert room.links.refresh(room.ada.id).state is LinkState.LINKED
    assert works(room, lend(room).access_token())
    path.unlink()
    assert room.link().id == 1  # by a new key
    assert works(room, lend(room).access_token())


def test_keys_that_cannot_be_read_right_now_end_nothing(room: LinkRoom, tmp_path: Path) -> None:
    path = tmp_path / "vault-keys.json"
    path.chmod(0o644)
    again = vault_of(room.database, room.clock, path)
    tokens = LinkTokens(
        room.database,
        room.clock,
        again,
        LinkApps(room.database, room.clock, again, App(CLIENT_ID)),
        Login(room.origin, f"{room.origin}/v1", room.clock),
    )
    with pytest.raises(UnavailableError, match="chmod 600"):
        Links(room.database, room.clock, tokens).lend(room.ada.id, 1).access_token()

    assert room.links.get(room.ada.id).state is LinkState.LINKED


def test_a_lost_secret_of_an_app_is_a_problem_in_words(
    sqlite_database: Database, clock: MovingClock, tmp_path: Path
) -> None:
    with link_room(sqlite_database, clock, tmp_path, app=None) as room:
        room.simulator.add_app("0123456789", users=["listener1"], secret="9876543210")
        room.apps.put(room.ada.id, "0123456789", "9876543210")
        (tmp_path / "vault-keys.json").unlink()

        with pytest.raises(SpotifyRefusedError, match="Enter it once more"):
            room.begin()
        room.apps.put(room.ada.id, "0123456789", "9876543210")
        assert room.linking.finish(room.ada.id, SESSION, agree(room.begin())).id == 1
