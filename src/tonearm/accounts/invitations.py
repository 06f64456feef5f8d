"""New people: who may register, and the invitations that let them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from tonearm.accounts.acting import actor
from tonearm.accounts.administration import check_gift, outranks
from tonearm.accounts.audit import Action, record
from tonearm.accounts.digest import digest
from tonearm.accounts.passwords import Passwords
from tonearm.accounts.people import (
    User,
    get_user,
    insert_user,
    name_taken,
    name_values,
    presentation_values,
)
from tonearm.accounts.throttle import Throttle
from tonearm.accounts.zones import check_zone
from tonearm.domain.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from tonearm.domain.events import InvitationUsed
from tonearm.domain.preferences import USUAL_PRESENTATION, Presentation
from tonearm.domain.text import clean
from tonearm.domain.vocabulary import Role
from tonearm.ops.clock import Clock
from tonearm.storage.database import Database
from tonearm.storage.outbox import emit
from tonearm.storage.tables import invitations, users

INVITATION_PREFIX = "tniv_"
USUAL_LIFETIME = timedelta(days=7)
LONGEST_LIFETIME = timedelta(days=90)
LONGEST_NOTE = 64
_MOST_OPEN = 100


class Registration(StrEnum):
    """Who may make an account."""

    CLOSED = "closed"
    INVITED = "invited"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that can be used, without its secret."""

    id: int
    role: Role
    note: str
    """For whom it is, in the words of who made it."""
    made_by: str
    created_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """An invitation just made: the only time that its secret can be read."""

    id: int
    token: str
    role: Role
    note: str
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What somebody who registers fills in."""

    name: str
    password: str
    zone: str
    invitation: str | None = None
    presentation: Presentation = USUAL_PRESENTATION


class Invitations:
    """Invitations, and what becomes of them."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        passwords: Passwords,
        throttle: Throttle,
        registration: Registration,
    ) -> None:
        self._database = database
        self._clock = clock
        self._passwords = passwords
        self._throttle = throttle
        self.registration = registration

    def create(
        self,
        by: User,
        role: Role = Role.LISTENER,
        lifetime: timedelta = USUAL_LIFETIME,
        note: str = "",
    ) -> NewInvitation:
        """Make an invitation that lets one person in; it ends by itself, and with the account of who made it.

        Raises:
            ForbiddenError: the role is not below one's own.
            InvalidInputError: the lifetime is none, or longer than 90 days, or the note cannot be used.
            ConflictError: nobody can register, or there are too many already.
        """
        check_gift(by, role)
        if not timedelta(0) < lifetime <= LONGEST_LIFETIME:
            raise InvalidInputError(
                f"An invitation holds for up to {LONGEST_LIFETIME.days} days.", parameter="expires"
            )
        words = _checked_note(note)
        if self.registration is Registration.CLOSED:
            raise ConflictError(
                "Nobody can register here, with an invitation or without: see TONEARM_REGISTRATION."
            )
        now, token = self._clock(), INVITATION_PREFIX + token_urlsafe(32)
        with self._database.write() as connection:
            # One after another, whoever makes them, so that each has a number of its own.
            connection.execute(
                select(users.c.id)
                .where(users.c.role == Role.OWNER.value)
                .with_for_update(key_share=True)
            )
            count, last = connection.execute(
                select(
                    func.count().filter(self._is_open()),
                    func.coalesce(func.max(invitations.c.id), 0),
                )
            ).one()
            if count >= _MOST_OPEN:
                raise ConflictError(
                    f"There are {_MOST_OPEN} invitations already. Revoke one first."
                )
            new = NewInvitation(last + 1, token, role, words, now + lifetime)
            connection.execute(
                insert(invitations).values(
                    user_id=by.id,
                    id=new.id,
                    token_hash=digest(token),
                    role=role.value,
                    note=words,
                    created_at=now,
                    ends_at=new.ends_at,
                )
            )
            record(connection, now, Action.INVITED, invitation=new.id, role=role)
        return new

    def list(self) -> Sequence[Invitation]:
        """List the invitations that can be used, the newest first, whoever made them."""
        query = select(invitations).where(self._is_open()).order_by(invitations.c.id.desc())
        with self._database.read() as connection:
            rows = connection.execute(query).all()
            makers = {row.user_id: get_user(connection, row.user_id) for row in rows}
        return [
            Invitation(
                id=row.id,
                role=Role(row.role),
                note=row.note,
                made_by=makers[row.user_id].name,
                created_at=row.created_at,
                ends_at=row.ends_at,
            )
            for row in rows
            if _may_invite(makers[row.user_id], Role(row.role))
        ]

    def revoke(self, invitation_id: int, *, by: User | None) -> None:
        """Let an invitation let nobody in any more.

        Raises:
            NotFoundError: there is none that could.
            ForbiddenError: it gives a role that is not below one's own.
        """
        with self._database.write() as connection:
            place = (invitations.c.id == invitation_id, self._is_open())
            row = connection.execute(
                select(invitations).where(*place).with_for_update()
            ).one_or_none()
            if row is None:
                raise NotFoundError(f"There is no invitation {invitation_id}.")
            check_gift(by, Role(row.role))
            now = self._clock()
            connection.execute(update(invitations).where(*place).values(ends_at=now))
            record(connection, now, Action.INVITATION_REVOKED, invitation=invitation_id)

    def check(self, token: str | None) -> Role:
        """Give the role that somebody who registers now would have; that a wrong token was shown is written down.

        Raises:
            ForbiddenError: they cannot register.
        """
        if self.registration is Registration.CLOSED:
            raise ForbiddenError(
                "Nobody can register here. Ask whoever runs this Tonearm for an account."
            )
        if token is None and self.registration is Registration.INVITED:
            raise ForbiddenError("You need an invitation. Ask whoever runs this Tonearm for one.")
        with self._database.read() as connection:
            if connection.scalar(_owner_with_password()) is None:
                raise ForbiddenError("This Tonearm is not set up yet. Its owner comes first.")
            if token is None:
                return Role.LISTENER
            found = self._find(connection, token)
        if found is None:
            self._throttle.note_guess("invitation")
            raise _ended()
        return found[1]

    def register(self, newcomer: Newcomer) -> User:
        """Make an account for somebody who may; an invitation lets in one of those who come with it at the same time.

        Raises:
            ForbiddenError: they may not.
            InvalidInputError: name, password or zone cannot be used.
            ConflictError: the name is taken.
        """
        # Asked first, so that nobody who may not learns names, or has passwords hashed.
        self.check(newcomer.invitation)
        values = {
            **name_values(newcomer.name),
            **presentation_values(newcomer.presentation),
            "zone": check_zone(newcomer.zone),
        }
        values["password_hash"] = self._passwords.hash(newcomer.password, values["name"])
        now, number = self._clock(), None
        try:
            with self._database.write() as connection:
                values["role"] = Role.LISTENER.value
                if newcomer.invitation is not None:
                    number, values["role"] = self._take(connection, newcomer.invitation)
                user = insert_user(connection, values, now)
                if number is not None:
                    used = update(invitations).where(invitations.c.id == number)
                    used = used.values(used_by=user.id).returning(invitations.c.user_id)
                    maker_id = connection.execute(used).scalar_one()
                    emit(connection, maker_id, InvitationUsed(number, user.name), now)
                who = replace(actor(), user_id=user.id, name=user.name)
                record(
                    connection,
                    now,
                    Action.REGISTERED,
                    subject_id=user.id,
                    by=who,
                    role=user.role,
                    invitation=number,
                )
                return user
        except IntegrityError as error:
            raise name_taken() from error

    def _find(self, connection: Connection, token: str) -> tuple[int, Role] | None:
        query = select(invitations).where(self._is_usable(token))
        return _checked(connection, connection.execute(query).one_or_none())

    def _take(self, connection: Connection, token: str) -> tuple[int, Role]:
        """Use an invitation up: of two who come with it at the same time the second finds it used."""
        taken = update(invitations).where(self._is_usable(token)).values(used_at=self._clock())
        found = _checked(connection, connection.execute(taken.returning(invitations)).one_or_none())
        if found is None:
            raise _ended()
        return found

    def _is_usable(self, token: str) -> ColumnElement[bool]:
        return (invitations.c.token_hash == digest(token)) & self._is_open()

    def _is_open(self) -> ColumnElement[bool]:
        return invitations.c.used_at.is_(None) & (invitations.c.ends_at > self._clock())


def _checked(connection: Connection, row: Row[Any] | None) -> tuple[int, Role] | None:
    if row is not None and _may_invite(get_user(connection, row.user_id), Role(row.role)):
        return row.id, Role(row.role)
    return None


def _ended() -> ForbiddenError:
    return ForbiddenError(
        "This invitation is unknown, was used, or has ended. Ask for another one."
    )


def _may_invite(maker: User, role: Role) -> bool:
    """Tell whether an invitation still counts, since whoever made it may have changed."""
    return maker.is_admin and not maker.is_disabled and outranks(maker, role)


def _checked_note(note: str) -> str:
    words = clean(note) or ""
    if len(words) > LONGEST_NOTE or not words.isprintable():
        raise InvalidInputError(
            f"The note may have {LONGEST_NOTE} printable characters.", parameter="note"
        )
    return words


def _owner_with_password() -> Select[tuple[int]]:
    return select(users.c.id).where(
        users.c.role == Role.OWNER.value, users.c.password_hash.is_not(None)
    )
