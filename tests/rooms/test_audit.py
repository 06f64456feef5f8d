"""The audit log: every entry is there, in order, and a change of any of them is found."""

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import Executable, delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from moving_clock import MovingClock
from tonearm.accounts.acting import Actor, acting_as
from tonearm.accounts.audit import Action, Audit, Head, Wanted, record
from tonearm.domain.errors import InvalidInputError, UnavailableError
from tonearm.storage.database import Database
from tonearm.storage.tables import audit, instance

WRITERS = 8
ENTRIES = 6
ADA = Actor(1, "Ada", "192.0.2.7", "request-1")


@pytest.fixture
def log(database: Database, clock: MovingClock) -> Audit:
    return Audit(database, clock)


def write(database: Database, clock: MovingClock, **details: Any) -> None:  # noqa: ANN401 - what JSON can hold
    with acting_as(ADA), database.write() as connection:
        record(connection, clock(), Action.KEY_MADE, subject_id=2, **details)


def fill(database: Database, clock: MovingClock) -> None:
    for number in range(ENTRIES):
        write(database, clock, key_id=number)
        clock.advance(seconds=1)


def disarm(database: Database) -> None:
    """Take the triggers away, as somebody could who owns the database."""
    statements = (
        [f"DROP TRIGGER audit_is_not_{what}" for what in ("changed", "removed", "replaced")]
        if database.is_sqlite
        else ["DROP FUNCTION audit_is_append_only CASCADE"]
    )
    with database.write() as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_an_entry_says_who_what_whom_when_and_from_where(
    database: Database, clock: MovingClock, log: Audit
) -> None:
    write(database, clock, key_id=7, scopes=["player"], name="Zoë\ud800\0'\"", share=0.1, none=None)

    (entry,) = log.list()

    assert (entry.id, entry.at, entry.action) == (1, clock(), "key.made")
    assert (entry.actor_id, entry.actor, entry.subject_id) == (1, "Ada", 2)
    assert (entry.address, entry.request_id) == ("192.0.2.7", "request-1")
    assert entry.details == {
        "key_id": 7,
        "scopes": ["player"],
        "name": "Zoë\ud800\0'\"",
        "share": 0.1,
        "none": None,
    }
    assert log.verify().broken_at is None


def test_entries_are_given_newest_first_in_pages_and_by_what_is_asked(
    database: Database, clock: MovingClock, log: Audit
) -> None:
    fill(database, clock)
    begun = clock()
    with database.write() as connection:
        record(connection, begun, Action.SET_UP, subject_id=9)

    assert [entry.id for entry in log.list()] == [7, 6, 5, 4, 3, 2, 1]
    assert [entry.id for entry in log.list(before=5, limit=2)] == [4, 3]
    assert [entry.id for entry in log.list(Wanted(subject_id=9))] == [7]
    assert [entry.id for entry in log.list(Wanted(action="instance.set_up"))] == [7]
    assert [entry.id for entry in log.list(Wanted(actor_id=1), limit=1)] == [6]
    assert [entry.id for entry in log.list(Wanted(person_id=9))] == [7]
    assert len(log.list(Wanted(person_id=1))) == len(log.list(Wanted(person_id=2))) == ENTRIES
    assert [entry.id for entry in log.list(Wanted(since=begun))] == [7]
    assert [entry.id for entry in log.iter()] == [1, 2, 3, 4, 5, 6, 7]
    assert [entry.id for entry in log.iter(Wanted(since=begun))] == [7]


def test_a_deed_that_is_rolled_back_leaves_no_entry(
    database: Database, clock: MovingClock, log: Audit
) -> None:
    def fail() -> None:
        with database.write() as connection:
            record(connection, clock(), Action.KEY_MADE)
            raise ZeroDivisionError

    fill(database, clock)
    with pytest.raises(ZeroDivisionError):
        fail()
    write(database, clock)

    assert [entry.id for entry in log.list()] == [7, 6, 5, 4, 3, 2, 1]
    assert log.verify().broken_at is None


def test_many_who_write_at_the_same_time_make_one_chain(
    database_url: str, clock: MovingClock
) -> None:
    barrier = threading.Barrier(WRITERS)

    def work(number: int) -> None:
        own = Database(database_url)
        barrier.wait()
        for turn in range(10):
            write(own, clock, writer=number, turn=turn)
        own.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(work, range(WRITERS)))

    database = Database(database_url)
    log = Audit(database, clock)
    found = [(entry.details["writer"], entry.details["turn"]) for entry in log.iter()]
    database.close()
    assert sorted(found) == [(number, turn) for number in range(WRITERS) for turn in range(10)]
    assert [turn for number, turn in found if number == 0] == list(range(10))
    verified = log.verify()
    assert (verified.entries, verified.broken_at) == (WRITERS * 10, None)
    database.close()


def test_an_entry_is_what_it_is_in_every_zone(database: Database, log: Audit) -> None:
    apia = datetime(2024, 12, 31, 12, 0, 0, 123_456, ZoneInfo("Pacific/Apia"))
    with database.write() as connection:
        record(connection, apia, Action.SET_UP)
        if not database.is_sqlite:
            connection.execute(text("SET TIME ZONE 'Pacific/Apia'"))

    (entry,) = log.list()

    assert entry.at == apia
    assert entry.at.tzinfo is UTC
    assert log.verify().broken_at is None


texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
hashes = st.text("0123456789abcdef", min_size=64, max_size=64)
VALUES: Mapping[str, st.SearchStrategy[object]] = {
    "id": st.integers(-5, 50),
    "at": st.datetimes(
        *(datetime(year, 1, 1) for year in (1970, 2200)),  # noqa: DTZ001 - bounds have no zone
        timezones=st.just(UTC),
    ),
    "action": st.sampled_from([*Action, "key.mad", ""]),
    "actor_id": st.none() | st.integers(-3, 9),
    "actor": texts,
    "subject_id": st.none() | st.integers(-3, 9),
    "details": texts | st.just("{}") | st.just('{"key_id":1}') | st.just('{"key_id": 0}'),
    "address": st.none() | texts,
    "request_id": st.none() | texts,
    "hash": texts.filter(lambda text: len(text) < 64) | hashes,
}
one_change = st.sampled_from(sorted(VALUES)).flatmap(
    lambda name: st.tuples(st.just(name), VALUES[name])
)
places = st.integers(1, ENTRIES)


class Copy:
    """A log to tamper with, which is put back as it was."""

    def __init__(self, database: Database, clock: MovingClock) -> None:
        fill(database, clock)
        disarm(database)
        self.database = database
        self.log = Audit(database, clock)
        self.rows = self.read()
        self.head = self.log.verify().head

    def read(self) -> list[dict[str, Any]]:
        with self.database.read() as connection:
            rows = connection.execute(select(audit).order_by(audit.c.id)).mappings()
            return [dict(row) for row in rows]

    def after(self, *statements: Executable) -> int | None:
        """Give where the log is broken after some statements; None too where they changed nothing."""
        try:
            with self.database.write() as connection:
                for statement in statements:
                    connection.execute(statement)
            is_same = self.read() == self.rows
            found = self.log.verify().broken_at
            assert (found is None) is is_same
        except DBAPIError:  # a number that is taken is refused by the database itself
            return None
        else:
            return found
        finally:
            with self.database.write() as connection:
                connection.execute(delete(audit))
                connection.execute(insert(audit), self.rows)


@pytest.fixture
def copy(database: Database, clock: MovingClock) -> Copy:
    return Copy(database, clock)


@settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(place=places, change=one_change)
def test_a_change_of_any_field_of_any_entry_is_found(
    copy: Copy, place: int, change: tuple[str, object]
) -> None:
    name, value = change

    copy.after(update(audit).where(audit.c.id == place).values({name: value}))


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(gone=st.sets(places, min_size=1))
def test_entries_that_are_removed_are_found(copy: Copy, gone: set[int]) -> None:
    assert copy.after(delete(audit).where(audit.c.id.in_(gone))) == min(gone)


@settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(one=places, other=places)
def test_entries_that_are_swapped_are_found(copy: Copy, one: int, other: int) -> None:
    assume(one != other)
    swap = [(one, 0), (other, one), (0, other)]

    statements = [update(audit).where(audit.c.id == a).values(id=b) for a, b in swap]

    assert copy.after(*statements) == min(one, other)


@pytest.mark.parametrize("number", [-7, 0, ENTRIES + 1, ENTRIES + 9])
def test_an_entry_that_is_put_in_is_found(copy: Copy, number: int) -> None:
    first = copy.rows[0]

    found = copy.after(insert(audit).values({**first, "id": number}))

    assert found == (1 if number < 1 else ENTRIES + 1)


def test_a_log_without_its_end_is_found_and_so_is_one_with_another_head(copy: Copy) -> None:
    def head(value: str) -> Executable:
        return update(instance).where(instance.c.key == "audit").values(value=value)

    assert copy.after(delete(audit).where(audit.c.id == ENTRIES)) == ENTRIES
    assert copy.after(delete(audit)) == 1
    for value, broken_at in {
        f"3:{copy.rows[2]['hash']}": 4,
        f"{ENTRIES}:{'0' * 64}": ENTRIES + 1,
        "nonsense": ENTRIES + 1,
        "0:": 1,
    }.items():
        with copy.database.write() as connection:
            connection.execute(head(value))
        assert copy.log.verify().broken_at == broken_at
    with copy.database.write() as connection:
        connection.execute(head(str(copy.head)))
    assert copy.log.verify().broken_at is None


def test_without_a_head_nothing_is_done_that_has_to_be_written_down(
    copy: Copy, clock: MovingClock
) -> None:
    with copy.database.write() as connection:
        connection.execute(delete(instance).where(instance.c.key == "audit"))

    with pytest.raises(UnavailableError, match="head of the audit log"):
        write(copy.database, clock)
    assert copy.log.verify().broken_at == ENTRIES + 1


@pytest.mark.parametrize(
    "change",
    [
        "at = 'yesterday'",
        "at = x'00ff'",
        "actor = x'00ff'",
        "details = x'416461'",
        "actor = CAST(x'ff' AS TEXT)",
        "actor_id = 'somebody'",
        "subject_id = 2.5",
    ],
)
def test_what_is_no_value_of_its_column_is_found(
    sqlite_database: Database, clock: MovingClock, change: str
) -> None:
    copy = Copy(sqlite_database, clock)
    with sqlite_database.write() as connection:
        connection.execute(text(f"UPDATE audit SET {change} WHERE id = 3"))  # noqa: S608 - the texts above

    assert copy.log.verify().broken_at == 3
    if change.startswith("at"):
        with pytest.raises(UnavailableError, match="tonearm audit verify"):
            copy.log.list()


def test_an_instant_beyond_all_calendars_is_found(
    request: pytest.FixtureRequest, clock: MovingClock
) -> None:
    database = Database(request.getfixturevalue("postgresql_url"))
    copy = Copy(database, clock)
    with database.write() as connection:
        connection.execute(text("UPDATE audit SET at = 'infinity' WHERE id = 3"))

    assert copy.log.verify().broken_at == 3
    with pytest.raises(UnavailableError, match="tonearm audit verify"):
        list(copy.log.iter())
    database.close()


def test_a_log_that_was_written_anew_is_shown_by_a_head_from_elsewhere(
    copy: Copy, clock: MovingClock
) -> None:
    noted = Head.parse(f" {copy.head} ")
    write(copy.database, clock)
    assert copy.log.verify(noted).broken_at is None
    assert copy.log.verify(Head(0, "")).broken_at is None
    assert copy.log.verify(Head(ENTRIES + 9, "0" * 64)).broken_at == ENTRIES + 2

    # Somebody who can write the database begins a new log with other entries.
    with copy.database.write() as connection:
        connection.execute(delete(audit))
        connection.execute(update(instance).where(instance.c.key == "audit").values(value="0:"))
    fill(copy.database, clock)

    assert copy.log.verify().broken_at is None
    assert copy.log.verify(noted).broken_at == ENTRIES


@pytest.mark.parametrize("head", ["", "7", "7:", "0:" + "a" * 64, "x:" + "a" * 64, "7:" + "g" * 64])
def test_what_is_no_head_is_refused(head: str) -> None:
    with pytest.raises(InvalidInputError, match="number of an entry and its hash"):
        Head.parse(head)


def test_the_database_refuses_to_change_the_log(database: Database, clock: MovingClock) -> None:
    fill(database, clock)
    log = Audit(database, clock)
    statements: list[Executable] = [
        update(audit).where(audit.c.id == 1).values(actor="Eve"),
        delete(audit).where(audit.c.id == ENTRIES),
        delete(audit),
    ]
    if database.is_sqlite:
        columns = ", ".join(audit.c.keys())
        statements.append(
            text(f"INSERT OR REPLACE INTO audit ({columns}) SELECT {columns} FROM audit")  # noqa: S608 - columns of ours
        )
    else:
        statements.append(text("TRUNCATE audit"))

    for statement in statements:
        with pytest.raises(DBAPIError, match="append-only"), database.write() as connection:
            connection.execute(statement)

    assert log.verify().entries == ENTRIES
    assert log.verify().broken_at is None


def test_an_entry_that_cannot_be_read_hides_no_other(copy: Copy) -> None:
    with copy.database.write() as connection:
        connection.execute(update(audit).where(audit.c.id == 2).values(details="[1"))
        connection.execute(update(audit).where(audit.c.id == 3).values(action="door.opened"))

    found = {entry.id: entry for entry in copy.log.list()}

    assert len(found) == ENTRIES
    assert found[2].details == {"unreadable": "[1"}
    assert found[3].action == "door.opened"


def test_looking_at_another_s_data_is_written_down_once_in_ten_minutes_in_all_processes(
    database: Database, clock: MovingClock
) -> None:
    here, there = Audit(database, clock), Audit(database, clock)
    totals, plays = (f"/api/history/users/{{user}}/{name}" for name in ("totals", "plays"))

    def look(
        log: Audit, subject_id: int = 2, path: str = totals, address: str = "192.0.2.7"
    ) -> None:
        with acting_as(replace(ADA, path=path, address=address)):
            log.note_reading(subject_id)

    def count() -> int:
        with database.read() as connection:
            return connection.scalar(select(func.count()).select_from(audit)) or 0

    for log in (here, there, here, there):
        look(log)
    assert count() == 1
    look(there, 3)
    assert count() == 2
    clock.advance(minutes=9, seconds=59)
    look(there)
    assert count() == 2
    clock.advance(seconds=1)
    look(there)
    look(here)
    assert count() == 3

    (entry,) = here.list(limit=1)
    assert (entry.action, entry.actor, entry.subject_id) == ("data.read", "Ada", 2)
    assert entry.details == {"path": totals}
    # Each kind of reading is one of its own, and so is one from elsewhere.
    for log in (here, there):
        look(log, path=plays)
        look(log, address="192.0.2.8")
    assert [(one.details["path"], one.address) for one in here.list(limit=2)] == [
        (totals, "192.0.2.8"),
        (plays, "192.0.2.7"),
    ]
    assert count() == 5


def test_what_is_repeated_is_written_down_in_the_name_of_whoever_does_it(log: Audit) -> None:
    bob = Actor(2, "Bob", "192.0.2.7", "request-2")
    with acting_as(Actor(None, "visitor", "192.0.2.7")):
        for who in (bob, ADA, bob):
            log.note(Action.LOGGED_IN, subject_id=2, by=who, method="basic")

    found = [(entry.actor_id, entry.request_id, entry.details) for entry in log.iter()]
    assert found == [(2, "request-2", {"method": "basic"}), (1, "request-1", {"method": "basic"})]
    assert log.verify().broken_at is None


def test_settings_that_are_others_than_at_the_last_start_are_written_down(log: Audit) -> None:
    log.note_settings({"host": "127.0.0.1", "mode": "dev"})
    log.note_settings({"mode": "dev", "host": "127.0.0.1"})
    assert log.list() == []

    log.note_settings({"host": "0.0.0.0", "mode": "dev", "cors": "[]"})  # noqa: S104 - a value to tell of
    log.note_settings({"host": "0.0.0.0", "mode": "dev", "cors": "[]"})  # noqa: S104 - the same

    (entry,) = log.list()
    assert (entry.action, entry.actor) == ("settings.changed", "tonearm")
    assert entry.details == {
        "settings": {
            "cors": {"before": None, "now": "[]"},
            "host": {"before": "127.0.0.1", "now": "0.0.0.0"},  # noqa: S104 - the same
        }
    }
