"""What people change of their own account: name, e-mail address and password."""

from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from tonearm.accounts.audit import Action, record
from tonearm.accounts.digest import digest
from tonearm.accounts.mail import email_values
from tonearm.accounts.passwords import Passwords
from tonearm.accounts.people import User, get_user, name_values, replace_password
from tonearm.accounts.throttle import Throttle
from tonearm.domain.errors import ConflictError, ForbiddenError, InvalidInputError
from tonearm.domain.text import normalise
from tonearm.ops.clock import Clock
from tonearm.storage.database import Database
from tonearm.storage.tables import password_resets, sessions, users


@dataclass(frozen=True, slots=True)
class ProfileWish:
    """What shall be otherwise; what is None stays."""

    name: str | None = None
    email: str | None = None
    """Empty for none."""
    password: str | None = None
    """The password there is; needed for another e-mail address, since links for new passwords go there."""


class Profiles:
    """The accounts of people, as they themselves change them."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        passwords: Passwords,
        throttle: Throttle,
        *,
        trusts_emails: bool = False,
    ) -> None:
        """With `trusts_emails` an address opens its account to whoever has it elsewhere, so not all may set one."""
        self._database = database
        self._clock = clock
        self._passwords = passwords
        self._throttle = throttle
        self._trusts_emails = trusts_emails

    def may_set_email(self, user: User) -> bool:
        """Tell whether somebody sets their e-mail address themselves: nobody may wait at another's."""
        return user.is_owner or not self._trusts_emails

    def change(self, user: User, wish: ProfileWish) -> User:
        """Change somebody's name or e-mail address.

        Raises:
            InvalidInputError: one of them cannot be used, or the password is missing or wrong.
            ConflictError: somebody else has one of them.
            ForbiddenError: they may not set their address.
            TooManyAttemptsError: the password was wrong too often just now.
        """
        values: dict[str, Any] = {}
        if wish.name is not None:
            values |= name_values(wish.name)
        if wish.email is not None:
            values |= email_values(wish.email)
        if values.get("email", user.email) != user.email:
            if not self.may_set_email(user):
                raise ForbiddenError(
                    "Log-ins elsewhere go by e-mail addresses here, so an admin sets them. Ask one."
                )
            self._prove(user, wish.password or "", "password")
        now = self._clock()
        try:
            with self._database.write() as connection:
                before = get_user(connection, user.id)
                changed = [
                    part
                    for part in ("name", "email")
                    if part in values and values[part] != getattr(before, part)
                ]
                if not changed:
                    return before
                connection.execute(update(users).where(users.c.id == user.id).values(**values))
                if "email" in changed:  # a link on its way to the old address
                    connection.execute(
                        delete(password_resets).where(password_resets.c.user_id == user.id)
                    )
                record(connection, now, Action.PROFILE_CHANGED, subject_id=user.id, changed=changed)
                return get_user(connection, user.id)
        except IntegrityError as error:
            raise ConflictError(
                "Somebody else here has this name or this e-mail address. Choose another one."
            ) from error

    def change_password(
        self, user: User, current: str, new: str, kept_id: int | None = None
    ) -> str | None:
        """Change somebody's password: every session and token of theirs ends, but the session that is kept.

        That of a browser gets another token, which is given; None where there is none to give.

        Raises:
            InvalidInputError: the present password is wrong, or the new one cannot be used.
            TooManyAttemptsError: it was wrong too often just now.
        """
        self._prove(user, current, "current")
        hashed = self._passwords.hash(new, user.name)
        token = token_urlsafe(32)
        with self._database.write() as connection:
            replace_password(connection, user.id, hashed, kept_id)
            is_kept = (sessions.c.user_id == user.id) & (sessions.c.id == (kept_id or 0))
            rotated = connection.execute(
                update(sessions).where(is_kept).values(token_hash=digest(token))
            ).rowcount
            record(connection, self._clock(), Action.PASSWORD_CHANGED, subject_id=user.id)
        return token if rotated else None

    def _prove(self, user: User, password: str, parameter: str) -> None:
        """Raise InvalidInputError unless somebody knows their password; who has none needs none."""
        with self._database.read() as connection:
            hashed = connection.scalar(select(users.c.password_hash).where(users.c.id == user.id))
        if hashed is None:
            return
        name_key = normalise(user.name)
        self._throttle.begin(name_key)
        if not self._passwords.verify(password, hashed):
            with self._database.write() as connection:
                now = self._clock()
                record(connection, now, Action.LOG_IN_FAILED, subject_id=user.id, name=name_key)
            raise InvalidInputError("Your present password is another one.", parameter=parameter)
        self._throttle.succeeded(name_key)
