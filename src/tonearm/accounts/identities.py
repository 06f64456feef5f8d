"""Who somebody is for an OIDC provider, and which account here that is."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import IntegrityError

from tonearm.accounts.acting import actor
from tonearm.accounts.audit import Action, record
from tonearm.accounts.mail import check_email
from tonearm.accounts.numbering import lock_user, next_id
from tonearm.accounts.oidc_errors import OidcDisabledError, OidcTakenError, OidcUnknownError
from tonearm.accounts.people import (
    LONGEST_NAME,
    User,
    get_user,
    insert_user,
    name_values,
    presentation_values,
    user_of,
)
from tonearm.accounts.zones import is_zone, machine_zone
from tonearm.domain.errors import ConflictError, InvalidInputError, NotFoundError
from tonearm.domain.vocabulary import Role
from tonearm.ops.clock import Clock
from tonearm.speech.asking import asked_presentation
from tonearm.storage.database import Database
from tonearm.storage.tables import identities, users

_MOST_NAMESAKES: Final = 100
_NO_NAME: Final = "listener"


@dataclass(frozen=True, slots=True)
class Identity:
    """A log-in elsewhere that opens an account here."""

    id: int
    issuer: str
    """The provider."""
    subject: str
    """Who one is there."""
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody a provider vouches for, who has no account here yet, or one that is not linked."""

    subject: str
    email: str | None
    """Only an address that the provider says it has verified."""
    names: tuple[str, ...]
    """What they might be called here, the best first."""
    zone: str | None
    locale: str = ""
    """Their language as the provider tells it, such as `de-AT`."""


class Identities:
    """The identities of everybody, at one provider and those that were used before."""

    def __init__(self, database: Database, clock: Clock, issuer: str) -> None:
        """Look after identities; `issuer` is the provider in use, empty where there is none."""
        self.issuer = issuer
        self._database = database
        self._clock = clock

    def list(self, user_id: int) -> list[Identity]:
        """List somebody's identities, the oldest first."""
        query = select(identities).where(identities.c.user_id == user_id).order_by(identities.c.id)
        with self._database.read() as connection:
            return [
                Identity(row.id, row.issuer, row.subject, row.created_at)
                for row in connection.execute(query)
            ]

    def find(self, subject: str) -> User | None:
        """Give whose account a subject opens; None where it opens none.

        Raises:
            OidcDisabledError: it opens one that is disabled.
        """
        with self._database.read() as connection:
            return self._find(connection, subject)

    def link(self, user_id: int, subject: str) -> User:
        """Let a subject open an account from now on, and give that account.

        Raises:
            OidcTakenError: it opens another one, or this one has another subject.
            OidcDisabledError: it opens another one, which is disabled.
            NotFoundError: there is no such account.
        """
        try:
            with self._database.write() as connection:
                lock_user(connection, user_id)
                user = get_user(connection, user_id)
                holder = self._find(connection, subject)
                if holder is not None and holder.id == user_id:
                    return user
                if holder is not None or self._is_linked(connection, user_id):
                    raise OidcTakenError
                self._insert(connection, user_id, subject)
                return user
        except IntegrityError as error:
            raise OidcTakenError from error

    def unlink(self, user_id: int, identity_id: int) -> None:
        """Let an identity open nothing any more.

        Raises:
            NotFoundError: the account has no such identity.
            ConflictError: there would be no way in any more.
        """
        with self._database.write() as connection:
            lock_user(connection, user_id)
            user = get_user(connection, user_id)
            mine = identities.c.user_id == user_id
            found = connection.execute(select(identities).where(mine)).all()
            unlinked = next((row for row in found if row.id == identity_id), None)
            if unlinked is None:
                raise NotFoundError(f"There is no identity {identity_id}.")
            others = [row for row in found if row is not unlinked and row.issuer == self.issuer]
            if not user.has_password and not others:
                raise ConflictError(
                    "This is the only way into your account. Set a password first, then unlink it."
                )
            connection.execute(delete(identities).where(mine, identities.c.id == identity_id))
            record(
                connection,
                self._clock(),
                Action.IDENTITY_UNLINKED,
                subject_id=user_id,
                issuer=unlinked.issuer,
            )

    def admit(self, stranger: Stranger, *, by_email: bool, may_register: bool) -> User:
        """Give the account that a stranger shall have, linked to them from now on.

        With `by_email` that is the one with their verified address, unless it is linked already: an address that has
        changed hands must not open it. With `may_register` it is otherwise a new one.

        Raises:
            OidcUnknownError: they shall have none.
            OidcDisabledError: theirs is disabled.
        """
        # Somebody may do the same at the same time; then the second look finds what they did.
        for _ in range(2):
            with suppress(IntegrityError), self._database.write() as connection:
                user = self._find(connection, stranger.subject)
                if user is not None:
                    return user
                user = self._find_by_email(connection, stranger) if by_email else None
                if user is not None:
                    self._insert(connection, user.id, stranger.subject)
                    return user
                if not may_register:
                    break
                return self._register(connection, stranger)
        raise OidcUnknownError("nobody here belongs to this person")

    def _find(self, connection: Connection, subject: str) -> User | None:
        row = connection.execute(
            select(users)
            .join(identities, identities.c.user_id == users.c.id)
            .where(identities.c.issuer == self.issuer, identities.c.subject == subject)
        ).mappings()
        person = row.one_or_none()
        return None if person is None else _enabled(user_of(person))

    def _find_by_email(self, connection: Connection, stranger: Stranger) -> User | None:
        email = _email_values(stranger.email)
        # Other letters may fold to these, and belong to another mailbox.
        if not email or not email["email"].isascii():
            return None
        with_key = users.c.email_key == email["email_key"]
        found = connection.scalar(select(users.c.id).where(with_key))
        if found is None:
            return None
        # Asked again under the lock: meanwhile the account may have been linked, or got another address.
        lock_user(connection, found)
        row = connection.execute(select(users).where(users.c.id == found, with_key)).mappings()
        person = row.one_or_none()
        if person is None or not person["email"].isascii() or self._is_linked(connection, found):
            return None
        return _enabled(user_of(person))

    def _register(self, connection: Connection, stranger: Stranger) -> User:
        email = _email_values(stranger.email)
        if email and connection.scalar(
            select(users.c.id).where(users.c.email_key == email["email_key"])
        ):
            email = {}
        zone = stranger.zone if stranger.zone and is_zone(stranger.zone) else machine_zone()
        name = _free_name(connection, stranger.names)
        shown = presentation_values(asked_presentation(stranger.locale.replace("_", "-")))
        values = {**name, **email, **shown, "zone": zone, "role": Role.LISTENER.value}
        now = self._clock()
        user = insert_user(connection, values, now)
        who = replace(actor(), user_id=user.id, name=user.name)
        action = Action.REGISTERED
        record(connection, now, action, subject_id=user.id, by=who, role=user.role, method="oidc")
        self._insert(connection, user.id, stranger.subject)
        return user

    def _insert(self, connection: Connection, user_id: int, subject: str) -> None:
        now = self._clock()
        connection.execute(
            insert(identities).values(
                user_id=user_id,
                id=next_id(connection, identities, user_id),
                issuer=self.issuer,
                subject=subject,
                created_at=now,
            )
        )
        record(connection, now, Action.IDENTITY_LINKED, subject_id=user_id, issuer=self.issuer)

    def _is_linked(self, connection: Connection, user_id: int) -> bool:
        mine = (identities.c.user_id == user_id) & (identities.c.issuer == self.issuer)
        return connection.scalar(select(identities.c.id).where(mine).limit(1)) is not None


def _enabled(user: User) -> User:
    if user.is_disabled:
        raise OidcDisabledError(f"account {user.id}")
    return user


def _email_values(email: str | None) -> dict[str, str]:
    """Give the columns of an address; none for what is no address here."""
    with suppress(InvalidInputError):
        shown, key = check_email(email or "")
        return {"email": shown, "email_key": key}
    return {}


def _free_name(connection: Connection, names: tuple[str, ...]) -> dict[str, str]:
    """Give the first of some names that nobody has, with a number behind it where there is no other way."""
    suffixes = ("", *(f" {number}" for number in range(2, _MOST_NAMESAKES)))
    wished = [(name, suffix) for suffix in suffixes for name in names]
    for name, suffix in [*wished, *((_NO_NAME, suffix) for suffix in suffixes)]:
        with suppress(InvalidInputError):
            values: dict[str, str] = name_values(name[: LONGEST_NAME - len(suffix)] + suffix)
            taken = select(users.c.id).where(users.c.name_key == values["name_key"])
            if connection.scalar(taken) is None:
                return values
    raise OidcUnknownError("every name for a new account is taken")
