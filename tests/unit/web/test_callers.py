"""Who is calling, and how long that is remembered."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.requests import Request

from moving_clock import MovingClock
from tonearm.accounts.keys import Keys
from tonearm.accounts.people import Accounts
from tonearm.accounts.sessions import Sessions
from tonearm.accounts.signing import SigningKeys
from tonearm.accounts.tokens import Tokens
from tonearm.domain.errors import UnauthenticatedError
from tonearm.domain.vocabulary import Scope
from tonearm.storage.database import Database
from tonearm.web.callers import Callers

PASSWORD = "correct horse battery"


class Seconds:
    """A monotonic clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def accounts(sqlite_database: Database, clock: MovingClock) -> Accounts:
    return Accounts(sqlite_database, clock)


@pytest.fixture
def keys(sqlite_database: Database, clock: MovingClock) -> Keys:
    return Keys(sqlite_database, clock)


@pytest.fixture
def sessions(sqlite_database: Database, clock: MovingClock) -> Sessions:
    return sessions_of(sqlite_database, clock)


def sessions_of(database: Database, clock: MovingClock) -> Sessions:
    return Sessions(database, clock, idle=timedelta(days=1), longest=timedelta(days=1))


@pytest.fixture
def tokens(sqlite_database: Database, clock: MovingClock, tmp_path: Path) -> Tokens:
    return tokens_of(sqlite_database, clock, tmp_path)


def tokens_of(database: Database, clock: MovingClock, folder: Path) -> Tokens:
    keys = SigningKeys(folder / "keys.json", database, clock, must_be_private=True)
    ends = {"idle": timedelta(days=1), "longest": timedelta(days=1)}
    return Tokens(database, clock, keys, **ends)


def find(callers: Callers, authorization: str) -> str | None:
    headers = [(b"authorization", authorization.encode())]
    calling = asyncio.run(callers.find(Request({"type": "http", "headers": headers})))
    return calling.user.name if calling else None


def test_what_is_revoked_ends_at_once_in_every_process(
    database: Database, clock: MovingClock, tmp_path: Path
) -> None:
    accounts, keys = Accounts(database, clock), Keys(database, clock)
    sessions = sessions_of(database, clock)
    tokens = tokens_of(database, clock, tmp_path)
    here, there = (
        Callers(
            accounts,
            sessions_of(database, clock),
            Keys(database, clock),
            tokens_of(database, clock, tmp_path),
            Seconds(),
        )
        for _ in range(2)
    )
    user = accounts.set_up("Ada", PASSWORD, "UTC")
    key = keys.create(user.id, "phone", Scope)
    token = tokens.begin(user, "password").access_token
    for callers in (here, there, here):
        assert find(callers, f"Bearer {key.key}") == find(callers, f"Bearer {token}") == "Ada"

    keys.revoke(user.id, key.id)
    for callers in (here, there):
        assert find(callers, f"Bearer {key.key}") is None

    sessions.revoke(user.id, 1)
    for callers in (here, there):
        with pytest.raises(UnauthenticatedError, match="has ended"):
            find(callers, f"Bearer {token}")


def test_a_key_that_expires_does_so_to_the_second(
    accounts: Accounts, sessions: Sessions, keys: Keys, tokens: Tokens, clock: MovingClock
) -> None:
    callers = Callers(accounts, sessions, keys, tokens, Seconds())
    user = accounts.set_up("Ada", PASSWORD, "UTC")
    key = keys.create(user.id, "guest", Scope, clock() + timedelta(seconds=2)).key
    assert find(callers, f"Bearer {key}") == "Ada"

    clock.advance(seconds=2)

    assert find(callers, f"Bearer {key}") is None


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Basic QTpC", "tnrm_x", "Bearer x", "Bearer x.y", "Digest a.b.c"],
)
def test_what_is_no_key_is_nobody(
    accounts: Accounts, sessions: Sessions, keys: Keys, tokens: Tokens, authorization: str
) -> None:
    assert find(Callers(accounts, sessions, keys, tokens), authorization) is None
