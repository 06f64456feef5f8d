"""Tokens of API clients: access tokens that live for minutes, and families of refresh tokens that renew them.

A refresh token has two secret parts. The first names its family, which is one log-in; the second changes with every
use. Whoever shows a second part that is not the family's present one has a copy of a token that was used already, or
made it up: one of the two who hold it is a thief, so that the family ends. There is no time of grace: of two programs
that use one token at the same moment the first gets new ones, which end as the second comes.
"""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from secrets import token_hex, token_urlsafe

import msgspec
from sqlalchemy import delete, select, update

from tonearm.accounts.audit import Action, record
from tonearm.accounts.digest import digest
from tonearm.accounts.errors import TokenReusedError
from tonearm.accounts.people import User, user_of
from tonearm.accounts.sessions import Session, insert_session, is_alive, session_of
from tonearm.accounts.signing import ACCESS_LIFETIME, CLOCK_SKEW, SigningKeys, instance_id
from tonearm.domain.errors import InvalidInputError, UnauthenticatedError
from tonearm.domain.vocabulary import Scope
from tonearm.ops.clock import Clock
from tonearm.storage.database import Database
from tonearm.storage.tables import token_families, users

REFRESH_PREFIX = "tnrf_"
_LOG_IN = "Log in anew: POST /api/auth/login."


@dataclass(frozen=True, slots=True)
class NewTokens:
    """Tokens just made: the only time that they can be read."""

    access_token: str
    """A JWT; send it as `Authorization: Bearer …`."""
    token_type: str
    """`Bearer`."""
    expires_in: int
    """Seconds for which the access token holds."""
    refresh_token: str
    """Renews both, once; keep it as you keep a password."""
    refresh_expires_at: datetime
    """When the refresh token ends, if it is not used before."""


class _Claims(msgspec.Struct, frozen=True):
    sub: str
    sid: str
    iat: int
    exp: int


class Tokens:
    """The log-ins of API clients."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        keys: SigningKeys,
        *,
        idle: timedelta,
        longest: timedelta,
    ) -> None:
        """Let families end when nobody has refreshed them for `idle`, and `longest` after they began."""
        self._database = database
        self._clock = clock
        self._keys = keys
        self._idle = idle
        self._longest = longest

    def begin(
        self,
        user: User,
        method: str,
        agent: str | None = None,
        scopes: Iterable[Scope] | None = None,
    ) -> NewTokens:
        """Begin a family for somebody who has proven who they are; without scopes it is for all they may.

        Raises:
            InvalidInputError: there are scopes, but none.
        """
        chosen = sorted(set(Scope if scopes is None else scopes))
        if not chosen:
            raise InvalidInputError(
                "Tokens need at least one scope; leave `scopes` out for all of them.",
                parameter="scopes",
            )
        family, token, now = token_urlsafe(32), token_urlsafe(32), self._clock()
        self._keys.prepare()  # before there is a log-in that nobody could use
        with self._database.write() as connection:
            connection.execute(
                delete(token_families).where(~is_alive(token_families, now, self._idle))
            )
            session = insert_session(
                connection,
                token_families,
                user.id,
                method=method,
                began_at=now,
                ends_at=now + self._longest,
                agent=agent,
                family_hash=digest(family),
                token_hash=digest(token),
                scopes=" ".join(chosen),
            )
        return self._tokens(user.id, family, token, session.ends_at)

    def refresh(self, refresh_token: str) -> NewTokens:
        """Give new tokens for a refresh token, which works no more.

        Raises:
            UnauthenticatedError: it is unknown or has ended, or its user is disabled.
            TokenReusedError: it had been used before; now its family has ended.
        """
        family, shown = _parts(refresh_token)
        token, now = token_urlsafe(32), self._clock()
        self._keys.prepare()  # before the old token is used up
        with self._database.write() as connection:
            row = connection.execute(
                select(token_families)
                .join(users, users.c.id == token_families.c.user_id)
                .where(
                    token_families.c.family_hash == digest(family),
                    is_alive(token_families, now, self._idle),
                    users.c.disabled_at.is_(None),
                )
                .with_for_update(of=token_families)
            ).one_or_none()
            if row is None:
                raise UnauthenticatedError(
                    f"This refresh token is unknown, or has ended. {_LOG_IN}"
                )
            condition = token_families.c.family_hash == row.family_hash
            is_reused = not hmac.compare_digest(row.token_hash, digest(shown))
            if is_reused:
                connection.execute(delete(token_families).where(condition))
                record(connection, now, Action.TOKEN_REUSED, subject_id=row.user_id, session=row.id)
            else:
                renewed = {"token_hash": digest(token), "seen_at": now}
                connection.execute(update(token_families).where(condition).values(**renewed))
        if is_reused:  # told outside, so that the end of the family is committed
            raise TokenReusedError(
                "This refresh token had been used before. In case somebody has a copy of it, its log-in "
                f"has ended. {_LOG_IN}"
            )
        return self._tokens(row.user_id, family, token, row.ends_at)

    def end(self, refresh_token: str) -> None:
        """End the family of a refresh token; an unknown one has ended already."""
        family, shown = _parts(refresh_token)
        with self._database.write() as connection:
            ended = connection.execute(
                delete(token_families)
                .where(token_families.c.family_hash == digest(family))
                .returning(token_families)
            ).one_or_none()
            if ended is None:
                return
            is_present = hmac.compare_digest(ended.token_hash, digest(shown))
            action = Action.LOGGED_OUT if is_present else Action.TOKEN_REUSED
            record(connection, self._clock(), action, subject_id=ended.user_id, session=ended.id)

    def find(self, access_token: str) -> tuple[User, Session]:
        """Give whose access token this is, and of which log-in.

        Raises:
            UnauthenticatedError: it was not made here, does not hold now, or its log-in or user has ended.
        """
        now = self._clock()
        claims = self._keys.find_claims(access_token, audience=self._audience, issuer=self._issuer)
        if claims is None:
            raise UnauthenticatedError(
                "This access token is not valid here. Get a new one: POST /api/auth/refresh, or log in: "
                "POST /api/auth/login."
            )
        told = msgspec.convert(claims, _Claims)
        if told.exp <= now.timestamp():
            raise UnauthenticatedError(
                "This access token has expired. Get a new one: POST /api/auth/refresh."
            )
        if told.iat > (now + CLOCK_SKEW).timestamp():
            raise UnauthenticatedError(
                "This access token is not valid yet: the clocks of the servers differ. "
                "Set them right, or wait."
            )
        with self._database.read() as connection:
            row = connection.execute(
                select(token_families).where(
                    token_families.c.family_hash == told.sid,
                    is_alive(token_families, now, self._idle),
                )
            ).one_or_none()
            person = (
                connection.execute(
                    select(users).where(
                        users.c.id == row.user_id,
                        users.c.id == int(told.sub),
                        users.c.disabled_at.is_(None),
                    )
                )
                .mappings()
                .one_or_none()
                if row is not None
                else None
            )
        if row is None or person is None:
            raise UnauthenticatedError(
                f"The log-in that this access token belongs to has ended. {_LOG_IN}"
            )
        return user_of(person), session_of(row)

    def _tokens(self, user_id: int, family: str, token: str, ends_at: datetime) -> NewTokens:
        now = self._clock()
        access_token = self._keys.sign(
            {
                "iss": self._issuer,
                "aud": self._audience,
                "sub": str(user_id),
                # The hash: a number may be given again once its session has ended, this is not.
                "sid": digest(family),
                "jti": token_hex(16),
                "iat": int(now.timestamp()),
                "exp": int((now + ACCESS_LIFETIME).timestamp()),
            }
        )
        return NewTokens(
            access_token=access_token,
            token_type="Bearer",  # noqa: S106 - the name of a type
            expires_in=int(ACCESS_LIFETIME.total_seconds()),
            refresh_token=f"{REFRESH_PREFIX}{family}.{token}",
            refresh_expires_at=min(ends_at, now + self._idle),
        )

    @cached_property
    def _issuer(self) -> str:
        with self._database.read() as connection:
            return f"urn:tonearm:{instance_id(connection)}"

    @property
    def _audience(self) -> str:
        return f"{self._issuer}:api"


def _parts(refresh_token: str) -> tuple[str, str]:
    """Give the part that names the family, and the part that changes."""
    family, _, token = refresh_token.removeprefix(REFRESH_PREFIX).partition(".")
    return family, token
