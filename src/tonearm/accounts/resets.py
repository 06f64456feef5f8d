"""New passwords by links that work once, for an hour: made by an admin, or sent by mail."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from secrets import token_urlsafe

import structlog
from sqlalchemy import Connection, delete, insert, select

from tonearm.accounts.acting import actor
from tonearm.accounts.administration import check_above
from tonearm.accounts.audit import Action, record
from tonearm.accounts.digest import digest
from tonearm.accounts.mail import Mailer, MailError
from tonearm.accounts.numbering import lock_user
from tonearm.accounts.passwords import Passwords
from tonearm.accounts.people import User, get_user, replace_password, user_of
from tonearm.accounts.throttle import Throttle
from tonearm.domain.errors import ConflictError, ForbiddenError
from tonearm.domain.text import clean, normalise
from tonearm.ops.clock import Clock
from tonearm.speech import N_, speaking
from tonearm.speech import gettext as _
from tonearm.storage.database import Database
from tonearm.storage.tables import password_resets, users
from tonearm.storage.windows import Windows

RESET_PREFIX = "tnpr_"
LIFETIME = timedelta(hours=1)
_MAIL_WINDOW = timedelta(hours=1)
_MOST_MAILS = 3
_MOST_REQUESTS = 20
_LONGEST_ASKED = 400
_MAIL = N_(
    """Hello {name},

somebody, most likely you, asked Tonearm for a new password for your account.
This link lets you choose one. It works once, until {ends_at:%H:%M} UTC:

{link}

If it was not you, leave this message alone: nothing has changed.
"""
)
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class NewReset:
    """A reset just made: the only time that its secret can be read."""

    user: User
    token: str
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Post:
    """How links are sent."""

    mailer: Mailer
    public_url: str
    """Where the links lead."""


class Resets:
    """Resets of passwords."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        passwords: Passwords,
        throttle: Throttle,
        windows: Windows,
        post: Post | None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._passwords = passwords
        self._throttle = throttle
        self._windows = windows
        self._post = post

    @property
    def are_mailed(self) -> bool:
        """Whether people can ask for a link by themselves."""
        return self._post is not None

    def check_mailed(self) -> Post:
        """Give how links are sent; raises ConflictError where no mail is sent from here."""
        if self._post is None:
            raise ConflictError("This Tonearm sends no mail. Ask whoever runs it for a link.")
        return self._post

    def create(self, user_id: int, *, by: User | None) -> NewReset:
        """Make a link's secret for somebody; one made before works no more. `by` is None for the command line.

        Raises:
            NotFoundError: there is no such person.
            ForbiddenError: their role is not below one's own.
        """
        with self._database.write() as connection:
            user = get_user(connection, user_id)
            if by is not None:
                check_above(by, user)
            return self._insert(connection, user)

    def request(self, name_or_email: str) -> None:
        """Send a link to whoever this is, if they have an address; nobody is told whether they have.

        Raises:
            ConflictError: no mail is sent from here.
        """
        post = self.check_mailed()
        if not self._may_ask():
            return
        key = normalise(clean(name_or_email[:_LONGEST_ASKED]))
        query = select(users).where(
            (users.c.name_key == key) | (users.c.email_key == key),
            users.c.email.is_not(None),
            users.c.disabled_at.is_(None),
        )
        with self._database.read() as connection:
            found = [user_of(row) for row in connection.execute(query).mappings()]
        # Where one's name is another's address, it is meant as the address.
        found.sort(key=lambda one: normalise(one.email) != key)
        user = found[0] if found else None
        if user is not None and self._may_be_mailed(user):
            self._send(post, user)

    def find(self, token: str) -> User:
        """Give whose password a link resets; that another one was shown is written down.

        Raises:
            ForbiddenError: it works no more, or never did.
        """
        with self._database.read() as connection:
            row = connection.execute(
                select(users)
                .join(password_resets, password_resets.c.user_id == users.c.id)
                .where(
                    password_resets.c.token_hash == digest(token),
                    password_resets.c.ends_at > self._clock(),
                    users.c.disabled_at.is_(None),
                )
            )
            person = row.mappings().one_or_none()
        if person is None:
            if token:
                self._throttle.note_guess("reset")
            raise _ended()
        return user_of(person)

    def redeem(self, token: str, password: str) -> User:
        """Set a password by a link, which works no more then; every log-in made with the old one ends.

        Raises:
            ForbiddenError: the link works no more, or never did.
            InvalidInputError: the password cannot be used; the link still can.
        """
        user = self.find(token)
        hashed = self._passwords.hash(password, user.name)
        now = self._clock()
        with self._database.write() as connection:
            used = delete(password_resets).where(
                password_resets.c.token_hash == digest(token), password_resets.c.ends_at > now
            )
            # Of two who come with one link at the same time the second finds it gone.
            if not connection.execute(used).rowcount:
                raise _ended()
            user = replace_password(connection, user.id, hashed)
            who = replace(actor(), user_id=user.id, name=user.name)
            record(connection, now, Action.PASSWORD_RESET, subject_id=user.id, by=who)
        self._throttle.forget(normalise(user.name))
        return user

    def _insert(self, connection: Connection, user: User) -> NewReset:
        now, token = self._clock(), RESET_PREFIX + token_urlsafe(32)
        lock_user(connection, user.id)
        connection.execute(delete(password_resets).where(password_resets.c.user_id == user.id))
        connection.execute(
            insert(password_resets).values(
                user_id=user.id, token_hash=digest(token), created_at=now, ends_at=now + LIFETIME
            )
        )
        record(connection, now, Action.PASSWORD_RESET_MADE, subject_id=user.id)
        return NewReset(user, token, now + LIFETIME)

    def _may_ask(self) -> bool:
        address = actor().address
        count, _ = self._windows.count(f"reset asked from {address}", _MAIL_WINDOW)
        return count <= _MOST_REQUESTS

    def _may_be_mailed(self, user: User) -> bool:
        count, _ = self._windows.count(f"reset mailed to {user.id}", _MAIL_WINDOW)
        return count <= _MOST_MAILS

    def _send(self, post: Post, user: User) -> None:
        with self._database.write() as connection:
            new = self._insert(connection, user)
        link = f"{post.public_url}/reset?token={new.token}"
        with speaking(user.presentation.language):
            text = _(_MAIL).format(name=user.name, ends_at=new.ends_at, link=link)
            subject = _("A new password for Tonearm")
        try:
            post.mailer.send(user.email or "", subject, text)
        except MailError as error:
            # Whoever asked is not told, since that would tell who has an account.
            _log.warning("reset.not_sent", user_id=user.id, reason=error.message)


def _ended() -> ForbiddenError:
    return ForbiddenError("This link was used, or has ended. Ask for another one.")
