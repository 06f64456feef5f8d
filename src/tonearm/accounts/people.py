"""Listeners, their log-ins and their keys."""

import hmac
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update
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
from tonearm.domain.events import EventName
from tonearm.domain.preferences import (
    USUAL_PRESENTATION,
    Language,
    Preferences,
    Presentation,
    Theme,
)
from tonearm.domain.text import clean, is_writable, normalise
from tonearm.domain.vocabulary import Role, Rule
from tonearm.ops.clock import Clock
from tonearm.storage.database import Database
from tonearm.storage.oauth_tables import oauth_grants
from tonearm.storage.tables import (
    instance,
    password_resets,
    sessions,
    token_families,
    users,
)
from tonearm.storage.windows import Windows

LONGEST_NAME = 64
_DAYS_OF_WEEK = range(1, 8)
_LOCAL_OWNER = "owner"
_OWNER_ROW = "owner"
LAST_GONE_ROW = "last_gone"
"""The row of `instance` that keeps the highest number of those who were deleted."""
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
    presentation: Presentation = USUAL_PRESENTATION
    """How this listener is shown and told things."""
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

    def __init__(
        self,
        database: Database,
        clock: Clock,
        passwords: Passwords | None = None,
        throttle: Throttle | None = None,
    ) -> None:
        """Share `passwords` and `throttle` with whoever else asks for passwords."""
        self._database = database
        self._clock = clock
        self._passwords = passwords or Passwords()
        self._throttle = throttle or Throttle(database, Windows(database, clock), clock)
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

    def set_up(
        self,
        name: str,
        password: str,
        zone: str,
        presentation: Presentation = USUAL_PRESENTATION,
    ) -> User:
        """Make the owner, or give the local owner a name, a password, a zone, and how pages are shown.

        Raises:
            InvalidInputError: name, password or zone cannot be used.
            ConflictError: the instance is set up already, or the name is taken.
        """
        values = {
            **name_values(name),
            **presentation_values(presentation),
            "zone": check_zone(zone),
        }
        if self.is_set_up():
            raise _set_up_already()
        values["password_hash"] = self._passwords.hash(password, values["name"])
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
            raise name_taken() from error

    def ensure_owner(self) -> User:
        """Give the owner; on a fresh instance make one named "owner" without a password."""
        with self._database.read() as connection:
            owner = _owner(connection)
        if owner is not None:
            return owner
        values = {**name_values(_LOCAL_OWNER), "zone": machine_zone(), "password_hash": None}
        # Another process may be quicker: then its owner is the owner.
        with suppress(IntegrityError), self._database.write() as connection:
            if _owner(connection) is None:
                self._insert_owner(connection, values)
        with self._database.read() as connection:
            owner = _owner(connection)
        if owner is None:
            raise name_taken()
        return owner

    def add(self, name: str, zone: str, role: Role = Role.LISTENER) -> User:
        """Add somebody without a password.

        Raises:
            InvalidInputError: name or zone cannot be used, or the role is the owner's.
            ConflictError: the name is taken.
        """
        if role is Role.OWNER:
            raise InvalidInputError("There is one owner, and can be no other.", parameter="role")
        values = {**name_values(name), "zone": check_zone(zone), "role": role.value}
        try:
            with self._database.write() as connection:
                user = insert_user(connection, values, self._clock())
                record(
                    connection, self._clock(), Action.USER_ADDED, subject_id=user.id, role=user.role
                )
                return user
        except IntegrityError as error:
            raise name_taken() from error

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
            InvalidInputError: the password cannot be used.
            NotFoundError: there is no such listener.
        """
        hashed = self._passwords.hash(password, self.get(user_id).name)
        with self._database.write() as connection:
            user = replace_password(connection, user_id, hashed)
            record(connection, self._clock(), Action.PASSWORD_CHANGED, subject_id=user_id)
        self._throttle.forget(normalise(user.name))
        return user

    def set_preferences(
        self, user_id: int, wanted: Preferences, presentation: Presentation | None = None
    ) -> User:
        """Set how a listener is counted, and shown and told things; it holds from the next question on.

        Raises:
            InvalidInputError: there is no such zone, or no such day of the week.
            NotFoundError: there is no such listener.
        """
        check_zone(wanted.zone)
        with self._database.write() as connection:
            user = get_user(connection, user_id)
            shown = presentation or user.presentation
            shown = replace(shown, muted=tuple(sorted(set(shown.muted))))
            if shown.week_start not in _DAYS_OF_WEEK:
                raise InvalidInputError(
                    "A week begins with a day from 1, Monday, to 7, Sunday.", parameter="week_start"
                )
            before = asdict(user.preferences) | asdict(user.presentation)
            values = asdict(wanted) | asdict(shown)
            changed = sorted(name for name in values if values[name] != before[name])
            values["muted"] = " ".join(shown.muted) or None
            connection.execute(update(users).where(users.c.id == user_id).values(**values))
            if changed:
                now = self._clock()
                action = Action.PREFERENCES_CHANGED
                record(connection, now, action, subject_id=user_id, changed=changed)
            return get_user(connection, user_id)

    def authenticate(self, name: str, password: str) -> User:
        """Give who this is, by name and password.

        Raises:
            UnauthenticatedError: name or password is wrong, or the account is disabled; which one is not told.
            TooManyAttemptsError: this name, or this address, failed too often just now.
        """
        name_key = normalise(clean(name[: LONGEST_NAME * 4]))
        self._throttle.begin(name_key)
        with self._database.read() as connection:
            found = connection.execute(select(users).where(users.c.name_key == name_key))
            row = found.mappings().one_or_none()
        # Whoever it is, one hash is computed and one line is written, so that each refusal takes as long.
        is_right = self._passwords.verify(password, row["password_hash"] if row else None)
        if row is None or not is_right or row["disabled_at"] is not None:
            with self._database.write() as connection:
                now = self._clock()
                # Not what was typed as a name: people type passwords there.
                whose = row["id"] if row else None
                record(connection, now, Action.LOG_IN_FAILED, subject_id=whose)
            raise UnauthenticatedError("Name or password is wrong.")
        self._throttle.succeeded(name_key)
        renewed = self._passwords.renew(password, row["password_hash"])
        if renewed is not None:
            is_same = users.c.password_hash == row["password_hash"]
            with self._database.write() as connection:
                connection.execute(
                    update(users)
                    .where(users.c.id == row["id"], is_same)
                    .values(password_hash=renewed)
                )
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
        """Tell whether a text is the set-up token; that another one was shown is written down."""
        with self._database.read() as connection:
            token = _stored_setup_token(connection)
        given = text.strip().encode("utf-8", "replace")
        is_right = token is not None and hmac.compare_digest(token.encode(), given)
        if given and not is_right:
            self._throttle.note_guess("set-up")
        return is_right

    def _insert_owner(self, connection: Connection, values: Mapping[str, Any]) -> int:
        now = self._clock()
        owner_id = insert_user(connection, {**values, "role": Role.OWNER.value}, now).id
        # Of two starters at the same time only one can write this row: there is one owner.
        connection.execute(insert(instance).values(key=_OWNER_ROW, value=str(owner_id)))
        return owner_id


def insert_user(connection: Connection, values: Mapping[str, Any], at: datetime) -> User:
    """Insert somebody under a number that nobody has had; raises IntegrityError where the name is taken."""
    values = {**values, "created_at": at}
    if connection.dialect.name == "sqlite":
        # It gives the number of the last one again once they are gone. PostgreSQL counts on.
        last = connection.scalar(select(func.max(users.c.id))) or 0
        gone = connection.scalar(select(instance.c.value).where(instance.c.key == LAST_GONE_ROW))
        values["id"] = max(last, int(gone or 0)) + 1
    row = connection.execute(insert(users).values(**values).returning(users)).mappings().one()
    return user_of(row)


def replace_password(
    connection: Connection, user_id: int, hashed: str, kept_id: int | None = None
) -> User:
    """Write a password's hash; every log-in, grant and reset made with the old one ends, but a session that is kept."""
    connection.execute(update(users).where(users.c.id == user_id).values(password_hash=hashed))
    for table in (sessions, token_families):
        ended = delete(table).where(table.c.user_id == user_id, table.c.id != (kept_id or 0))
        connection.execute(ended)
    # Whoever had the old password may have let a program in.
    connection.execute(delete(oauth_grants).where(oauth_grants.c.user_id == user_id))
    connection.execute(delete(password_resets).where(password_resets.c.user_id == user_id))
    user = get_user(connection, user_id)
    if user.is_owner:
        connection.execute(delete(instance).where(instance.c.key == _SETUP_TOKEN_ROW))
    return user


def name_values(name: str) -> dict[str, Any]:
    """Give the columns of a name; raises InvalidInputError."""
    if not is_writable(name):
        raise InvalidInputError(
            "The name must be text that has a form in UTF-8; a lone surrogate has none.",
            parameter="name",
        )
    cleaned = clean(name) or ""
    key = normalise(cleaned)
    # Some characters fold to several, so the key is measured too.
    if not key or max(len(cleaned), len(key)) > LONGEST_NAME or not cleaned.isprintable():
        raise InvalidInputError(
            f"The name must have 1 to {LONGEST_NAME} printable characters.", parameter="name"
        )
    return {"name": cleaned, "name_key": key}


def presentation_values(presentation: Presentation) -> dict[str, Any]:
    """Give the columns of how a newcomer's pages are shown; who is new is told everything."""
    return {
        "theme": presentation.theme.value,
        "language": presentation.language.value,
        "week_start": presentation.week_start,
    }


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
        presentation=Presentation(
            Theme(row["theme"]),
            Language(row["language"]),
            row["week_start"],
            tuple(map(EventName, (row["muted"] or "").split())),
        ),
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


def name_taken() -> ConflictError:
    """Make the error of a name that somebody has."""
    return ConflictError("Another listener has this name. Choose another one.")
