"""Events become notifications once each, whoever looks, whatever dies; and the inbox shows them page by page."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from structlog.testing import capture_logs

from import_house import wait_until
from listening import add_user, bring_in, imports_for
from moving_clock import MovingClock
from tonearm.accounts.invitations import Invitations, Newcomer, Registration
from tonearm.accounts.keys import Keys
from tonearm.accounts.passwords import Passwords
from tonearm.accounts.people import Accounts
from tonearm.accounts.throttle import Throttle
from tonearm.domain.errors import ConflictError, NotFoundError
from tonearm.domain.events import EventName, HistoryCleared, ImportUndone
from tonearm.domain.preferences import Preferences, Presentation
from tonearm.domain.vocabulary import ImportState, Scope
from tonearm.importers.clearing import Clearing
from tonearm.importers.imports import imports_of
from tonearm.importers.limits import Limits
from tonearm.jobs.queue import DEFAULT_FAILURES
from tonearm.notifications.dispatcher import Dispatcher
from tonearm.notifications.notifications import Notifications
from tonearm.storage.database import Database
from tonearm.storage.outbox import emit
from tonearm.storage.tables import events, notifications
from tonearm.storage.windows import Windows

PASSWORD = "correct horse battery"
PLAY = (
    b'[{"ts": "2024-03-31T01:00:00Z", "ms_played": 60000, "spotify_track_uri": "spotify:track:a",'
    b' "master_metadata_track_name": "A"}, {"ts": 5}]'
)
# Delivers until it is killed, in the middle of a transaction where it is told to stay there.
DELIVERING = """
import sys
from tonearm.notifications.notifications import Notifications, deliver
from tonearm.ops.clock import system_clock
from tonearm.storage.database import Database

database = Database(sys.argv[1])
print("ready", flush=True)
if sys.argv[2] == "stay":
    with database.write() as connection:
        deliver(connection, 1)
        print("delivered", flush=True)
        sys.stdin.read()
while True:
    Notifications(database, system_clock).deliver_all()
"""


@pytest.fixture
def inbox(database: Database, clock: MovingClock) -> Notifications:
    add_user(database, clock, 1)
    return Notifications(database, clock)


def happen(database: Database, clock: MovingClock, *numbers: int, user_id: int = 1) -> None:
    for number in numbers:
        with database.write() as connection:
            emit(connection, user_id, ImportUndone(number, f"{number}.json", 1), clock())


def count_waiting(database: Database) -> int:
    with database.read() as connection:
        return connection.scalar(select(func.count()).select_from(events)) or 0


def told(inbox: Notifications, user_id: int = 1) -> list[str]:
    """Give the links of a person's notifications, the oldest first."""
    return [one.link for one in reversed(inbox.list(user_id, limit=10_000))]


def links(*numbers: int) -> list[str]:
    return [f"/imports/{number}" for number in numbers]


def test_an_event_becomes_one_notification(
    database: Database, inbox: Notifications, clock: MovingClock
) -> None:
    happen(database, clock, 7)
    assert inbox.list(1) == []
    clock.advance(minutes=5)

    assert inbox.deliver_all() == 1
    assert inbox.deliver_all() == 0

    (one,) = inbox.list(1)
    assert (one.event, one.text, one.link, one.read_at) == (
        EventName.IMPORT_UNDONE,
        "The import of 7.json was undone.",
        "/imports/7",
        None,
    )
    assert one.created_at == clock() - timedelta(minutes=5)
    assert count_waiting(database) == 0


def test_an_event_goes_with_the_change_that_it_tells_of(
    database: Database, inbox: Notifications, clock: MovingClock
) -> None:
    def come_to_nothing() -> None:
        with database.write() as connection:
            emit(connection, 1, HistoryCleared(1), clock())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        come_to_nothing()

    assert inbox.deliver_all() == 0


def test_what_happens_to_nobody_is_not_written_down(
    database: Database, inbox: Notifications, clock: MovingClock
) -> None:
    happen(database, clock, 1, user_id=99)

    assert (count_waiting(database), inbox.deliver_all()) == (0, 0)


def test_imports_tell_of_their_ends(
    database: Database, inbox: Notifications, clock: MovingClock, tmp_path: Path
) -> None:
    imports = imports_for(database, tmp_path, clock)
    first = bring_in(imports, [PLAY], is_preview=True)
    assert (first.state, inbox.deliver_all()) == (ImportState.PREVIEWED, 0)
    imports.cancel(1, first.id)
    assert inbox.deliver_all() == 0
    done = bring_in(imports, [PLAY, b"{}"])
    bring_in(imports, [PLAY])
    failed = bring_in(imports, [b"no export"])
    imports.undo(1, done.id)
    inbox.deliver_all()

    texts = {
        one.link: one.text for one in inbox.list(1) if one.event is not EventName.IMPORT_UNDONE
    }
    assert texts == {
        "/imports/2": "0.json and 1 more file came in: 1 new play. 1 row could not be read.",
        "/imports/3": "0.json brought nothing new. 1 row could not be read.",
        "/imports/4": f"The import of 0.json failed: {failed.problem}",
    }
    assert inbox.list(1)[0].text == "The import of 0.json and 1 more file was undone."


def test_an_import_whose_process_died_tells_of_it_once(
    database: Database, inbox: Notifications, clock: MovingClock, tmp_path: Path
) -> None:
    imports, _jobs, desk = imports_of(database, tmp_path / "spool", Limits(), clock)
    for worker, tries in (("worker:elsewhere:1", DEFAULT_FAILURES), ("command:elsewhere:1", 1)):
        record = imports.submit(1, imports.create_spool(), ["a.json"])
        for _ in range(tries):
            assert imports.get(1, record.id).state is ImportState.QUEUED
            assert imports.take(1, record.id, worker) is not None
            clock.advance(minutes=2)
            assert (desk.recover(), desk.recover()) == (1, 0)
        assert imports.get(1, record.id).problem_code == "interrupted"
    inbox.deliver_all()

    assert [one.event for one in inbox.list(1)] == [EventName.IMPORT_FAILED] * 2


def test_what_is_muted_is_not_told(
    database: Database, inbox: Notifications, clock: MovingClock
) -> None:
    accounts = Accounts(database, clock)
    accounts.set_preferences(1, Preferences(), Presentation(muted=(EventName.IMPORT_UNDONE,)))
    happen(database, clock, 1)
    with database.write() as connection:
        emit(connection, 1, HistoryCleared(0), clock())
    inbox.deliver_all()
    assert [one.event for one in inbox.list(1)] == [EventName.HISTORY_CLEARED]
    assert count_waiting(database) == 0

    accounts.set_preferences(1, Preferences(), Presentation())
    happen(database, clock, 2)
    inbox.deliver_all()
    assert told(inbox)[1:] == links(2)


def test_a_key_that_ends_within_a_week_is_told_of_once(
    database: Database, inbox: Notifications, clock: MovingClock
) -> None:
    keys = Keys(database, clock)
    now = clock()
    for name, days in (("soon", 8), ("later", 30), ("short", 3)):
        keys.create(1, name, [Scope.HISTORY_READ], now + timedelta(days=days))
    keys.create(1, "never", [Scope.HISTORY_READ])
    keys.revoke(1, keys.create(1, "gone", [Scope.HISTORY_READ], now + timedelta(days=3)).id)

    said: list[list[str]] = []
    for _ in range(4):
        inbox.look_around()
        inbox.deliver_all()
        said.append([one.text for one in inbox.list(1)])
        clock.advance(days=1)

    short, soon = (f"The API key “{name}” ends on 2026-05-{day} (UTC)." for name, day in
                   (("short", "04"), ("soon", "09")))  # fmt: skip
    assert said == [[short], [soon, short], [soon, short], [soon, short]]
    assert inbox.list(1)[0].link == "/account"


def test_whoever_invited_somebody_is_told_that_they_came(
    database: Database, clock: MovingClock
) -> None:
    accounts = Accounts(database, clock)
    owner = accounts.set_up("Ada", PASSWORD, "UTC")
    throttle = Throttle(database, Windows(database, clock), clock)
    invitations = Invitations(database, clock, Passwords(), throttle, Registration.INVITED)
    inbox = Notifications(database, clock)
    token = invitations.create(owner).token
    with pytest.raises(ConflictError):
        invitations.register(Newcomer("Ada", PASSWORD, "UTC", token))
    assert inbox.deliver_all() == 0

    bob = invitations.register(Newcomer("Bob", PASSWORD, "UTC", token))
    inbox.deliver_all()

    (one,) = inbox.list(owner.id)
    assert (one.text, one.link) == ("Bob has joined by your invitation.", "/people")
    assert inbox.list(bob.id) == []


def test_clearing_a_history_takes_what_was_told_of_imports_along(
    database: Database, inbox: Notifications, clock: MovingClock, tmp_path: Path
) -> None:
    imports, jobs, _desk = imports_of(database, tmp_path / "spool", Limits(), clock)
    clearing = Clearing(database, tmp_path / "spool", clock, jobs, lambda _: None)
    bring_in(imports, [PLAY])
    inbox.deliver_all()
    bring_in(imports, [PLAY])
    clearing.clear(1, "u1")
    bring_in(imports, [PLAY])
    inbox.deliver_all()

    assert [(one.event, one.link) for one in inbox.list(1)] == [
        (EventName.IMPORT_FINISHED, "/imports/1"),
        (EventName.HISTORY_CLEARED, "/imports"),
    ]


def test_the_inbox_is_read_and_emptied_by_whom_it_belongs_to(
    database: Database, inbox: Notifications, clock: MovingClock
) -> None:
    add_user(database, clock, 2)
    happen(database, clock, 1, 2, 3)
    happen(database, clock, 9, user_id=2)
    inbox.deliver_all()
    assert (inbox.count_unread(1), inbox.count_unread(2)) == (3, 1)

    read = inbox.read(1, 2)
    assert read.read_at == clock()
    clock.advance(hours=1)
    assert inbox.read(1, 2) == read
    assert [one.id for one in inbox.list(1, is_unread=True)] == [3, 1]
    assert [one.id for one in inbox.list(1, is_unread=False)] == [2]
    for act in (inbox.read, inbox.delete):
        with pytest.raises(NotFoundError):
            act(2, 3)
    inbox.delete(1, 3)
    with pytest.raises(NotFoundError):
        inbox.delete(1, 3)
    assert (inbox.read_all(1), inbox.read_all(1)) == (1, 0)
    assert (inbox.count_unread(1), inbox.count_unread(2)) == (0, 1)
    happen(database, clock, 4)
    inbox.deliver_all()
    assert [one.id for one in inbox.list(1)] == [4, 2, 1]  # 3 was another one's


def test_what_was_read_goes_after_ninety_days(
    database: Database, inbox: Notifications, clock: MovingClock
) -> None:
    happen(database, clock, 1, 2)
    inbox.deliver_all()
    inbox.read(1, 1)
    clock.advance(days=90)
    inbox.look_around()
    assert told(inbox) == links(1, 2)

    clock.advance(seconds=1)
    inbox.look_around()

    assert told(inbox) == links(2)


def test_dispatchers_that_work_at_the_same_time_tell_everything_once(
    database: Database, inbox: Notifications, clock: MovingClock
) -> None:
    add_user(database, clock, 2)
    dispatchers = [Dispatcher(inbox, clock, idle_seconds=0) for _ in range(4)]
    emitters = [
        threading.Thread(target=happen, args=(database, clock, *range(1, 41)), kwargs={"user_id": user})
        for user in (1, 2)
    ]  # fmt: skip
    for dispatcher in dispatchers:
        dispatcher.start()
    for emitter in emitters:
        emitter.start()
    for emitter in emitters:
        emitter.join()
    for dispatcher in dispatchers:
        dispatcher.stop()
    inbox.deliver_all()

    assert told(inbox, 1) == told(inbox, 2) == links(*range(1, 41))
    assert count_waiting(database) == 0


@pytest.fixture
def start(database_url: str) -> Callable[[str], subprocess.Popen[str]]:
    def begin(how: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(  # noqa: S603 - our own code
            [sys.executable, "-c", DELIVERING, database_url, how],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    return begin


def kill(process: subprocess.Popen[str]) -> None:
    with process:
        os.kill(process.pid, signal.SIGKILL)


def test_a_dispatcher_that_dies_half_way_has_told_nothing(
    database: Database,
    inbox: Notifications,
    clock: MovingClock,
    start: Callable[[str], subprocess.Popen[str]],
) -> None:
    happen(database, clock, 1, 2)
    process = start("stay")
    assert process.stdout is not None
    assert process.stdout.readline() == "delivered\n"
    assert inbox.list(1) == []

    kill(process)

    inbox.deliver_all()
    # PostgreSQL may still hold the lock of the dead one for a moment.
    while count_waiting(database):
        inbox.deliver_all()
    assert told(inbox) == links(1, 2)


def test_dispatchers_that_are_killed_again_and_again_tell_everything_once(
    database: Database,
    inbox: Notifications,
    clock: MovingClock,
    start: Callable[[str], subprocess.Popen[str]],
) -> None:
    for round_ in range(4):
        process = start("go")
        happen(database, clock, *range(round_ * 25 + 1, round_ * 25 + 26))
        kill(process)
    while count_waiting(database):
        inbox.deliver_all()

    assert told(inbox) == links(*range(1, 101))


def test_a_database_that_is_away_does_not_end_the_dispatcher(
    sqlite_database: Database, clock: MovingClock
) -> None:
    add_user(sqlite_database, clock, 1)
    inbox = Notifications(sqlite_database, clock)
    with sqlite_database.write() as connection:
        connection.execute(text("ALTER TABLE events RENAME TO hidden"))
    dispatcher = Dispatcher(inbox, clock, idle_seconds=0.001)
    with capture_logs() as logs:
        dispatcher.start()
        try:
            wait_until(lambda: bool(logs))
            with sqlite_database.write() as connection:
                connection.execute(text("ALTER TABLE hidden RENAME TO events"))
            happen(sqlite_database, clock, 1)
            wait_until(lambda: bool(inbox.list(1)))
        finally:
            dispatcher.stop()
    assert logs[0]["event"] == "dispatcher.waiting"
    assert told(inbox) == links(1)


class Paging(NamedTuple):
    """Someone looks through the inbox, page by page."""

    total: int
    limit: int
    read: set[int]
    deleted: list[int]
    """One after each page."""
    arriving: int
    """How many come in, one after each page."""
    is_unread: bool | None


PAGINGS = st.builds(
    Paging,
    total=st.integers(0, 25),
    limit=st.integers(1, 9),
    read=st.sets(st.integers(1, 25)),
    deleted=st.lists(st.integers(1, 25), max_size=6),
    arriving=st.integers(0, 3),
    is_unread=st.sampled_from([None, True, False]),
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)
@given(paging=PAGINGS)
def test_pages_together_are_the_whole_while_things_come_and_go(
    database: Database, inbox: Notifications, clock: MovingClock, paging: Paging
) -> None:
    with database.write() as connection:
        connection.execute(notifications.delete())
        connection.execute(text("UPDATE users SET last_event = 0"))
    happen(database, clock, *range(1, paging.total + 1))
    inbox.deliver_all()
    for number in paging.read & set(range(1, paging.total + 1)):
        inbox.read(1, number)
    wanted = [one.id for one in inbox.list(1, limit=100, is_unread=paging.is_unread)]
    deleted, arriving = list(paging.deleted), paging.arriving
    seen: list[int] = []
    before: int | None = None
    while page := inbox.list(1, before=before, limit=paging.limit, is_unread=paging.is_unread):
        seen += [one.id for one in page]
        before = page[-1].id
        if deleted:
            number = deleted.pop()
            wanted = [one for one in wanted if one != number or one in seen]
            with database.write() as connection:
                connection.execute(notifications.delete().where(notifications.c.id == number))
        if arriving:
            arriving -= 1
            happen(database, clock, 99)
            inbox.deliver_all()

    assert seen == wanted
