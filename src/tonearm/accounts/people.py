"""Listeners, their log-ins and their keys."""

import hmac
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from tonearm.accounts.audit import Action, record
from tonearm.accounts.passwords import Passwords
from tonearm.accounts.throttle import Throttle
from tonearm.accounts.zones import check_zone, machine_zone
from tonearm.domain.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    UnauthenticatedError,
)
from tonearm.domain.preferences import Preferences
from tonearm.domain.text import clean, normalise
from tonearm.domain.vocabulary import Role, Rule
from tonearm.ops.clock import Clock
from tonearm.storage.database import Database
from tonearm.storage.tables import instance, sessions, users

LONGEST_NAME = 64
_LOCAL_OWNER = "owner"
_OWNER_ROW = "owner"
_SETUP_TOKEN_ROW = "setup_token"  # noqa: S105 - the name of a row, not a secret


@dataclass(frozen=True, slots=True)
class User:
    """A listener with an account here."""

    id: int
    name: str
    role: Role
    zone: str
    """IANA name of the zone in which days are counted."""
    has_password: bool
    created_at: datetime
    rule: Rule = Rule.THIRTY_SECONDS
    """What counts as a play, unless a question says otherwise."""
    counts_private: bool = True
    """Whether plays of private sessions count, unless a question says otherwise."""
    travels: bool = False
    """Whether a play's country chooses the zone of its day and hour."""
    is_disabled: bool = False
    """Whether this account opens nothing any more."""
    email: str | None = None

    @property
    def preferences(self) -> Preferences:
        """How this listener wants to be counted."""
        return Preferences(self.zone, self.rule, self.counts_private, self.travels)

    @property
    def is_owner(self) -> bool:
        """Whether this listener runs the instance."""
        return self.role is Role.OWNER

    @property
    def is_admin(self) -> bool:
        """Whether this person looks after others."""
        return self.role.covers(Role.ADMIN)


class Accounts:
    """Who may use this instance, and who is calling."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._passwords = Passwords()
        self._throttle = Throttle(clock)
        self._is_set_up = False

    def stamp(self) -> int | None:
        """Give a number that changes when anything here may have changed; None where there is none."""
        return self._database.stamp()

    def check_database(self) -> None:
        """Ask the database for an answer.

        Raises:
            UnavailableError: it gives none.
        """
        with self._database.read() as connection:
            connection.execute(select(instance.c.key).limit(1))

    def is_set_up(self) -> bool:
        """Tell whether an owner with a password exists."""
        if not self._is_set_up:
            with self._database.read() as connection:
                owner = _owner(connection)
            self._is_set_up = owner is not None and owner.has_password
        return self._is_set_up

    def set_up(self, name: str, password: str, zone: str) -> User:
        """Make the owner, or give the local owner a name, a password and a zone.

        Raises:
            InvalidInputError: name, password or zone cannot be used.
            ConflictError: the instance is set up already, or the name is taken.
        """
        values = {**_name_values(name), "zone": check_zone(zone)}
        if self.is_set_up():
            raise _set_up_already()
        values["password_hash"] = self._passwords.hash(password)
        try:
            with self._database.write() as connection:
                owner = _owner(connection)
                if owner is None:
                    owner_id = self._insert_owner(connection, values)
                else:
                    owner_id = owner.id
                    statement = update(users).where(
                        users.c.id == owner_id, users.c.password_hash.is_(None)
                    )
                    if not connection.execute(statement.values(**values)).rowcount:
                        raise _set_up_already()
                connection.execute(delete(instance).where(instance.c.key == _SETUP_TOKEN_ROW))
                record(connection, self._clock(), Action.SET_UP, subject_id=owner_id)
                return get_user(connection, owner_id)
        except IntegrityError as error:
            if self.is_set_up():
                raise _set_up_already() from error
            raise _name_taken() from error

    def ensure_owner(self) -> User:
        """Give the owner; on a fresh instance make one named "owner" without a password."""
        with self._database.read() as connection:
            owner = _owner(connection)
        if owner is not None:
            return owner
        values = {**_name_values(_LOCAL_OWNER), "zone": machine_zone(), "password_hash": None}
        # Another process may be quicker: then its owner is the owner.
        with suppress(IntegrityError), self._database.write() as connection:
            if _owner(connection) is None:
                self._insert_owner(connection, values)
        with self._database.read() as connection:
            owner = _owner(connection)
        if owner is None:
            raise _name_taken()
        return owner

    def add(self, name: str, zone: str) -> User:
        """Add a listener without a password.

        Raises:
            InvalidInputError: name or zone cannot be used.
            ConflictError: the name is taken.
        """
        values = {**_name_values(name), "zone": check_zone(zone), "role": Role.LISTENER.value}
        try:
            with self._database.write() as connection:
                user = get_user(connection, self._insert_user(connection, values))
                record(
                    connection, self._clock(), Action.USER_ADDED, subject_id=user.id, role=user.role
                )
                return user
        except IntegrityError as error:
            raise _name_taken() from error

    def list(self) -> list[User]:
        """Give every listener, in order of their coming."""
        with self._database.read() as connection:
            rows = connection.execute(select(users).order_by(users.c.id)).mappings()
            return [user_of(row) for row in rows]

    def find(self, name: str) -> User | None:
        """Give the listener of a name, however it is spelled."""
        with self._database.read() as connection:
            return _find(connection, users.c.name_key == normalise(clean(name)))

    def get(self, user_id: int) -> User:
        """Give a listener.

        Raises:
            NotFoundError: there is none with this id.
        """
        with self._database.read() as connection:
            return get_user(connection, user_id)

    def set_password(self, user_id: int, password: str) -> User:
        """Set a password and end every log-in made with the old one.

        Raises:
            InvalidInputError: the password is too short or too long.
            NotFoundError: there is no such listener.
        """
        hashed = self._passwords.hash(password)
        with self._database.write() as connection:
            connection.execute(
                update(users).where(users.c.id == user_id).values(password_hash=hashed)
            )
            connection.execute(delete(sessions).where(sessions.c.user_id == user_id))
            user = get_user(connection, user_id)
            if user.is_owner:
                connection.execute(delete(instance).where(instance.c.key == _SETUP_TOKEN_ROW))
            record(connection, self._clock(), Action.PASSWORD_CHANGED, subject_id=user_id)
            return user

    def set_preferences(self, user_id: int, wanted: Preferences) -> User:
        """Set how a listener is counted; it holds from the next question on.

        Raises:
            InvalidInputError: there is no such zone.
            NotFoundError: there is no such listener.
        """
        check_zone(wanted.zone)
        with self._database.write() as connection:
            connection.execute(update(users).where(users.c.id == user_id).values(**asdict(wanted)))
            record(connection, self._clock(), Action.PREFERENCES_CHANGED, subject_id=user_id)
            return get_user(connection, user_id)

    def authenticate(self, name: str, password: str) -> User:
        """Give who this is, by name and password.

        Raises:
            UnauthenticatedError: name or password is wrong, or the account is disabled; which one is not told.
            TooManyAttemptsError: this name failed too often just now.
        """
        name_key = normalise(clean(name[: LONGEST_NAME * 4]))
        self._throttle.begin(name_key)
        with self._database.read() as connection:
            condition = (users.c.name_key == name_key) & users.c.disabled_at.is_(None)
            row = connection.execute(select(users).where(condition)).mappings().one_or_none()
        hashed = row["password_hash"] if row else None
        if not self._passwords.verify(password, hashed) or row is None:
            with self._database.write() as connection:
                now = self._clock()
                record(connection, now, Action.LOG_IN_FAILED, name=name_key[:LONGEST_NAME])
            raise UnauthenticatedError("Name or password is wrong.")
        self._throttle.succeeded(name_key)
        return user_of(row)

    def setup_token(self) -> str:
        """Give the token that a first visit from another machine must show; one for all processes.

        It lies in the database as it is, so that every start can print it; the set-up removes it.

        Raises:
            ConflictError: the instance is set up, so there is none.
        """
        if self.is_set_up():
            raise _set_up_already()
        with suppress(IntegrityError), self._database.write() as connection:
            token = _stored_setup_token(connection)
            if token is not None:
                return token
            token = token_urlsafe(16)
            connection.execute(insert(instance).values(key=_SETUP_TOKEN_ROW, value=token))
            return token
        with self._database.read() as connection:
            return _stored_setup_token(connection) or ""

    def check_setup_token(self, text: str) -> bool:
        """Tell whether a text is the set-up token."""
        with self._database.read() as connection:
            token = _stored_setup_token(connection)
        given = text.strip().encode("utf-8", "replace")
        return token is not None and hmac.compare_digest(token.encode(), given)

    def _insert_owner(self, connection: Connection, values: Mapping[str, Any]) -> int:
        owner_id = self._insert_user(connection, {**values, "role": Role.OWNER.value})
        # Of two starters at the same time only one can write this row: there is one owner.
        connection.execute(insert(instance).values(key=_OWNER_ROW, value=str(owner_id)))
        return owner_id

    def _insert_user(self, connection: Connection, values: Mapping[str, Any]) -> int:
        statement = insert(users).values(created_at=self._clock(), **values).returning(users.c.id)
        return int(connection.execute(statement).scalar_one())


def _name_values(name: str) -> dict[str, Any]:
    cleaned = clean(name) or ""
    key = normalise(cleaned)
    # Some characters fold to several, so the key is measured too.
    if not key or max(len(cleaned), len(key)) > LONGEST_NAME or not cleaned.isprintable():
        raise InvalidInputError(
            f"The name must have 1 to {LONGEST_NAME} printable characters.", parameter="name"
        )
    return {"name": cleaned, "name_key": key}


def user_of(row: Mapping[Any, Any]) -> User:
    """Make a listener of a row of `users`."""
    return User(
        id=row["id"],
        name=row["name"],
        role=Role(row["role"]),
        zone=row["zone"],
        has_password=row["password_hash"] is not None,
        created_at=row["created_at"],
        rule=Rule(row["rule"]),
        counts_private=row["counts_private"],
        travels=row["travels"],
        is_disabled=row["disabled_at"] is not None,
        email=row["email"],
    )


def _find(connection: Connection, condition: ColumnElement[bool]) -> User | None:
    row = connection.execute(select(users).where(condition)).mappings().one_or_none()
    return None if row is None else user_of(row)


def get_user(connection: Connection, user_id: int) -> User:
    """Give a listener; raises NotFoundError."""
    user = _find(connection, users.c.id == user_id)
    if user is None:
        raise NotFoundError("There is no such listener.")
    return user


def _owner(connection: Connection) -> User | None:
    return _find(connection, users.c.role == Role.OWNER.value)


def _stored_setup_token(connection: Connection) -> str | None:
    return connection.scalar(select(instance.c.value).where(instance.c.key == _SETUP_TOKEN_ROW))


def _set_up_already() -> ConflictError:
    return ConflictError("This Tonearm is set up already. Log in instead.")


def _name_taken() -> ConflictError:
    return ConflictError("Another listener has this name. Choose another one.")
