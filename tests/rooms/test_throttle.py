"""Guessing passwords is slowed down: for each account, for each address, and the same for everybody."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import func, select, update

from moving_clock import MovingClock
from tonearm.accounts.acting import Actor, acting_as
from tonearm.accounts.audit import Action, Audit, Wanted
from tonearm.accounts.errors import TooManyAttemptsError
from tonearm.accounts.people import Accounts
from tonearm.accounts.throttle import MOST_OF_ACCOUNT, MOST_OF_ADDRESS, Throttle
from tonearm.domain.errors import UnauthenticatedError
from tonearm.storage.database import Database
from tonearm.storage.tables import audit, users
from tonearm.storage.windows import Windows

PASSWORD = "correct horse battery"
WRONG = "a wrong guess"


@pytest.fixture
def accounts(database: Database, clock: MovingClock) -> Accounts:
    accounts = Accounts(database, clock)
    accounts.set_up("Ada", PASSWORD, "UTC")
    return accounts


def from_address(address: str) -> Any:  # noqa: ANN401 - a context manager
    return acting_as(Actor(None, "visitor", address))


def guess(accounts: Accounts, name: str, password: str = WRONG) -> type[Exception] | None:
    try:
        accounts.authenticate(name, password)
    except (UnauthenticatedError, TooManyAttemptsError) as error:
        return type(error)
    return None


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Let hashes cost nothing, and say of each check whether the password was right."""
    checks: list[bool] = []

    def verify(_: PasswordHash, password: bytes, hashed: str) -> bool:
        assert hashed.startswith("$argon2id$")
        checks.append(password == PASSWORD.encode())
        return checks[-1]

    monkeypatch.setattr(PasswordHash, "verify", verify)
    return checks


def test_an_account_is_locked_for_a_while_however_it_is_spelled_and_wherever_from(
    accounts: Accounts, clock: MovingClock
) -> None:
    for number in range(MOST_OF_ACCOUNT):
        with from_address(f"192.0.2.{number}"):
            assert guess(accounts, "Ada") is UnauthenticatedError

    with from_address("198.51.100.1"), pytest.raises(TooManyAttemptsError, match=r"in 301 s\.$"):
        accounts.authenticate(" ADA ", PASSWORD)

    clock.advance(minutes=5)
    assert guess(accounts, "Ada", PASSWORD) is None


def test_a_name_that_nobody_has_is_locked_like_others(accounts: Accounts) -> None:
    answers = [guess(accounts, "nobody") for _ in range(MOST_OF_ACCOUNT + 1)]

    assert answers == [UnauthenticatedError] * MOST_OF_ACCOUNT + [TooManyAttemptsError]
    assert guess(accounts, "Ada", PASSWORD) is None


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("first", "second", "other"),
    [
        ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
        ("2001:db8:1:2::7", "2001:db8:1:2:ffff::8", "2001:db8:1:3::7"),
        ("::ffff:192.0.2.7", "192.0.2.7", "::ffff:192.0.2.8"),
    ],
)
def test_an_address_is_locked_whatever_names_it_tries(
    accounts: Accounts, first: str, second: str, other: str
) -> None:
    for number in range(MOST_OF_ADDRESS):
        with from_address(first):
            assert guess(accounts, f"name {number}") is UnauthenticatedError

    with from_address(second):
        assert guess(accounts, "Ada") is TooManyAttemptsError
    with from_address(other):
        # What was refused for its address has not counted against the account either.
        assert [guess(accounts, "Ada") for _ in range(MOST_OF_ACCOUNT)].count(
            UnauthenticatedError
        ) == 10


@pytest.mark.usefixtures("quick")
def test_a_log_in_that_succeeds_counts_for_nothing(accounts: Accounts) -> None:
    with from_address("192.0.2.7"):
        for _ in range(2 * MOST_OF_ADDRESS):
            assert guess(accounts, "Ada", PASSWORD) is None
        # But it does not clear what the address did to others.
        for number in range(MOST_OF_ADDRESS):
            assert guess(accounts, f"name {number}") is UnauthenticatedError
            if number % 10 == 0:
                assert guess(accounts, "Ada", PASSWORD) is None
        assert guess(accounts, "Ada", PASSWORD) is TooManyAttemptsError


def test_guesses_at_the_same_time_are_slowed_down_too(accounts: Accounts) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda number: guess(accounts, "Ada", f"{number}"), range(16)))

    assert answers.count(UnauthenticatedError) == MOST_OF_ACCOUNT
    assert answers.count(TooManyAttemptsError) == 16 - MOST_OF_ACCOUNT


def test_processes_on_postgresql_slow_down_together(
    postgresql_url: str, clock: MovingClock
) -> None:
    databases = Database(postgresql_url), Database(postgresql_url)
    one, other = (Accounts(database, clock) for database in databases)
    one.set_up("Ada", PASSWORD, "UTC")

    answers = [guess(process, "Ada") for process in (one, other) * (MOST_OF_ACCOUNT // 2)]

    assert answers == [UnauthenticatedError] * MOST_OF_ACCOUNT
    assert guess(other, "Ada", PASSWORD) is TooManyAttemptsError
    for database in databases:
        database.close()


def told(database: Database, clock: MovingClock, action: Action) -> list[tuple[Any, ...]]:
    """Give whom the entries of an action were about, and from where, in their order."""
    found = Audit(database, clock).iter(Wanted(action=action))
    return [(entry.subject_id, entry.address, dict(entry.details)) for entry in found]


@pytest.mark.usefixtures("quick")
def test_a_flood_is_one_entry_for_each_account_and_address(
    accounts: Accounts, database: Database, clock: MovingClock
) -> None:
    ada = accounts.find("Ada")
    assert ada is not None
    for name in ("Ada", "nobody"):
        for number in range(2 * MOST_OF_ACCOUNT):
            with from_address(f"192.0.2.{number}"):
                guess(accounts, name)

    first = f"192.0.2.{MOST_OF_ACCOUNT}"
    refused: list[tuple[Any, ...]] = [(ada.id, first, {}), (None, first, {})]
    assert told(database, clock, Action.LOG_IN_THROTTLED) == refused
    with from_address("2001:db8:1:2::7"):
        for number in range(MOST_OF_ADDRESS + 1):
            guess(accounts, f"name {number}")
    for number in range(30):
        with from_address(f"2001:db8:1:2:ffff::{number}"):
            guess(accounts, "Ada")
    refused.append((None, "2001:db8:1:2::7", {}))
    assert told(database, clock, Action.LOG_IN_THROTTLED) == refused
    clock.advance(minutes=5)
    while guess(accounts, "Ada") is not TooManyAttemptsError:
        pass
    refused.append((ada.id, None, {}))
    assert told(database, clock, Action.LOG_IN_THROTTLED) == refused


def test_tokens_that_open_nothing_are_written_down_once_for_an_address(
    database: Database, clock: MovingClock
) -> None:
    here, there = (Throttle(database, Windows(database, clock), clock) for _ in range(2))

    def show(kind: str, address: str, throttle: Throttle = here) -> None:
        with from_address(address):
            throttle.note_guess(kind)

    for _ in range(3):
        show("reset", "192.0.2.7")
    for number in range(3):
        show("reset", f"2001:db8:1:2::{number}")
    show("invitation", "192.0.2.7")
    if not database.is_sqlite:  # processes count together there
        show("reset", "192.0.2.7", there)

    seen = [
        (None, "192.0.2.7", {"kind": "reset"}),
        (None, "2001:db8:1:2::0", {"kind": "reset"}),
        (None, "192.0.2.7", {"kind": "invitation"}),
    ]
    assert told(database, clock, Action.TOKEN_REFUSED) == seen
    clock.advance(minutes=5)
    show("reset", "192.0.2.7")
    assert len(told(database, clock, Action.TOKEN_REFUSED)) == len(seen) + 1


def test_a_new_password_unlocks_the_account(accounts: Accounts) -> None:
    while guess(accounts, "Ada") is not TooManyAttemptsError:
        pass
    ada = accounts.find("Ada")
    assert ada is not None

    accounts.set_password(ada.id, "staple the other one")

    assert guess(accounts, "Ada", "staple the other one") is None


@pytest.mark.parametrize("name", ["Ada", "nobody", "Bob", "Gone"])
def test_every_refusal_costs_one_hash_and_one_line_of_the_log(
    accounts: Accounts, database: Database, clock: MovingClock, quick: list[bool], name: str
) -> None:
    accounts.add("Bob", "UTC")  # without a password
    gone = accounts.add("Gone", "UTC")
    accounts.set_password(gone.id, PASSWORD)
    with database.write() as connection:
        connection.execute(update(users).where(users.c.id == gone.id).values(disabled_at=clock()))

    def lines() -> int:
        with database.read() as connection:
            return connection.scalar(select(func.count()).select_from(audit)) or 0

    before = lines()
    # For the disabled account it is the right one: that does not help, and does not show.
    password = PASSWORD if name == "Gone" else WRONG
    with pytest.raises(UnauthenticatedError, match=r"^Name or password is wrong\.$"):
        accounts.authenticate(name, password)

    assert len(quick) == 1
    assert lines() == before + 1


@pytest.mark.slow
def test_how_long_a_refusal_takes_does_not_tell_who_is_here(
    database: Database, clock: MovingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A tenth of the real work: a check left out would show as well, and anything else would show better.
    lesser = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=16_384, parallelism=1),))
    monkeypatch.setattr(PasswordHash, "recommended", lambda: lesser)
    accounts = Accounts(database, clock)
    accounts.set_up("Ada", PASSWORD, "UTC")
    guess(accounts, "warm up")
    known: list[float] = []
    unknown: list[float] = []
    # Turn by turn, so that whatever else this machine does slows both down alike.
    for _ in range(60):
        for name, took in (("Ada", known), ("Eve", unknown)):
            began = time.perf_counter()
            guess(accounts, name)
            took.append(time.perf_counter() - began)
            clock.advance(minutes=5)

    # How often a known name takes longer than an unknown one: half of all pairs where there is no difference. A check
    # left out for unknown names would make it all of them.
    longer = statistics.fmean(one > other for one in known for other in unknown)
    assert 0.2 < longer < 0.8


@pytest.mark.usefixtures("real_hashes")
def test_a_hash_of_lesser_strength_is_renewed_at_the_log_in(
    database: Database, clock: MovingClock
) -> None:
    accounts = Accounts(database, clock)
    accounts.set_up("Ada", PASSWORD, "UTC")

    def stored() -> str:
        with database.read() as connection:
            return connection.scalar(select(users.c.password_hash)) or ""

    weak = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8_192),)).hash(PASSWORD)
    with database.write() as connection:
        connection.execute(update(users).values(password_hash=weak))

    assert guess(accounts, "Ada") is UnauthenticatedError
    assert stored() == weak
    assert guess(accounts, "Ada", PASSWORD) is None
    renewed = stored()
    assert "m=65536" in renewed
    assert guess(accounts, "Ada", PASSWORD) is None
    assert stored() == renewed
