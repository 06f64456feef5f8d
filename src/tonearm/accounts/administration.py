"""Looking after people: who is here, what they may, and their way out."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, union_all, update
from sqlalchemy.exc import IntegrityError

from tonearm.accounts.audit import Action, record
from tonearm.accounts.mail import email_values
from tonearm.accounts.people import LAST_GONE_ROW, Accounts, User, get_user, user_of
from tonearm.domain.errors import ConflictError, ForbiddenError, InvalidInputError
from tonearm.domain.text import clean
from tonearm.domain.vocabulary import Role
from tonearm.ops.clock import Clock
from tonearm.storage.database import Database
from tonearm.storage.oauth_tables import oauth_grants
from tonearm.storage.tables import (
    instance,
    keys,
    password_resets,
    sessions,
    token_families,
    users,
)

Leaving = Callable[[Connection, int], Callable[[], None]]
"""Looks at what somebody has outside of the database, before they are deleted, and gives what removes it afterwards."""


class Administration:
    """What owner and admins do to others; `by` is who does it, None for the command line, which may all.

    Everybody acts on those whose role is below their own. So an admin cannot become the owner by way of somebody else,
    nor throw another admin out.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        accounts: Accounts,
        leaving: Sequence[Leaving] = (),
    ) -> None:
        self._database = database
        self._clock = clock
        self._accounts = accounts
        self._leaving = leaving

    def list(self, *, after: int = 0, limit: int | None = None) -> list[User]:
        """List people in order of their coming: those with a larger number than `after`."""
        query = select(users).where(users.c.id > after).order_by(users.c.id).limit(limit)
        with self._database.read() as connection:
            return [user_of(row) for row in connection.execute(query).mappings()]

    def last_seen(self, numbers: Sequence[int]) -> dict[int, datetime]:
        """Give when a session, access token or key of people was used last, as far as any is there still."""
        uses = union_all(
            *(
                select(table.c.user_id, when.label("at")).where(table.c.user_id.in_(numbers))
                for table, when in (
                    (sessions, sessions.c.seen_at),
                    (token_families, token_families.c.seen_at),
                    (keys, keys.c.used_at),
                )
            )
        ).subquery()
        query = select(uses.c.user_id, func.max(uses.c.at)).group_by(uses.c.user_id)
        with self._database.read() as connection:
            return {user_id: at for user_id, at in connection.execute(query) if at is not None}

    def get_below(self, user_id: int, *, by: User) -> User:
        """Give oneself, or somebody on whom one may act.

        Raises:
            NotFoundError: there is no such person.
            ForbiddenError: their role is not below one's own.
        """
        user = self._accounts.get(user_id)
        if user.id != by.id:
            check_above(by, user)
        return user

    def add(self, name: str, zone: str, role: Role, *, by: User | None) -> User:
        """Add somebody without a password.

        Raises:
            InvalidInputError: name or zone cannot be used.
            ConflictError: the name is taken.
            ForbiddenError: the role is not below one's own.
        """
        check_gift(by, role)
        return self._accounts.add(name, zone, role)

    def change(
        self,
        user_id: int,
        *,
        by: User | None,
        role: Role | None = None,
        is_disabled: bool | None = None,
        email: str | None = None,
    ) -> User:
        """Change somebody's role or e-mail address, or let their account open nothing, or again; what is None stays.

        A disabled account keeps all that is in it; its sessions, tokens and grants end, its keys open nothing while
        it is so.

        Raises:
            NotFoundError: there is no such person.
            ForbiddenError: their role, or the new one, is not below one's own.
            InvalidInputError: the e-mail address is none.
            ConflictError: somebody else has it.
        """
        try:
            return self._change(user_id, by, role, is_disabled, email)
        except IntegrityError as error:
            raise ConflictError("Somebody else here has this e-mail address.") from error

    def _change(
        self,
        user_id: int,
        by: User | None,
        role: Role | None,
        is_disabled: bool | None,  # noqa: FBT001 - as `change` was given it
        email: str | None,
    ) -> User:
        now = self._clock()
        with self._database.write() as connection:
            user = _lock(connection, user_id)
            if (role, is_disabled, email) != (None, None, None):
                check_above(by, user)
            if email is not None:
                write_email(connection, user, email, now)
            if role is not None and role is not user.role:
                check_gift(by, role)
                _set(connection, user_id, role=role.value)
            is_switched = is_disabled is not None and is_disabled is not user.is_disabled
            if is_switched:
                _set(connection, user_id, disabled_at=now if is_disabled else None)
            if is_switched and is_disabled:
                for table in (sessions, token_families, oauth_grants, password_resets):
                    connection.execute(delete(table).where(table.c.user_id == user_id))
            # Whoever writes an entry locks the log until the end: every other lock comes before.
            if role is not None and role is not user.role:
                record(
                    connection,
                    now,
                    Action.ROLE_CHANGED,
                    subject_id=user_id,
                    before=user.role,
                    after=role,
                )
            if is_switched:
                action = Action.USER_DISABLED if is_disabled else Action.USER_ENABLED
                record(connection, now, action, subject_id=user_id)
            return get_user(connection, user_id)

    def delete(self, user_id: int, confirm: str, *, by: User | None) -> User:
        """Delete somebody with all that is theirs; gives who they were. Nobody gets their number again.

        Raises:
            NotFoundError: there is no such person.
            ForbiddenError: their role is not below one's own.
            InvalidInputError: `confirm` is not their name.
            ConflictError: something of theirs is under way.
        """
        now = self._clock()
        with self._database.write() as connection:
            user = _lock(connection, user_id)
            check_above(by, user)
            if clean(confirm) != user.name:
                raise InvalidInputError(
                    "To delete somebody, confirm it with their name, exactly as it is written. "
                    "Nothing was deleted.",
                    parameter="confirm",
                )
            removals = [look(connection, user_id) for look in self._leaving]
            connection.execute(delete(users).where(users.c.id == user_id))
            _keep_number(connection, user_id)
            # The log keeps a number, and that there was somebody; a name it keeps only of who acts.
            record(connection, now, Action.USER_DELETED, subject_id=user_id, role=user.role)
        for remove in removals:
            remove()
        return user


def write_email(connection: Connection, user: User, email: str, at: datetime) -> None:
    """Write another e-mail address; a link to a new password on its way to the old one ends."""
    values = email_values(email)
    if values["email"] != user.email:
        _set(connection, user.id, **values)
        connection.execute(delete(password_resets).where(password_resets.c.user_id == user.id))
        record(connection, at, Action.PROFILE_CHANGED, subject_id=user.id, changed=["email"])


def outranks(by: User | None, role: Role) -> bool:
    """Tell whether a role is below that of whoever acts."""
    if by is None:
        return role is not Role.OWNER
    return by.role.covers(role) and by.role is not role


def check_above(by: User | None, user: User) -> None:
    """Raise ForbiddenError unless somebody's role is below that of whoever acts."""
    if user.is_owner:
        raise ForbiddenError("The owner's account cannot be changed by others, nor deleted.")
    if by is not None and by.id == user.id:
        raise ForbiddenError("This is your own account. Somebody above you has to do it.")
    if not outranks(by, user.role):
        raise ForbiddenError(
            f"You can do this only to people whose role is below yours, not {user.role}."
        )


def check_gift(by: User | None, role: Role) -> None:
    """Raise ForbiddenError unless whoever acts may give a role."""
    if role is Role.OWNER:
        raise ForbiddenError("There is one owner, and can be no other.")
    if not outranks(by, role):
        raise ForbiddenError("You can give only roles below your own.")


def _lock(connection: Connection, user_id: int) -> User:
    """Give somebody whom nobody else changes until this transaction ends."""
    connection.execute(select(users.c.id).where(users.c.id == user_id).with_for_update())
    return get_user(connection, user_id)


def _set(connection: Connection, user_id: int, **values: str | datetime | None) -> None:
    connection.execute(update(users).where(users.c.id == user_id).values(**values))


def _keep_number(connection: Connection, user_id: int) -> None:
    """Note the highest number of those who are gone: see `insert_user`."""
    row = instance.c.key == LAST_GONE_ROW
    known = connection.scalar(select(instance.c.value).where(row).with_for_update())
    if known is None:
        connection.execute(insert(instance).values(key=LAST_GONE_ROW, value=str(user_id)))
    elif int(known) < user_id:
        connection.execute(update(instance).where(row).values(value=str(user_id)))
