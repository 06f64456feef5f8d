"""The vault: what it seals only its keys open, and its keys change while servers run."""

import json
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from link_room import LinkRoom, link_room, vault_of
from moving_clock import MovingClock
from tonearm.accounts.audit import Action, Audit
from tonearm.accounts.people import Accounts, User
from tonearm.accounts.vault import LostKeyError, Vault
from tonearm.domain.errors import UnavailableError
from tonearm.storage.database import Database
from tonearm.storage.link_tables import SEALED, link_apps, links
from tonearm.storage.tables import instance, metadata

PLACE = "1 app secret"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "vault-keys.json"


@pytest.fixture
def vault(database: Database, clock: MovingClock, path: Path) -> Vault:
    return vault_of(database, clock, path)


@pytest.fixture
def ada(database: Database, clock: MovingClock) -> User:
    return Accounts(database, clock).add("Ada", "UTC")


@pytest.fixture
def room(database: Database, clock: MovingClock, tmp_path: Path) -> Iterator[LinkRoom]:
    with link_room(database, clock, tmp_path) as room:
        yield room


def sealed(vault: Vault, text: str, place: str = PLACE) -> str:
    with vault.write() as (_, seal):
        return seal(text, place)


def put(vault: Vault, user: User, text: str) -> None:
    with vault.write() as (connection, seal):
        values = {"client_id": "x", "secret": seal(text, PLACE), "created_at": user.created_at}
        connection.execute(insert(link_apps).values(user_id=user.id, **values))


def held(database: Database) -> str:
    with database.read() as connection:
        return str(connection.scalar(select(link_apps.c.secret)))


def listed(path: Path) -> list[str]:
    found: list[str] = json.loads(path.read_text())["keys"]
    return found


def test_a_key_is_made_when_something_is_sealed_first_for_its_owner_alone(
    vault: Vault, path: Path, database: Database, clock: MovingClock
) -> None:
    vault.check()
    assert not path.exists()
    old = os.umask(0)
    try:
        text = sealed(vault, "a token")
    finally:
        os.umask(old)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (key,) = listed(path)
    assert "a token" not in text
    assert vault.open(text, PLACE) == vault_of(database, clock, path).open(text, PLACE) == "a token"
    (entry,) = Audit(database, clock).list()
    assert entry.action == Action.VAULT_KEY_MADE
    assert key not in str(entry)
    assert [one.name for one in path.parent.iterdir() if "vault" in one.name] == [path.name]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    text=st.text(), place=st.text(st.characters(exclude_characters="\0")), cut=st.integers(0, 80)
)
def test_what_is_sealed_is_opened_for_its_place_alone_and_only_whole(
    sqlite_database: Database, clock: MovingClock, tmp_path: Path, text: str, place: str, cut: int
) -> None:
    vault = vault_of(sqlite_database, clock, tmp_path / "keys.json")
    try:
        found = sealed(vault, text, place)
    except UnicodeEncodeError:
        return  # a lone surrogate is no text
    assert vault.open(found, place) == text
    for wrong in (
        found[:cut],
        found[:cut] + ("A" if found[cut] != "A" else "B") + found[cut + 1 :],
    ):
        with pytest.raises(LostKeyError):
            vault.open(wrong, place)
    with pytest.raises(LostKeyError):
        vault.open(found, f"{place}x")


def test_starters_at_the_same_time_make_one_key(
    database: Database, clock: MovingClock, path: Path
) -> None:
    barrier = threading.Barrier(6)
    made: list[str] = []

    def start() -> None:
        url = database.engine.url.render_as_string(hide_password=False)
        mine = Database(url)
        barrier.wait()
        made.append(sealed(vault_of(mine, clock, path), "x"))
        mine.close()

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(listed(path)) == 1
    assert [vault_of(database, clock, path).open(text, PLACE) for text in made] == ["x"] * 6


def test_a_rotation_seals_everything_anew_and_drops_the_key_before(
    vault: Vault, path: Path, database: Database, clock: MovingClock, ada: User
) -> None:
    running = vault_of(database, clock, path)
    put(vault, ada, "the secret")
    (old,) = listed(path)
    before = held(database)
    assert running.open(before, PLACE) == "the secret"

    done = vault.rotate()

    (new,) = listed(path)
    assert new != old
    assert (done.resealed, done.lost, done.dropped, done.kept) == (1, 0, 1, 0)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    after = held(database)
    assert Fernet(new).decrypt(after).decode() == f"{PLACE}\0the secret"
    # A server that runs takes the new key up by itself.
    assert running.open(after, PLACE) == "the secret"
    assert sealed(running, "x") != ""
    with pytest.raises(LostKeyError):
        running.open(before, PLACE)
    entry = Audit(database, clock).list()[0]
    assert (entry.action, entry.details["resealed"]) == (Action.VAULT_ROTATED, 1)
    assert entry.details["key"] == done.key != entry.details["before"]
    assert not any(key in str(entry) for key in (old, new))


def test_every_column_that_is_sealed_is_sealed_anew(room: LinkRoom) -> None:
    room.simulator.add_app("0123456789", users=["listener1"], secret="9876543210")
    room.apps.put(room.ada.id, "0123456789", "9876543210")
    room.link()
    room.begin()

    done = room.vault.rotate()

    assert done.resealed == len(SEALED) == 4
    # No other column holds what only the vault opens.
    names = {f"{column.table.name}.{column.name}" for column in SEALED}
    with room.database.read() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table)).mappings():
                for name, value in row.items():
                    if str(value).startswith("gAAAA"):
                        assert f"{table.name}.{name}" in names
    room.clock.advance(hours=2)
    assert room.links.lend(room.ada.id, 1).access_token()


def test_a_rotation_that_stops_half_way_loses_nothing(
    vault: Vault, path: Path, database: Database, ada: User
) -> None:
    put(vault, ada, "the secret")
    (old,) = listed(path)
    head = instance.c.key == "audit"
    with database.write() as connection:
        kept = connection.scalar(select(instance.c.value).where(head))
        connection.execute(delete(instance).where(head))

    # What was sealed anew is taken back, as nothing can be written down of it; the new key is there already.
    with pytest.raises(UnavailableError, match="head of the audit log"):
        vault.rotate()

    new, before = listed(path)
    assert before == old
    assert Fernet(old).decrypt(held(database))
    assert vault.open(held(database), PLACE) == "the secret"
    with database.write() as connection:
        connection.execute(insert(instance).values(key="audit", value=kept))
    done = vault.rotate()
    assert (done.dropped, done.kept) == (2, 0)
    assert vault.open(held(database), PLACE) == "the secret"
    # One that stopped before it dropped the old keys has left them behind.
    path.write_text(json.dumps({"keys": [*listed(path), new, old]}))
    assert vault.open(held(database), PLACE) == "the secret"
    assert vault.rotate().dropped == 3
    assert vault.open(held(database), PLACE) == "the secret"


def test_a_key_is_kept_while_a_power_cut_could_bring_back_what_it_has_sealed(
    sqlite_database: Database, clock: MovingClock, path: Path
) -> None:
    vault = vault_of(sqlite_database, clock, path)
    put(vault, Accounts(sqlite_database, clock).add("Ada", "UTC"), "the secret")
    other = Database(str(sqlite_database.engine.url), busy_timeout_ms=50)
    with sqlite_database.read() as connection:  # who reads holds the log of SQLite back
        connection.execute(select(instance)).all()
        done = vault_of(other, clock, path).rotate()
    other.close()

    assert (done.resealed, done.dropped, done.kept) == (1, 0, 1)
    assert vault.rotate().dropped == 2


def test_what_is_sealed_while_keys_change_can_be_opened_after(
    vault: Vault, database: Database, clock: MovingClock, path: Path, ada: User
) -> None:
    put(vault, ada, "0")
    url = database.engine.url.render_as_string(hide_password=False)
    is_over = threading.Event()
    faults: list[BaseException] = []

    def keep_writing() -> None:
        mine = Database(url)
        writer = vault_of(mine, clock, path)
        number = 0
        try:
            while not is_over.is_set():
                number += 1
                with writer.write() as (connection, seal):
                    values = {"secret": seal(str(number), PLACE)}
                    connection.execute(update(link_apps).values(values))
                assert writer.open(held(mine), PLACE)
        except BaseException as error:  # noqa: BLE001 - told below
            # The row may be sealed anew between the look at it and the look at the keys.
            if not isinstance(error, LostKeyError) or not writer.open(held(mine), PLACE):
                faults.append(error)
        mine.close()

    threads = [threading.Thread(target=keep_writing) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        vault.rotate()
    is_over.set()
    for thread in threads:
        thread.join()

    assert faults == []
    assert vault.open(held(database), PLACE).isdigit()


def test_a_value_that_no_key_opens_is_counted_and_left(
    vault: Vault, path: Path, database: Database, ada: User
) -> None:
    put(vault, ada, "the secret")
    kept = path.read_bytes()
    path.unlink()

    done = vault.rotate()

    assert (done.resealed, done.lost) == (0, 1)
    path.write_bytes(kept)
    assert vault.open(held(database), PLACE) == "the secret"


def test_keys_that_are_given_need_no_file(
    database: Database, clock: MovingClock, path: Path, ada: User
) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    put(vault_of(database, clock, path, [old]), ada, "the secret")
    both = vault_of(database, clock, path, [new, old])
    assert both.open(held(database), PLACE) == "the secret"

    done = both.rotate()

    assert (done.resealed, done.dropped, done.kept) == (1, 0, 1)
    assert vault_of(database, clock, path, [new]).open(held(database), PLACE) == "the secret"
    assert not path.exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_may_open_is_refused(vault: Vault, path: Path, mode: int) -> None:
    sealed(vault, "x")
    path.chmod(mode)
    os.utime(path, ns=(1, 1))  # so that it is read again

    with pytest.raises(UnavailableError, match="chmod 600") as refused:
        vault.check()
    assert str(path) not in refused.value.message


@pytest.mark.parametrize(
    "text", ["", "{}", '{"keys": []}', '{"keys": ["short"]}', "[]", '{"keys": [7]}', "\xff"]
)
def test_a_file_that_holds_no_keys_is_told_as_such(vault: Vault, path: Path, text: str) -> None:
    path.write_bytes(text.encode("latin-1"))
    path.chmod(0o600)

    with pytest.raises(UnavailableError, match=r"holds no list of keys|is no JSON"):
        vault.check()


def test_tokens_of_one_listener_are_of_no_use_in_the_row_of_another(room: LinkRoom) -> None:
    """Whoever can write the database, but has no key, cannot make one listener's link serve another."""
    bob = room.add("Bob")
    room.link()
    room.link("listener2", bob)
    with room.database.write() as connection:
        mine = select(links.c.access_token, links.c.refresh_token).where(
            links.c.user_id == room.ada.id
        )
        values = connection.execute(mine).one()._asdict()
        connection.execute(update(links).where(links.c.user_id == bob.id).values(values))

    with pytest.raises(Exception, match="key by which Tonearm kept"):
        room.links.lend(bob.id, 1).access_token()
