"""Who is calling, and what they may: the one place where `web` asks `accounts`."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from tonearm.accounts.acting import Actor, act_as
from tonearm.accounts.keys import Keys
from tonearm.accounts.people import Accounts, User
from tonearm.accounts.sessions import Session, Sessions
from tonearm.domain.errors import ForbiddenError, UnauthenticatedError
from tonearm.domain.vocabulary import Role, Scope
from tonearm.web.cookies import session_token
from tonearm.web.redirect import RedirectError
from tonearm.web.scope import header, request_id
from tonearm.web.services import Services

REMEMBERED_SECONDS = 5.0
_MOST_REMEMBERED = 10_000
_EVERYTHING = frozenset(Scope)


@dataclass(frozen=True, slots=True)
class Calling:
    """A caller, and what they may do with what they showed."""

    user: User
    scopes: frozenset[Scope]
    session: Session | None = None
    """The session, if that is what was shown."""

    def check(self, access: "Access") -> None:
        """Raise ForbiddenError unless the caller may."""
        if access.scope is not None and access.scope not in self.scopes:
            raise ForbiddenError(
                f"This key does not have the scope {access.scope}. "
                "Make one that has: tonearm keys create."
            )
        if not self.user.role.covers(access.role):
            raise ForbiddenError(
                f"This needs the role {access.role}; yours is {self.user.role}. "
                "Ask whoever runs this Tonearm."
            )

    @property
    def acting(self) -> User:
        """The caller as what was shown lets them act."""
        # A key for something narrow is not for other listeners' things, whoever made it.
        if Scope.ADMIN in self.scopes or not self.user.is_admin:
            return self.user
        return replace(self.user, role=Role.LISTENER)


@dataclass(frozen=True, slots=True)
class Access:
    """Who may use an operation, as data: a dependency that gives the caller.

    Everything an operation touches belongs to the caller, or to the listener that the path names as `user`, whom only
    the listener and admins find (`find_listener`).
    """

    scope: Scope | None
    """What a key or token must be for; None where any will do. A session is for everything its user may."""
    role: Role = Role.VIEWER
    """The least role."""

    async def __call__(self, request: Request) -> User:
        """Give the caller.

        Raises:
            UnauthenticatedError: nobody known is calling.
            ForbiddenError: the caller's role, or what they showed, does not reach.
        """
        calling = await (await callers(request)).find(request)
        if calling is None:
            if header(request.scope, b"authorization") is None:
                raise UnauthenticatedError(
                    "Log in, or send an API key in the header `Authorization: Bearer tnrm_…`."
                )
            raise UnauthenticatedError("This API key is unknown, or has ended. Make a new one.")
        calling.check(self)
        request.state.calling = calling
        act_as(_actor(request, calling.user))
        return calling.acting


class Callers:
    """Finds callers by session or key, and on SQLite remembers them for five seconds.

    A memory holds only while nobody has committed anything, so that what is ended ends at once. PostgreSQL does not
    tell when somebody commits: there every request asks.
    """

    def __init__(
        self,
        accounts: Accounts,
        sessions: Sessions,
        keys: Keys,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._keys = keys
        self._monotonic = monotonic
        self._remembered: dict[bytes, tuple[float, int, Calling]] = {}

    async def find(self, request: Request) -> Calling | None:
        """Give the caller of a request: by its bearer key if it shows one, else by its cookie."""
        secret = _secret(request)
        if secret is None:
            return None
        is_key = header(request.scope, b"authorization") is not None
        address = request.client.host if request.client else None
        return await self._look_up(
            secret,
            (lambda: self._by_key(secret, address))
            if is_key
            else (lambda: self._by_session(secret)),
        )

    def forget_caller(self, request: Request) -> None:
        """Look the caller of a request up anew the next time, because something about them has changed."""
        secret = _secret(request)
        if secret is not None:
            self.forget(secret)

    def forget(self, secret: str) -> None:
        """Remember a session or key no longer."""
        self._remembered.pop(_digest(secret), None)

    def _by_session(self, token: str) -> tuple[Calling, bool] | None:
        found = self._sessions.find(token)
        return None if found is None else (Calling(found[0], _EVERYTHING, found[1]), True)

    def _by_key(self, secret: str, address: str | None) -> tuple[Calling, bool] | None:
        found = self._keys.find_holder(secret, address)
        if found is None:
            return None
        user, key = found
        # What ends by itself is asked for each time, so that it ends to the second.
        return Calling(user, frozenset(key.scopes)), key.expires_at is None

    async def _look_up(
        self, secret: str, ask: Callable[[], tuple[Calling, bool] | None]
    ) -> Calling | None:
        digest = _digest(secret)
        stamp = self._accounts.stamp()
        remembered = self._remembered.get(digest)
        if remembered is not None and self._monotonic() < remembered[0] and stamp == remembered[1]:
            return remembered[2]
        found = await run_in_threadpool(ask)
        self._remembered.pop(digest, None)
        if found is None:
            return None
        calling, is_lasting = found
        if stamp is not None and is_lasting:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[digest] = (self._monotonic() + REMEMBERED_SECONDS, stamp, calling)
        return calling


async def services(request: Request) -> Services:
    """Give the composed rooms: a dependency."""
    found: Services = request.app.state.services
    return found


async def callers(request: Request) -> Callers:
    """Give the app's memory of callers: a dependency."""
    found: Callers = request.app.state.callers
    return found


async def page_caller(request: Request) -> User:
    """Give the caller of a page: a dependency. Pages are for people: a key opens none.

    Raises:
        RedirectError: nobody known is calling, so the way leads to the log-in or the set-up.
    """
    if header(request.scope, b"authorization") is None:
        calling = await (await callers(request)).find(request)
        if calling is not None:
            request.state.calling = calling
            act_as(_actor(request, calling.user))
            return calling.user
    root = request.scope.get("root_path", "")
    accounts = request.app.state.services.accounts
    if not await run_in_threadpool(accounts.is_set_up):
        raise RedirectError(f"{root}/setup")
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    raise RedirectError(f"{root}/login?next={quote(wanted, safe='/')}")


Caller = Annotated[User, Depends(Access(None))]
"""Somebody known, whatever their key is for."""
Reader = Annotated[User, Depends(Access(Scope.HISTORY_READ))]
Editor = Annotated[User, Depends(Access(Scope.HISTORY_WRITE, Role.LISTENER))]
Importer = Annotated[User, Depends(Access(Scope.IMPORTS_WRITE, Role.LISTENER))]
AccountHolder = Annotated[User, Depends(Access(Scope.ADMIN))]
"""Who may change an account: people who have logged in, and keys with the scope `admin`."""
Administrator = Annotated[User, Depends(Access(Scope.ADMIN, Role.ADMIN))]
"""Who may look after other people."""
PageCaller = Annotated[User, Depends(page_caller)]
Rooms = Annotated[Services, Depends(services)]
KnownCallers = Annotated[Callers, Depends(callers)]


def _actor(request: Request, user: User) -> Actor:
    address = request.client.host if request.client else None
    return Actor(user.id, user.name, address, request_id(request.scope))


def _secret(request: Request) -> str | None:
    """Give the key or session token that a request shows; a key goes first."""
    authorization = header(request.scope, b"authorization")
    if authorization is None:
        return session_token(request)
    scheme, _, key = authorization.partition(" ")
    return key.strip() if scheme.lower() == "bearer" else None


def _digest(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "replace")).digest()
