"""API keys: named, scoped, expiring, shown once, and kept as hashes."""

import hmac
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from tonearm.accounts.audit import Action, record
from tonearm.accounts.digest import digest
from tonearm.accounts.numbering import lock_user, next_id
from tonearm.accounts.people import User, get_user, user_of
from tonearm.domain.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    UnavailableError,
)
from tonearm.domain.text import clean
from tonearm.domain.vocabulary import Scope
from tonearm.ops.clock import Clock
from tonearm.storage.database import Database
from tonearm.storage.tables import keys, users

KEY_PREFIX = "tnrm_"
LONGEST_NAME = 64
MOST_KEYS = 100
LONGEST_OVERLAP = timedelta(days=30)
_SHOWN_CHARACTERS = len(KEY_PREFIX) + 6
# Writing each use would make every read a write.
_USED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Key:
    """An API key, without the secret itself."""

    id: int
    name: str
    prefix: str
    """How the key begins."""
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None
    """None for a key that holds until it is revoked."""
    used_at: datetime | None
    """When it was last used, within five minutes."""
    used_from: str | None
    """The address it was last used from."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made: the only time that it can be read."""

    id: int
    key: str
    name: str
    scopes: tuple[Scope, ...]
    expires_at: datetime | None


class Keys:
    """The API keys of all listeners."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def create(
        self,
        user_id: int,
        name: str,
        scopes: Iterable[Scope],
        expires_at: datetime | None = None,
        *,
        by: User | None = None,
    ) -> NewKey:
        """Make a key for a listener; `by` is who makes it, if that may be somebody else.

        Raises:
            InvalidInputError: the name, the scopes or the end cannot be used; `admin` is for admins.
            NotFoundError: there is no such listener.
            ConflictError: the listener has too many keys.
            ForbiddenError: `by` may not make this key for somebody else.
        """
        chosen = tuple(sorted(set(scopes)))
        with self._database.write() as connection:
            lock_user(connection, user_id)
            user = get_user(connection, user_id)
            _check_maker(by, user, chosen)
            new = NewKey(
                next_id(connection, keys, user_id),
                KEY_PREFIX + token_urlsafe(32),
                _checked_name(name),
                _checked_scopes(chosen, user),
                self._checked_end(expires_at),
            )
            self._insert(connection, user_id, new)
            self._record(connection, Action.KEY_MADE, user_id, new.id, scopes=new.scopes)
        return new

    def list(self, user_id: int) -> list[Key]:
        """List a listener's keys that work, the newest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(keys)
                .where(keys.c.user_id == user_id, ~self._has_ended())
                .order_by(keys.c.id.desc())
            ).all()
        return [_key(row) for row in rows]

    def rotate(
        self,
        user_id: int,
        key_id: int,
        overlap: timedelta = timedelta(0),
        *,
        by: User | None = None,
    ) -> NewKey:
        """Make a key in place of another, which goes on working for a while.

        Raises:
            InvalidInputError: the overlap is negative or longer than 30 days.
            NotFoundError: the listener has no such key.
            ForbiddenError: `by` may not make this key for somebody else.
        """
        if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
            raise InvalidInputError(
                f"The overlap lies between 0 and {LONGEST_OVERLAP.days} days.", parameter="overlap"
            )
        now = self._clock()
        with self._database.write() as connection:
            lock_user(connection, user_id)
            old = self._get(connection, user_id, key_id)
            _check_maker(by, get_user(connection, user_id), old.scopes)
            secret = KEY_PREFIX + token_urlsafe(32)
            new = NewKey(
                next_id(connection, keys, user_id), secret, old.name, old.scopes, old.expires_at
            )
            self._insert(connection, user_id, new)
            _end(connection, user_id, old, now + overlap)
            self._record(connection, Action.KEY_ROTATED, user_id, old.id, into=new.id)
        return new

    def revoke(self, user_id: int, key_id: int, *, by: User | None = None) -> None:
        """End a key at once, in every process.

        Raises:
            NotFoundError: the listener has no such key.
            ForbiddenError: `by` stands below the listener.
        """
        with self._database.write() as connection:
            if by is not None:
                _check_rank(by, get_user(connection, user_id))
            _end(connection, user_id, self._get(connection, user_id, key_id), self._clock())
            self._record(connection, Action.KEY_REVOKED, user_id, key_id)

    def find_holder(self, key: str, address: str | None = None) -> tuple[User, Key] | None:
        """Give whose key this is; None where it is unknown or has ended."""
        if not key.startswith(KEY_PREFIX):
            return None
        hashed = digest(key)
        with self._database.read() as connection:
            row = connection.execute(
                select(keys).where(keys.c.key_hash == hashed, ~self._has_ended())
            ).one_or_none()
            if row is None or not hmac.compare_digest(row.key_hash, hashed):
                return None
            holder = connection.execute(
                select(users).where(users.c.id == row.user_id, users.c.disabled_at.is_(None))
            )
            person = holder.mappings().one_or_none()
        if person is None:
            return None
        now = self._clock()
        if row.used_at is None or now - row.used_at > _USED_EVERY or row.used_from != address:
            with suppress(UnavailableError), self._database.write() as connection:
                connection.execute(
                    update(keys)
                    .where(keys.c.user_id == row.user_id, keys.c.id == row.id)
                    .values(used_at=now, used_from=address)
                )
        return user_of(person), replace(_key(row), used_at=now, used_from=address)

    def _record(
        self,
        connection: Connection,
        action: Action,
        user_id: int,
        key_id: int,
        **details: Any,  # noqa: ANN401 - what JSON can hold
    ) -> None:
        record(connection, self._clock(), action, subject_id=user_id, key=key_id, **details)

    def _has_ended(self) -> Any:  # noqa: ANN401 - an SQL expression
        return keys.c.expires_at.is_not(None) & (keys.c.expires_at <= self._clock())

    def _checked_end(self, expires_at: datetime | None) -> datetime | None:
        if expires_at is not None and expires_at <= self._clock():
            raise InvalidInputError("A key must end in the future.", parameter="expires_at")
        return expires_at

    def _get(self, connection: Connection, user_id: int, key_id: int) -> Key:
        row = connection.execute(
            select(keys).where(keys.c.user_id == user_id, keys.c.id == key_id, ~self._has_ended())
        ).one_or_none()
        if row is None:
            raise NotFoundError(f"There is no key {key_id}.")
        return _key(row)

    def _insert(self, connection: Connection, user_id: int, new: NewKey) -> None:
        count = connection.scalar(
            select(func.count())
            .select_from(keys)
            .where(keys.c.user_id == user_id, ~self._has_ended())
        )
        if (count or 0) >= MOST_KEYS:
            raise ConflictError(f"There are {MOST_KEYS} keys already. Revoke one first.")
        connection.execute(
            insert(keys).values(
                user_id=user_id,
                id=new.id,
                key_hash=digest(new.key),
                name=new.name,
                prefix=new.key[:_SHOWN_CHARACTERS],
                scopes=" ".join(new.scopes),
                created_at=self._clock(),
                expires_at=new.expires_at,
            )
        )


def _end(connection: Connection, user_id: int, key: Key, at: datetime) -> None:
    """Let a key end, unless it ends sooner; its row stays, so that no other key gets its number."""
    ends_at = at if key.expires_at is None else min(at, key.expires_at)
    connection.execute(
        update(keys)
        .where(keys.c.user_id == user_id, keys.c.id == key.id)
        .values(expires_at=ends_at)
    )


def _check_maker(by: User | None, user: User, scopes: tuple[Scope, ...]) -> None:
    """See whether somebody may make a key for another, which they then could use in the other's name."""
    if by is None or by.id == user.id:
        return
    _check_rank(by, user)
    if Scope.ADMIN in scopes:
        raise ForbiddenError(
            "A key with the scope admin is made by whom it is for, since it changes their account."
        )


def _check_rank(by: User, user: User) -> None:
    if not by.role.covers(user.role):
        raise ForbiddenError(
            f"The role {user.role} is above yours, so their keys are not yours to change."
        )


def _checked_name(name: str) -> str:
    cleaned = clean(name) or ""
    if not cleaned or len(cleaned) > LONGEST_NAME or not cleaned.isprintable():
        raise InvalidInputError(
            f"The name must have 1 to {LONGEST_NAME} printable characters.", parameter="name"
        )
    return cleaned


def _checked_scopes(scopes: tuple[Scope, ...], user: User) -> tuple[Scope, ...]:
    if not scopes:
        raise InvalidInputError(
            f"A key needs at least one scope of {', '.join(Scope)}.", parameter="scopes"
        )
    if Scope.ADMIN in scopes and not user.is_admin:
        raise InvalidInputError(
            "Only keys of the owner and of admins have the scope admin.", parameter="scopes"
        )
    return scopes


def _key(row: Row[Any]) -> Key:
    return Key(
        id=row.id,
        name=row.name,
        prefix=row.prefix,
        scopes=tuple(map(Scope, row.scopes.split())),
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
        used_from=row.used_from,
    )
