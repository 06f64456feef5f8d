"""Programs that people may let in: who they are, where they are answered, and how they prove it.

Nobody vouches for a name. What can be relied on is the address that the answer goes to; of a program that is described
by a document also the host of that document, and of one that was made by hand that somebody here has made it.
"""

import hmac
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from secrets import token_hex, token_urlsafe
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from tonearm.accounts.acting import actor
from tonearm.accounts.audit import MERGED_FOR, Action, record
from tonearm.accounts.digest import digest
from tonearm.accounts.numbering import lock_user
from tonearm.accounts.oauth_documents import Documents, is_document
from tonearm.accounts.oauth_errors import OAuthError, OAuthFault
from tonearm.accounts.oauth_redirects import CHATGPT_ACTIONS, allows, check_redirects
from tonearm.accounts.people import get_user
from tonearm.domain.errors import ConflictError, InvalidInputError, NotFoundError
from tonearm.domain.text import clean
from tonearm.ops.clock import Clock
from tonearm.storage.database import Database
from tonearm.storage.oauth_tables import oauth_clients, oauth_grants

SECRET_PREFIX = "tncs_"  # noqa: S105 - how a secret begins
LONGEST_NAME = 64
LONGEST_ID = 255
MOST_CLIENTS = 500
"""How many programs are kept that nobody here has made by hand."""
MOST_MADE = 20
"""How many programs one person may make by hand."""
_NEVER_USED = timedelta(days=1)
_LONG_UNUSED = timedelta(days=180)


class ClientKind(StrEnum):
    """How a program is known."""

    REGISTERED = "registered"
    """It has registered itself (RFC 7591)."""
    DOCUMENT = "document"
    """Its id is the address of a document that describes it."""
    MADE = "made"
    """Somebody here has made it by hand."""


@dataclass(frozen=True, slots=True)
class Client:
    """A program, without its secret."""

    id: int
    client_id: str
    """What it calls itself by."""
    kind: ClientKind
    name: str
    """What it says of itself; nobody has checked it."""
    redirect_uris: tuple[str, ...]
    """Where it may be answered."""
    has_secret: bool
    created_at: datetime
    used_at: datetime | None
    """When somebody last let it in."""

    @property
    def needs_proof(self) -> bool:
        """Whether it has to prove by PKCE that whoever brings a code has asked for it.

        All do but custom GPTs: ChatGPT sends no challenge for them. Their secret proves who they are.
        """
        return self.kind is not ClientKind.MADE or set(self.redirect_uris) != {CHATGPT_ACTIONS}

    def allows(self, address: str) -> bool:
        """Tell whether it may be answered at an address."""
        return allows(self.redirect_uris, address)


@dataclass(frozen=True, slots=True)
class NewClient:
    """A program just made known: the only time that its secret can be read."""

    id: int
    client_id: str
    client_secret: str | None
    """None for a program that keeps no secret."""
    name: str
    redirect_uris: tuple[str, ...]
    created_at: datetime


class Clients:
    """The programs that are known here."""

    def __init__(self, database: Database, clock: Clock, documents: Documents) -> None:
        self._database = database
        self._clock = clock
        self._documents = documents

    def register(
        self, name: str | None, redirect_uris: Iterable[str], *, has_secret: bool
    ) -> NewClient:
        """Let a program register itself.

        Raises:
            OAuthError: an address cannot be used, or too many programs are in use.
        """
        addresses, address = check_redirects(redirect_uris), actor().address
        if CHATGPT_ACTIONS in addresses:
            raise OAuthError(
                OAuthFault.INVALID_REDIRECT_URI,
                "redirect_uris: a program that registers itself names whole addresses.",
            )
        new = self._new(shown_name(name), addresses, has_secret=has_secret)
        with self._database.write() as connection:
            self._make_room(connection)
            # Whoever registers again and again is one entry.
            is_told = connection.scalar(
                select(oauth_clients.c.id)
                .where(
                    oauth_clients.c.address == address,
                    oauth_clients.c.created_at > new.created_at - MERGED_FOR,
                )
                .limit(1)
            )
            made = self._insert(connection, new, ClientKind.REGISTERED, address=address)
            if is_told is None:
                record(connection, new.created_at, Action.CLIENT_REGISTERED, client=new.client_id)
        return made

    def make(self, user_id: int, name: str, redirect_uris: Iterable[str]) -> NewClient:
        """Make a program by hand, with a secret.

        Raises:
            InvalidInputError: the name or an address cannot be used.
            NotFoundError: there is no such person.
            ConflictError: they have made too many.
        """
        called = clean(name) or ""
        if not called or len(called) > LONGEST_NAME or not called.isprintable():
            raise InvalidInputError(
                f"The name must have 1 to {LONGEST_NAME} printable characters.", parameter="name"
            )
        try:
            addresses = check_redirects(redirect_uris)
        except OAuthError as error:
            raise InvalidInputError(error.message, parameter="redirect_uris") from None
        new = self._new(called, addresses, has_secret=True)
        with self._database.write() as connection:
            lock_user(connection, user_id)
            get_user(connection, user_id)
            count = connection.scalar(
                select(func.count())
                .select_from(oauth_clients)
                .where(oauth_clients.c.user_id == user_id)
            )
            if (count or 0) >= MOST_MADE:
                raise ConflictError(f"You have made {MOST_MADE} clients already. Remove one first.")
            made = self._insert(connection, new, ClientKind.MADE, user_id=user_id)
            record(
                connection,
                new.created_at,
                Action.CLIENT_MADE,
                subject_id=user_id,
                client=new.client_id,
            )
        return made

    def list(self, user_id: int) -> list[Client]:
        """List the programs that somebody has made by hand, the newest first."""
        query = select(oauth_clients).where(oauth_clients.c.user_id == user_id)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(oauth_clients.c.id.desc())).all()
        return [client_of(row) for row in rows]

    def remove(self, user_id: int, number: int) -> None:
        """Forget a program that somebody has made by hand; whatever anybody let it in to ends at once.

        Raises:
            NotFoundError: they have made no such program.
        """
        with self._database.write() as connection:
            gone = connection.execute(
                delete(oauth_clients)
                .where(oauth_clients.c.user_id == user_id, oauth_clients.c.id == number)
                .returning(oauth_clients.c.client_id)
            ).one_or_none()
            if gone is None:
                raise NotFoundError(f"There is no client {number}.")
            record(
                connection,
                self._clock(),
                Action.CLIENT_REMOVED,
                subject_id=user_id,
                client=gone.client_id,
            )

    def get(self, client_id: str) -> Client:
        """Give a program that somebody is to let in; the document that describes it is read where it is not known.

        Raises:
            OAuthError: there is none by this id, or its document cannot be used.
        """
        row = self._find(client_id)
        is_fresh = row is not None and (row.stale_at is None or row.stale_at > self._clock())
        if row is not None and is_fresh:
            return client_of(row)
        if not is_document(client_id):
            raise _unknown()
        described = self._documents.read(client_id)
        return self._keep(
            client_id,
            {
                "name": shown_name(described.name),
                "redirect_uris": "\n".join(check_redirects(described.redirect_uris)),
                "stale_at": self._clock() + described.fresh_for,
            },
        )

    def authenticate(self, client_id: str, secret: str | None) -> Client:
        """Give a program that shows who it is; whoever has a secret shows it, and nobody else does.

        Raises:
            OAuthError: it is unknown, or shows something else.
        """
        row = self._find(client_id)
        known = row.secret_hash if row is not None else None
        is_right = secret is None if known is None else _is_hashed(secret, known)
        if row is None or not is_right:
            raise _unknown()
        return client_of(row)

    def _find(self, client_id: str) -> Row[Any] | None:
        with self._database.read() as connection:
            return connection.execute(
                select(oauth_clients).where(oauth_clients.c.client_id == client_id)
            ).one_or_none()

    def _keep(self, client_id: str, values: Mapping[str, Any]) -> Client:
        """Keep what a document says."""
        place = oauth_clients.c.client_id == client_id
        # Of two that read it at the same time one inserts it, and both say the same.
        with suppress(IntegrityError), self._database.write() as connection:
            if connection.scalar(select(oauth_clients.c.id).where(place)) is None:
                self._make_room(connection)
                now, kind = self._clock(), ClientKind.DOCUMENT.value
                row = {"client_id": client_id, "kind": kind, "created_at": now, **values}
                connection.execute(insert(oauth_clients).values(address=actor().address, **row))
                record(connection, now, Action.CLIENT_REGISTERED, client=client_id)
        with self._database.write() as connection:
            kept = update(oauth_clients).where(place).values(**values).returning(oauth_clients)
            return client_of(connection.execute(kept).one())

    def _make_room(self, connection: Connection) -> None:
        """Forget programs that nobody let in, and those that nobody lets in any more."""
        now, used = self._clock(), oauth_clients.c.used_at
        is_free = (oauth_clients.c.kind != ClientKind.MADE.value) & ~_has_grants(now)
        is_over = (used.is_(None) & (oauth_clients.c.created_at < now - _NEVER_USED)) | (
            used < now - _LONG_UNUSED
        )
        connection.execute(delete(oauth_clients).where(is_free, is_over))
        count = connection.scalar(
            select(func.count())
            .select_from(oauth_clients)
            .where(oauth_clients.c.kind != ClientKind.MADE.value)
        )
        if (count or 0) < MOST_CLIENTS:
            return
        # Whoever floods drives out what nobody uses, and cannot keep others from registering.
        oldest = (
            select(oauth_clients.c.id)
            .where(is_free)
            .order_by(used.is_not(None), oauth_clients.c.created_at, oauth_clients.c.id)
            .limit(1)
        ).scalar_subquery()
        gone = connection.execute(delete(oauth_clients).where(oauth_clients.c.id == oldest))
        if not gone.rowcount:
            raise OAuthError(
                OAuthFault.UNAVAILABLE,
                f"{MOST_CLIENTS} programs are in use here. Revoke what is not needed any more.",
            )

    def _new(self, name: str, addresses: tuple[str, ...], *, has_secret: bool) -> NewClient:
        secret = SECRET_PREFIX + token_urlsafe(32) if has_secret else None
        return NewClient(0, f"tonearm-{token_hex(16)}", secret, name, addresses, self._clock())

    def _insert(
        self,
        connection: Connection,
        new: NewClient,
        kind: ClientKind,
        *,
        user_id: int | None = None,
        address: str | None = None,
    ) -> NewClient:
        number = connection.execute(
            insert(oauth_clients)
            .values(
                user_id=user_id,
                client_id=new.client_id,
                kind=kind.value,
                name=new.name,
                redirect_uris="\n".join(new.redirect_uris),
                secret_hash=digest(new.client_secret) if new.client_secret else None,
                created_at=new.created_at,
                address=address,
            )
            .returning(oauth_clients.c.id)
        ).scalar_one()
        return NewClient(
            number, new.client_id, new.client_secret, new.name, new.redirect_uris, new.created_at
        )


def shown_name(text: str | None) -> str:
    """Give what a program calls itself as it can be shown: one short line; empty where it says nothing."""
    called = "".join(filter(str.isprintable, clean(text) or ""))
    return " ".join(called.split())[:LONGEST_NAME]


def client_of(row: Row[Any]) -> Client:
    """Make a program of a row of `oauth_clients`."""
    return Client(
        id=row.id,
        client_id=row.client_id,
        kind=ClientKind(row.kind),
        name=row.name,
        redirect_uris=tuple(row.redirect_uris.split("\n")),
        has_secret=row.secret_hash is not None,
        created_at=row.created_at,
        used_at=row.used_at,
    )


def _has_grants(now: datetime) -> ColumnElement[bool]:
    theirs = select(oauth_grants.c.id).where(oauth_grants.c.client == oauth_clients.c.id)
    return theirs.where(oauth_grants.c.ends_at > now).exists()


def _is_hashed(secret: str | None, hashed: str) -> bool:
    return secret is not None and hmac.compare_digest(digest(secret), hashed)


def _unknown() -> OAuthError:
    return OAuthError(
        OAuthFault.INVALID_CLIENT,
        "This program is not known here, or does not show the secret that it was given. Register it anew.",
    )
