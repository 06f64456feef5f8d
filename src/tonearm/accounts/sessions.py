"""Sessions: log-ins, carried by a browser's cookie or by an API client's tokens; kept as hashes, each with an end."""

import hmac
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, delete, insert, select, update

from tonearm.accounts.acting import actor
from tonearm.accounts.audit import Action, record
from tonearm.accounts.digest import digest
from tonearm.accounts.numbering import lock_user, next_id
from tonearm.accounts.people import User, user_of
from tonearm.domain.errors import NotFoundError, UnavailableError
from tonearm.domain.vocabulary import Scope
from tonearm.ops.clock import Clock
from tonearm.storage.database import Database
from tonearm.storage.tables import sessions, token_families, users

# Writing when somebody was last seen at every request would make each read a write.
_SEEN_EVERY = timedelta(minutes=5)
_LONGEST_AGENT = 256


class SessionKind(StrEnum):
    """What carries a session."""

    COOKIE = "cookie"
    TOKEN = "token"  # noqa: S105 - the name of a kind


@dataclass(frozen=True, slots=True)
class Session:
    """A log-in, without its secret."""

    id: int
    kind: SessionKind
    """`cookie` for browsers, `token` for API clients."""
    method: str
    """How it began: `password` or `oidc`."""
    created_at: datetime
    seen_at: datetime
    """When it was last used: within five minutes; of tokens, when they were last refreshed."""
    ends_at: datetime
    """When it ends at the latest; it ends sooner when it is not used."""
    address: str | None
    """Where it was begun from."""
    agent: str | None
    """What the browser or program calls itself."""
    scopes: tuple[Scope, ...] = tuple(Scope)
    """What it is for; a browser's is for everything that its user may."""


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
            session = insert_session(
                connection,
                sessions,
                user.id,
                method=method,
                began_at=now,
                ends_at=now + self._longest,
                agent=agent,
                token_hash=digest(token),
            )
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
        return user_of(person), session_of(row)

    def list(self, user_id: int) -> list[Session]:
        """List somebody's sessions of either kind that have not ended, the newest first."""
        with self._database.read() as connection:
            found = [
                session_of(row)
                for table in (sessions, token_families)
                for row in connection.execute(
                    select(table).where(table.c.user_id == user_id, self._is_alive(table))
                )
            ]
        return sorted(found, key=lambda session: session.id, reverse=True)

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
            count = sum(
                connection.execute(
                    delete(table).where(
                        table.c.user_id == user_id, table.c.id == session_id, self._is_alive(table)
                    )
                ).rowcount
                for table in (sessions, token_families)
            )
            if not count:
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
        with self._database.write() as connection:
            count = sum(
                connection.execute(
                    delete(table).where(table.c.user_id == user_id, table.c.id != (kept_id or 0))
                ).rowcount
                for table in (sessions, token_families)
            )
            if count:
                record(
                    connection,
                    self._clock(),
                    Action.SESSION_REVOKED,
                    subject_id=user_id,
                    sessions=count,
                )
        return count

    def _is_alive(self, table: Table = sessions) -> ColumnElement[bool]:
        return is_alive(table, self._clock(), self._idle)


def insert_session(
    connection: Connection,
    table: Table,
    user_id: int,
    *,
    method: str,
    began_at: datetime,
    ends_at: datetime,
    agent: str | None,
    **values: Any,  # noqa: ANN401 - what else the table holds
) -> Session:
    """Insert a session into the table of its kind, and write the log-in down."""
    lock_user(connection, user_id)
    # One numbering for both kinds, so that a number names one session.
    number = max(next_id(connection, kind, user_id) for kind in (sessions, token_families))
    row = connection.execute(
        insert(table)
        .values(
            user_id=user_id,
            id=number,
            method=method,
            created_at=began_at,
            seen_at=began_at,
            ends_at=ends_at,
            address=actor().address,
            agent=agent[:_LONGEST_AGENT] if agent else None,
            **values,
        )
        .returning(table)
    ).one()
    session = session_of(row)
    record(
        connection,
        began_at,
        Action.LOGGED_IN,
        subject_id=user_id,
        method=method,
        session=number,
        kind=session.kind,
    )
    return session


def is_alive(table: Table, now: datetime, idle: timedelta) -> ColumnElement[bool]:
    """Give the condition under which a row of either kind has not ended."""
    return (table.c.ends_at > now) & (table.c.seen_at >= now - idle)


def session_of(row: Row[Any]) -> Session:
    """Make a session of a row of `sessions` or `token_families`."""
    is_token = "scopes" in row._fields
    return Session(
        id=row.id,
        kind=SessionKind.TOKEN if is_token else SessionKind.COOKIE,
        method=row.method,
        created_at=row.created_at,
        seen_at=row.seen_at,
        ends_at=row.ends_at,
        address=row.address,
        agent=row.agent,
        scopes=tuple(map(Scope, row.scopes.split())) if is_token else tuple(Scope),
    )
