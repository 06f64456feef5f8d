"""Grants: what somebody has let a program in to. Each begins with a consent and lives by its refresh token.

A code is good once, for a minute, for the program that asked for it and whoever holds its verifier. Whoever shows it
again, or shows a refresh token that had been used, has a copy of it: as nobody can tell which of the two is the thief,
the grant ends. Access tokens are random and looked up at each use, so that one that has ended opens nothing anywhere.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, insert, select, update

from tonearm.accounts.acting import actor
from tonearm.accounts.audit import Action, record
from tonearm.accounts.digest import digest
from tonearm.accounts.numbering import lock_user, next_id
from tonearm.accounts.oauth_clients import Client, ClientKind
from tonearm.accounts.oauth_errors import OAuthError, OAuthFault
from tonearm.accounts.oauth_redirects import target_of
from tonearm.accounts.oauth_requests import Asked, read_scopes
from tonearm.accounts.people import User, get_user, user_of
from tonearm.accounts.sessions import is_alive
from tonearm.domain.errors import (
    ForbiddenError,
    NotFoundError,
    UnauthenticatedError,
    UnavailableError,
)
from tonearm.domain.vocabulary import Scope
from tonearm.ops.clock import Clock
from tonearm.storage.database import Database
from tonearm.storage.oauth_tables import oauth_clients, oauth_grants, oauth_tokens
from tonearm.storage.tables import users

ACCESS_PREFIX = "tnat_"
REFRESH_PREFIX = "tnrt_"
CODE_PREFIX = "tnac_"
ACCESS_LASTS = timedelta(hours=1)
CODE_LASTS = timedelta(seconds=60)
# How long requests that are under way go on with the access token that a refresh has replaced.
_OVERLAP = timedelta(minutes=1)
# Writing each use would make every read a write.
_SEEN_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a program was let in to."""

    id: int
    client_id: str
    client_name: str
    """What the program calls itself; nobody has checked it."""
    client_kind: ClientKind
    answered_at: str
    """Where its answer went: an origin, or the scheme of an app."""
    scopes: tuple[Scope, ...]
    resource: str
    """The address that its tokens are for."""
    created_at: datetime
    seen_at: datetime
    """When it was last used, within five minutes."""
    ends_at: datetime
    """When it ends at the latest; it ends sooner when it is not used."""
    address: str | None
    """Where it was consented to from."""


@dataclass(frozen=True, slots=True)
class GrantTokens:
    """Tokens just made: the only time that they can be read."""

    access_token: str
    refresh_token: str
    scopes: tuple[Scope, ...]
    """What the access token is for."""


@dataclass(frozen=True, slots=True)
class Redemption:
    """What a program shows for a code's worth."""

    code: str
    redirect_uri: str | None
    verifier: str | None
    resource: str | None


class Grants:
    """What everybody has let programs in to."""

    def __init__(
        self, database: Database, clock: Clock, *, idle: timedelta, longest: timedelta
    ) -> None:
        """Let grants end when nobody has used them for `idle`, and `longest` after they began."""
        self._database = database
        self._clock = clock
        self._idle = idle
        self._longest = longest

    def consent(self, user: User, asked: Asked) -> str:
        """Let a program in; gives the code that it gets tokens for.

        Raises:
            NotFoundError: the program was removed in the meantime.
        """
        code, now = CODE_PREFIX + token_urlsafe(32), self._clock()
        with self._database.write() as connection:
            lock_user(connection, user.id)
            used = update(oauth_clients).where(oauth_clients.c.id == asked.client.id)
            if not connection.execute(used.values(used_at=now)).rowcount:
                raise NotFoundError(
                    "This program was removed while you were asked. Begin anew in it."
                )
            is_missed = oauth_grants.c.family_hash.is_(None) & (oauth_grants.c.code_ends_at <= now)
            # Only one's own: two people who swept the same rows could wait for each other.
            own = oauth_grants.c.user_id == user.id
            connection.execute(delete(oauth_grants).where(own, is_missed | ~self._is_alive()))
            number = next_id(connection, oauth_grants, user.id)
            connection.execute(
                insert(oauth_grants).values(
                    user_id=user.id,
                    id=number,
                    client=asked.client.id,
                    scopes=" ".join(asked.scopes),
                    resource=asked.resource,
                    redirect_uri=asked.redirect_uri,
                    code_hash=digest(code),
                    code_ends_at=now + CODE_LASTS,
                    challenge=asked.challenge,
                    created_at=now,
                    seen_at=now,
                    ends_at=now + self._longest,
                    address=actor().address,
                )
            )
            self._record(
                connection,
                Action.GRANT_GIVEN,
                user.id,
                grant=number,
                client=asked.client.client_id,
                scopes=asked.scopes,
            )
        return code

    def deny(self, user: User, asked: Asked) -> None:
        """Write down that somebody has not let a program in."""
        with self._database.write() as connection:
            client = asked.client.client_id
            self._record(connection, Action.GRANT_DENIED, user.id, client=client)

    def redeem(self, client: Client, shown: Redemption) -> GrantTokens:
        """Give tokens for a code, which works no more, whatever comes of it.

        Raises:
            OAuthError: the code is unknown, was used or has ended, or is not this program's; or it is shown with
                another address, verifier or resource than those that it was asked for with.
        """
        now, fault = self._clock(), ""
        tokens: GrantTokens | None = None
        with self._database.write() as connection:
            row = self._lock(connection, oauth_grants.c.code_hash == digest(shown.code))
            if row is None or row.disabled_at is not None:
                raise _no_grant("This code is unknown, or has ended. Ask for another one.")
            if row.family_hash is not None:
                fault = (
                    "This code had been used before. In case somebody has a copy of it, what it gave has ended. "
                    "Ask for another one."
                )
                self._end(connection, row, Action.GRANT_REUSED, shown="code")
            else:
                fault = _fault_of(row, client, shown, now)
                if fault:
                    connection.execute(delete(oauth_grants).where(_place(row)))
                else:
                    family = token_urlsafe(32)
                    values = {"family_hash": digest(family)}
                    tokens = self._give(connection, row, family, row.scopes, values)
        if tokens is None:  # told outside, so that the end of the grant is committed
            raise _no_grant(fault)
        return tokens

    def refresh(
        self, client: Client, refresh_token: str, scope: str | None, resource: str | None
    ) -> GrantTokens:
        """Give new tokens for a refresh token, which works no more.

        Raises:
            OAuthError: it is unknown, had been used before or has ended, or is not this program's; or more is asked
                for than it is for.
        """
        family, shown = _parts(refresh_token)
        tokens: GrantTokens | None = None
        with self._database.write() as connection:
            row = self._lock(connection, oauth_grants.c.family_hash == digest(family))
            if row is None or row.client != client.id or row.disabled_at is not None:
                raise _no_grant("This refresh token is unknown, or has ended. Connect anew.")
            if resource is not None and resource.rstrip("/") != row.resource:
                raise OAuthError(
                    OAuthFault.INVALID_TARGET, f"This refresh token is for {row.resource} alone."
                )
            granted = tuple(map(Scope, row.scopes.split()))
            wanted = read_scopes(scope, granted) if scope else granted
            if hmac.compare_digest(row.refresh_hash, digest(shown)):
                tokens = self._give(connection, row, family, " ".join(wanted), {})
            else:
                self._end(connection, row, Action.GRANT_REUSED, shown="refresh token")
        if tokens is None:
            raise _no_grant(
                "This refresh token had been used before. In case somebody has a copy of it, its grant has ended. "
                "Connect anew."
            )
        return tokens

    def end(self, client: Client, token: str) -> None:
        """End the grant of an access or refresh token of a program; an unknown one has ended already."""
        by_access = (oauth_tokens.c.token_hash == digest(token)) & (
            oauth_tokens.c.grant_id == oauth_grants.c.id
        )
        found = (
            oauth_grants.c.family_hash == digest(_parts(token)[0])
            if token.startswith(REFRESH_PREFIX)
            else select(oauth_tokens.c.token_hash)
            .where(by_access, oauth_tokens.c.user_id == oauth_grants.c.user_id)
            .exists()
        )
        with self._database.write() as connection:
            row = self._lock(connection, found)
            if row is not None and row.client == client.id:
                self._end(connection, row, Action.GRANT_REVOKED)

    def find(self, access_token: str) -> tuple[User, Grant]:
        """Give whose access token this is, and what it is for.

        Raises:
            UnauthenticatedError: it is unknown or has ended, or its grant or user has.
        """
        now = self._clock()
        with self._database.read() as connection:
            row = connection.execute(
                _with_clients(oauth_tokens.c.scopes.label("token_scopes"))
                .join_from(
                    oauth_grants,
                    oauth_tokens,
                    (oauth_tokens.c.user_id == oauth_grants.c.user_id)
                    & (oauth_tokens.c.grant_id == oauth_grants.c.id),
                )
                .where(
                    oauth_tokens.c.token_hash == digest(access_token),
                    oauth_tokens.c.ends_at > now,
                    self._is_alive(),
                )
            ).one_or_none()
            person = None
            if row is not None:
                holder = select(users).where(
                    users.c.id == row.user_id, users.c.disabled_at.is_(None)
                )
                person = connection.execute(holder).mappings().one_or_none()
        if row is None or person is None:
            raise UnauthenticatedError(
                "This access token is unknown, or has ended. Get another one for the refresh token: "
                "POST /oauth/token; or connect anew."
            )
        if now - row.seen_at > _SEEN_EVERY:
            with suppress(UnavailableError), self._database.write() as connection:
                connection.execute(update(oauth_grants).where(_place(row)).values(seen_at=now))
        return user_of(person), _grant(row, row.token_scopes)

    def list(self, user_id: int) -> list[Grant]:
        """List what somebody has let programs in to and has not ended, the newest first."""
        query = _with_clients().where(
            oauth_grants.c.user_id == user_id,
            oauth_grants.c.family_hash.is_not(None),
            self._is_alive(),
        )
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(oauth_grants.c.id.desc())).all()
        return [_grant(row, row.scopes) for row in rows]

    def revoke(self, user_id: int, grant_id: int, *, by: User | None = None) -> None:
        """End a grant at once, in every process; `by` is who does it, if that may be somebody else.

        Raises:
            NotFoundError: they have no such grant.
            ForbiddenError: `by` stands below them.
        """
        with self._database.write() as connection:
            if by is not None and not by.role.covers(get_user(connection, user_id).role):
                raise ForbiddenError(
                    "Their role is above yours, so their grants are not yours to end."
                )
            place = (oauth_grants.c.user_id == user_id) & (oauth_grants.c.id == grant_id)
            row = self._lock(connection, place & oauth_grants.c.family_hash.is_not(None))
            if row is None:
                raise NotFoundError(f"There is no grant {grant_id}.")
            self._end(connection, row, Action.GRANT_REVOKED)

    def _give(
        self,
        connection: Connection,
        row: Row[Any],
        family: str,
        scopes: str,
        values: Mapping[str, str],
    ) -> GrantTokens:
        """Make new tokens of a grant that is locked."""
        now, access, refresh = self._clock(), ACCESS_PREFIX + token_urlsafe(32), token_urlsafe(32)
        renewed = {**values, "refresh_hash": digest(refresh), "seen_at": now}
        connection.execute(update(oauth_grants).where(_place(row)).values(**renewed))
        owned = oauth_tokens.c.user_id == row.user_id
        connection.execute(delete(oauth_tokens).where(owned, oauth_tokens.c.ends_at <= now))
        replaced = (
            owned,
            oauth_tokens.c.grant_id == row.id,
            oauth_tokens.c.ends_at > now + _OVERLAP,
        )
        connection.execute(update(oauth_tokens).where(*replaced).values(ends_at=now + _OVERLAP))
        connection.execute(
            insert(oauth_tokens).values(
                user_id=row.user_id,
                token_hash=digest(access),
                grant_id=row.id,
                scopes=scopes,
                ends_at=min(now + ACCESS_LASTS, row.ends_at),
            )
        )
        return GrantTokens(
            access, f"{REFRESH_PREFIX}{family}.{refresh}", tuple(map(Scope, scopes.split()))
        )

    def _lock(self, connection: Connection, condition: ColumnElement[bool]) -> Row[Any] | None:
        """Give a grant that is alive, which nobody else changes until this transaction ends."""
        alive = (condition, self._is_alive())
        user_id = connection.scalar(select(oauth_grants.c.user_id).where(*alive))
        if user_id is None:
            return None
        # Whoever ends somebody's grants has locked them first: the same order here, or both would wait.
        lock_user(connection, user_id)
        return connection.execute(
            select(oauth_grants, oauth_clients.c.client_id, users.c.disabled_at)
            .join(oauth_clients, oauth_clients.c.id == oauth_grants.c.client)
            .join(users, users.c.id == oauth_grants.c.user_id)
            .where(*alive)
            .with_for_update(of=oauth_grants)
        ).one_or_none()

    def _end(self, connection: Connection, row: Row[Any], action: Action, **details: str) -> None:
        connection.execute(delete(oauth_grants).where(_place(row)))
        self._record(connection, action, row.user_id, grant=row.id, client=row.client_id, **details)

    def _record(
        self,
        connection: Connection,
        action: Action,
        user_id: int,
        **details: Any,  # noqa: ANN401 - what JSON can hold
    ) -> None:
        record(connection, self._clock(), action, subject_id=user_id, **details)

    def _is_alive(self) -> ColumnElement[bool]:
        return is_alive(oauth_grants, self._clock(), self._idle)


def _fault_of(row: Row[Any], client: Client, shown: Redemption, now: datetime) -> str:
    """Say why a code that has not been used gives nothing; empty where it does."""
    if row.client != client.id or row.code_ends_at <= now:
        return "This code is unknown, or has ended. Ask for another one."
    if row.redirect_uri != shown.redirect_uri:
        return (
            "`redirect_uri` must be the one that the code was asked for with. Ask for another code."
        )
    if not _is_proven(row.challenge, shown.verifier):
        return "`code_verifier` does not fit the challenge. Ask for another code."
    if shown.resource is not None and shown.resource.rstrip("/") != row.resource:
        return f"This code is for {row.resource} alone. Ask for another one."
    return ""


def _is_proven(challenge: str | None, verifier: str | None) -> bool:
    if challenge is None or verifier is None:
        return challenge is None and verifier is None
    hashed = sha256(verifier.encode("utf-8", "replace")).digest()
    made = urlsafe_b64encode(hashed).rstrip(b"=")
    return hmac.compare_digest(made, challenge.encode())


def _place(row: Row[Any]) -> ColumnElement[bool]:
    return and_(oauth_grants.c.user_id == row.user_id, oauth_grants.c.id == row.id)


def _parts(refresh_token: str) -> tuple[str, str]:
    """Give the part that names the grant, and the part that changes."""
    family, _, token = refresh_token.removeprefix(REFRESH_PREFIX).partition(".")
    return family, token


def _with_clients(*more: ColumnElement[Any]) -> Select[Any]:
    return select(
        oauth_grants,
        oauth_clients.c.client_id,
        oauth_clients.c.name,
        oauth_clients.c.kind,
        *more,
    ).join_from(oauth_grants, oauth_clients, oauth_clients.c.id == oauth_grants.c.client)


def _grant(row: Row[Any], scopes: str) -> Grant:
    return Grant(
        id=row.id,
        client_id=row.client_id,
        client_name=row.name,
        client_kind=ClientKind(row.kind),
        answered_at=target_of(row.redirect_uri),
        scopes=tuple(map(Scope, scopes.split())),
        resource=row.resource,
        created_at=row.created_at,
        seen_at=row.seen_at,
        ends_at=row.ends_at,
        address=row.address,
    )


def _no_grant(message: str) -> OAuthError:
    return OAuthError(OAuthFault.INVALID_GRANT, message)
