"""Sessions: log-ins that a browser carries, kept as hashes, each with an end."""

import hmac
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update

from tonearm.accounts.acting import actor
from tonearm.accounts.audit import Action, record
from tonearm.accounts.digest import digest
from tonearm.accounts.numbering import next_id
from tonearm.accounts.people import User, user_of
from tonearm.domain.errors import NotFoundError, UnavailableError
from tonearm.ops.clock import Clock
from tonearm.storage.database import Database
from tonearm.storage.tables import sessions, users

# Writing when somebody was last seen at every request would make each read a write.
_SEEN_EVERY = timedelta(minutes=5)
_LONGEST_AGENT = 256


@dataclass(frozen=True, slots=True)
class Session:
    """A log-in, without its secret."""

    id: int
    method: str
    """How it began: `password` or `oidc`."""
    created_at: datetime
    seen_at: datetime
    """When it was last used, within five minutes."""
    ends_at: datetime
    """When it ends at the latest; it ends sooner when it is not used."""
    address: str | None
    """Where it was begun from."""
    agent: str | None
    """What the browser calls itself."""


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session just begun: the only time that its token can be read."""

    user: User
    session: Session
    token: str


class Sessions:
    """The log-ins of everybody."""

    def __init__(
        self, database: Database, clock: Clock, *, idle: timedelta, longest: timedelta
    ) -> None:
        """Let sessions end when nobody has used them for `idle`, and `longest` after they began."""
        self._database = database
        self._clock = clock
        self._idle = idle
        self._longest = longest

    def begin(self, user: User, method: str, agent: str | None = None) -> NewSession:
        """Begin a session for somebody who has proven who they are."""
        token = token_urlsafe(32)
        now = self._clock()
        with self._database.write() as connection:
            connection.execute(delete(sessions).where(~self._is_alive()))
            session = Session(
                next_id(connection, sessions, user.id),
                method,
                now,
                now,
                now + self._longest,
                actor().address,
                agent[:_LONGEST_AGENT] if agent else None,
            )
            _insert(connection, user.id, session, digest(token))
            record(connection, now, Action.LOGGED_IN, subject_id=user.id, method=method)
        return NewSession(user, session, token)

    def find(self, token: str) -> tuple[User, Session] | None:
        """Give whose session this is; None where it is unknown or has ended, or its user is disabled."""
        hashed = digest(token)
        with self._database.read() as connection:
            row = connection.execute(
                select(sessions).where(sessions.c.token_hash == hashed, self._is_alive())
            ).one_or_none()
            if row is None or not hmac.compare_digest(row.token_hash, hashed):
                return None
            found = connection.execute(
                select(users).where(users.c.id == row.user_id, users.c.disabled_at.is_(None))
            )
            person = found.mappings().one_or_none()
        if person is None:
            return None
        now = self._clock()
        if now - row.seen_at > _SEEN_EVERY:
            with suppress(UnavailableError), self._database.write() as connection:
                connection.execute(
                    update(sessions)
                    .where(sessions.c.user_id == row.user_id, sessions.c.id == row.id)
                    .values(seen_at=now)
                )
        return user_of(person), _session(row)

    def list(self, user_id: int) -> list[Session]:
        """List somebody's sessions that have not ended, the newest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(sessions)
                .where(sessions.c.user_id == user_id, self._is_alive())
                .order_by(sessions.c.id.desc())
            ).all()
        return [_session(row) for row in rows]

    def end(self, token: str) -> None:
        """End the session of a token; an unknown one has ended already."""
        with self._database.write() as connection:
            ended = connection.execute(
                delete(sessions)
                .where(sessions.c.token_hash == digest(token))
                .returning(sessions.c.user_id)
            ).one_or_none()
            if ended is not None:
                record(connection, self._clock(), Action.LOGGED_OUT, subject_id=ended.user_id)

    def revoke(self, user_id: int, session_id: int) -> None:
        """End a session at once, in every process.

        Raises:
            NotFoundError: there is no such session.
        """
        with self._database.write() as connection:
            found = connection.execute(
                delete(sessions).where(
                    sessions.c.user_id == user_id, sessions.c.id == session_id, self._is_alive()
                )
            )
            if not found.rowcount:
                raise NotFoundError(f"There is no session {session_id}.")
            record(
                connection,
                self._clock(),
                Action.SESSION_REVOKED,
                subject_id=user_id,
                session=session_id,
            )

    def revoke_others(self, user_id: int, kept_id: int | None) -> int:
        """End all of somebody's sessions but one; gives how many have ended."""
        condition = sessions.c.user_id == user_id
        if kept_id is not None:
            condition &= sessions.c.id != kept_id
        with self._database.write() as connection:
            count = connection.execute(delete(sessions).where(condition)).rowcount
            if count:
                record(
                    connection,
                    self._clock(),
                    Action.SESSION_REVOKED,
                    subject_id=user_id,
                    sessions=count,
                )
        return count

    def _is_alive(self) -> ColumnElement[bool]:
        now = self._clock()
        return (sessions.c.ends_at > now) & (sessions.c.seen_at >= now - self._idle)


def _insert(connection: Connection, user_id: int, session: Session, hashed: str) -> None:
    connection.execute(
        insert(sessions).values(
            user_id=user_id,
            id=session.id,
            token_hash=hashed,
            method=session.method,
            created_at=session.created_at,
            seen_at=session.seen_at,
            ends_at=session.ends_at,
            address=session.address,
            agent=session.agent,
        )
    )


def _session(row: Row[Any]) -> Session:
    return Session(
        row.id, row.method, row.created_at, row.seen_at, row.ends_at, row.address, row.agent
    )
