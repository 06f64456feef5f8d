"""Log-ins that a browser carries: when they begin, how they end, and what is kept of them."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from moving_clock import MovingClock
from tonearm.accounts.acting import Actor, acting_as
from tonearm.accounts.keys import Keys
from tonearm.accounts.people import Accounts, User
from tonearm.accounts.sessions import Sessions
from tonearm.accounts.signing import SigningKeys
from tonearm.accounts.tokens import Tokens
from tonearm.domain.errors import NotFoundError, UnauthenticatedError
from tonearm.domain.vocabulary import Scope
from tonearm.storage.database import Database
from tonearm.storage.tables import keys, sessions, users

PASSWORD = "correct horse battery"
OTHER_PASSWORD = "staple the other one"


@pytest.fixture
def accounts(database: Database, clock: MovingClock) -> Accounts:
    return Accounts(database, clock)


@pytest.fixture
def made(database: Database, clock: MovingClock) -> Sessions:
    return Sessions(database, clock, idle=timedelta(days=30), longest=timedelta(days=180))


@pytest.fixture
def ada(accounts: Accounts) -> User:
    return accounts.set_up("Ada", PASSWORD, "UTC")


@pytest.fixture
def bob(accounts: Accounts, ada: User) -> User:
    assert ada.is_owner
    return accounts.add("Bob", "UTC")


def test_a_session_lasts_until_the_log_out(made: Sessions, ada: User, clock: MovingClock) -> None:
    with acting_as(Actor(None, "visitor", "192.0.2.7")):
        begun = made.begin(ada, "password", "Firefox " + "x" * 999)

    assert made.find(begun.token) == (ada, begun.session)
    assert begun.session.address == "192.0.2.7"
    assert begun.session.created_at == clock()
    assert len(begun.session.agent or "") == 256

    made.end(begun.token)
    made.end(begun.token)
    assert made.find(begun.token) is None
    assert made.list(ada.id) == []


def test_a_session_ends_when_it_is_idle_but_not_while_it_is_used(
    made: Sessions, ada: User, clock: MovingClock
) -> None:
    token = made.begin(ada, "password").token

    for _ in range(3):
        clock.advance(days=29)
        assert made.find(token) is not None
    clock.advance(days=31)

    assert made.find(token) is None


def test_a_session_ends_however_much_it_is_used(
    made: Sessions, ada: User, clock: MovingClock
) -> None:
    token = made.begin(ada, "password").token

    for _ in range(8):
        clock.advance(days=22)
        assert made.find(token) is not None
    clock.advance(days=4)

    assert made.find(token) is None
    assert made.list(ada.id) == []


def test_a_revoked_session_ends_and_no_other(made: Sessions, ada: User, bob: User) -> None:
    phone, laptop, other = (
        made.begin(ada, "password"),
        made.begin(ada, "oidc"),
        made.begin(bob, "password"),
    )
    assert [session.id for session in made.list(ada.id)] == [laptop.session.id, phone.session.id]

    with pytest.raises(NotFoundError):
        made.revoke(bob.id, laptop.session.id)
    made.revoke(ada.id, phone.session.id)
    assert made.find(phone.token) is None
    assert made.find(laptop.token) is not None
    with pytest.raises(NotFoundError):
        made.revoke(ada.id, phone.session.id)

    tablet = made.begin(ada, "password")
    assert made.revoke_others(ada.id, tablet.session.id) == 1
    assert made.find(laptop.token) is None
    assert made.find(tablet.token) is not None
    assert made.find(other.token) is not None


def test_a_new_password_ends_the_sessions_of_the_old_one(
    accounts: Accounts, made: Sessions, ada: User
) -> None:
    token = made.begin(ada, "password").token

    accounts.set_password(ada.id, OTHER_PASSWORD)

    assert made.find(token) is None
    assert accounts.authenticate("Ada", OTHER_PASSWORD).id == ada.id
    with pytest.raises(UnauthenticatedError):
        accounts.authenticate("Ada", PASSWORD)
    with pytest.raises(NotFoundError):
        accounts.set_password(ada.id + 1, PASSWORD)


def test_secrets_are_not_in_the_database(
    made: Sessions, ada: User, database: Database, clock: MovingClock
) -> None:
    token = made.begin(ada, "password").token
    key = Keys(database, clock).create(ada.id, "phone", [Scope.PLAYER]).key

    with database.read() as connection:
        stored = [
            str(row)
            for table in (users, sessions, keys)
            for row in connection.execute(select(table))
        ]

    assert len(stored) == 3
    for secret in (PASSWORD, token, key):
        assert not any(secret in row for row in stored)


def test_numbers_stay_apart_where_many_log_in_at_once(
    made: Sessions, ada: User, database: Database, clock: MovingClock, tmp_path: Path
) -> None:
    """Log-ins of browsers and of API clients have one numbering."""
    keys = SigningKeys(tmp_path / "keys.json", database, clock, must_be_private=True)
    ends = timedelta(days=1)
    tokens = Tokens(database, clock, keys, idle=ends, longest=ends)
    deeds: list[Callable[[], object]] = [
        lambda: made.begin(ada, "password"),
        lambda: tokens.begin(ada, "password"),
    ] * 5
    failures: list[BaseException] = []
    barrier = threading.Barrier(len(deeds))

    def run(deed: Callable[[], object]) -> None:
        barrier.wait()
        try:
            deed()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test has to see it
            failures.append(error)

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert [session.id for session in made.list(ada.id)] == list(range(len(deeds), 0, -1))
