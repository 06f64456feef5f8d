"""People of every role on a served Tonearm, and whatever each of them can show at the door."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import httpx2
from sqlalchemy import update

from serving import PASSWORD, serve, set_up
from tonearm.accounts.keys import Keys
from tonearm.accounts.people import Accounts, User
from tonearm.accounts.sessions import Sessions
from tonearm.domain.vocabulary import Role, Scope
from tonearm.ops.clock import system_clock
from tonearm.storage.database import Database
from tonearm.storage.tables import keys, users

COOKIE = "tonearm_session"
METRICS_TOKEN = "a-token-for-metrics-and-for-nothing-else"


@dataclass(frozen=True, slots=True)
class Cast:
    """A served Tonearm with its people; rooms of the test's own make what they show."""

    base: str
    database: Database
    accounts: Accounts
    sessions: Sessions
    keys: Keys
    people: dict[Role, User]
    """One of each role; the owner is Ada."""
    other: User
    """A second listener."""
    disabled_session: dict[str, str]
    """What a browser shows whose listener has been disabled since."""
    disabled_key: dict[str, str]
    """What a program shows whose maker, an admin, has been disabled since."""

    def session(self, user: User) -> dict[str, str]:
        """Give the headers of a browser that is logged in."""
        return session_headers(self.sessions, user)

    def revoked_session(self, user: User) -> dict[str, str]:
        """Give the headers of a browser whose log-in was revoked."""
        begun = self.sessions.begin(user, "password")
        self.sessions.revoke(user.id, begun.session.id)
        return {"cookie": f"{COOKIE}={begun.token}"}

    def key(self, user: User, scopes: Iterable[Scope]) -> dict[str, str]:
        """Give the headers of a program with a key."""
        return {"authorization": f"Bearer {self._make_key(user, scopes)[0]}"}

    def expired_key(self, user: User, scopes: Iterable[Scope]) -> dict[str, str]:
        """Give the headers of a program with a key that has ended."""
        key, key_id = self._make_key(user, scopes)
        ended = system_clock() - timedelta(seconds=1)
        with self.database.write() as connection:
            place = (keys.c.user_id == user.id, keys.c.id == key_id)
            connection.execute(update(keys).where(*place).values(expires_at=ended))
        return {"authorization": f"Bearer {key}"}

    def client(self, user: User) -> httpx2.Client:
        """Give a client that is logged in."""
        return httpx2.Client(base_url=self.base, headers=self.session(user), timeout=60)

    def _make_key(self, user: User, scopes: Iterable[Scope]) -> tuple[str, int]:
        # There is a limit of keys for each person, and these are many.
        for known in self.keys.list(user.id)[10:]:
            self.keys.revoke(user.id, known.id)
        made = self.keys.create(user.id, "shown", scopes)
        return made.key, made.id


def session_headers(sessions: Sessions, user: User) -> dict[str, str]:
    """Give the headers of a browser that is logged in."""
    return {"cookie": f"{COOKIE}={sessions.begin(user, 'password').token}"}


@contextmanager
def gather(folder: Path) -> Iterator[Cast]:
    """Serve a data folder on which somebody of every role has an account."""
    with serve(folder, metrics_token=METRICS_TOKEN) as base:
        with set_up(base):
            pass
        database = Database(f"sqlite:///{folder / 'tonearm.db'}")
        yield _gathered(base, database)
        database.close()


def _gathered(base: str, database: Database) -> Cast:
    accounts, keys_made = Accounts(database, system_clock), Keys(database, system_clock)
    longest = timedelta(days=1)
    sessions = Sessions(database, system_clock, idle=longest, longest=longest)
    people = {Role.OWNER: accounts.ensure_owner()}
    for role in Role:
        if role is not Role.OWNER:
            people[role] = add_person(database, f"A {role}", role)
    gone = add_person(database, "Gone", Role.ADMIN)
    disabled_session = session_headers(sessions, gone)
    disabled_key = {"authorization": f"Bearer {keys_made.create(gone.id, 'shown', [*Scope]).key}"}
    with database.write() as connection:
        place = users.c.id == gone.id
        connection.execute(update(users).where(place).values(disabled_at=system_clock()))
    return Cast(
        base,
        database,
        accounts,
        sessions,
        keys_made,
        people,
        add_person(database, "Oli"),
        disabled_session,
        disabled_key,
    )


def add_person(database: Database, name: str, role: Role = Role.LISTENER) -> User:
    """Add somebody of a role, who can log in."""
    accounts = Accounts(database, system_clock)
    user = accounts.add(name, "UTC")
    accounts.set_password(user.id, PASSWORD)
    with database.write() as connection:
        connection.execute(update(users).where(users.c.id == user.id).values(role=role.value))
    return replace(user, role=role)
