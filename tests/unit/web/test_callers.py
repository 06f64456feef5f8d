"""Who is calling, and how long that is remembered."""

import asyncio

import pytest
from starlette.requests import Request

from moving_clock import MovingClock
from tonearm.accounts.people import Accounts
from tonearm.storage.database import Database
from tonearm.web.callers import REMEMBERED_SECONDS, Callers

PASSWORD = "correct horse battery"


class Seconds:
    """A monotonic clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def accounts(sqlite_database: Database, clock: MovingClock) -> Accounts:
    return Accounts(sqlite_database, clock, session_days=1)


def find(callers: Callers, authorization: str) -> str | None:
    headers = [(b"authorization", authorization.encode())]
    user = asyncio.run(callers.find(Request({"type": "http", "headers": headers})))
    return user.name if user else None


def test_what_is_ended_ends_at_once_or_in_a_moment(database: Database, clock: MovingClock) -> None:
    accounts = Accounts(database, clock, session_days=1)
    seconds = Seconds()
    callers = Callers(accounts, seconds)
    key = accounts.create_owner_key(accounts.set_up("Ada", PASSWORD, "UTC").id)
    assert find(callers, f"Bearer {key}") == "Ada"
    assert find(callers, f"Bearer {key}") == "Ada"

    with database.write() as connection:
        connection.exec_driver_sql("DELETE FROM api_keys")
    seconds.now += REMEMBERED_SECONDS - 0.1
    # SQLite tells that somebody has committed; PostgreSQL would have to be asked.
    assert find(callers, f"Bearer {key}") == (None if database.is_sqlite else "Ada")
    seconds.now += 0.2
    assert find(callers, f"Bearer {key}") is None


def test_a_forgotten_caller_is_asked_for_again(
    accounts: Accounts, sqlite_database: Database
) -> None:
    callers = Callers(accounts, Seconds())
    key = accounts.create_owner_key(accounts.set_up("Ada", PASSWORD, "UTC").id)
    assert find(callers, f"Bearer {key}") == "Ada"
    with sqlite_database.write() as connection:
        connection.exec_driver_sql("DELETE FROM api_keys")

    callers.forget(key)

    assert find(callers, f"Bearer {key}") is None


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer ", "Basic QTpC", "tnrm_x"])
def test_what_is_no_key_is_nobody(accounts: Accounts, authorization: str) -> None:
    assert find(Callers(accounts), authorization) is None
