"""Who is calling: the one place where `web` asks `accounts`."""

import time
from collections.abc import Callable
from hashlib import sha256
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from tonearm.accounts.people import Accounts, User
from tonearm.domain.errors import UnauthenticatedError
from tonearm.web.cookies import session_token
from tonearm.web.redirect import RedirectError
from tonearm.web.scope import header
from tonearm.web.services import Services

REMEMBERED_SECONDS = 5.0
_MOST_REMEMBERED = 10_000


class Callers:
    """Finds callers by session or key, and remembers them for five seconds.

    On SQLite a memory holds only while nobody has committed anything, so that what is ended
    ends at once. On PostgreSQL a session or key that was ended through another process works for up
    to five seconds more.
    """

    def __init__(self, accounts: Accounts, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._accounts = accounts
        self._monotonic = monotonic
        self._remembered: dict[bytes, tuple[float, int | None, User]] = {}

    async def find(self, request: Request) -> User | None:
        """Give the caller of a request: by its bearer key if it shows one, else by its cookie."""
        secret = _secret(request)
        if secret is None:
            return None
        is_key = header(request.scope, b"authorization") is not None
        ask = self._accounts.key_user if is_key else self._accounts.session_user
        return await self._look_up(secret, ask)

    def forget_caller(self, request: Request) -> None:
        """Look the caller of a request up anew the next time, because something about them has changed."""
        secret = _secret(request)
        if secret is not None:
            self.forget(secret)

    def forget(self, secret: str) -> None:
        """Remember a session or key no longer."""
        self._remembered.pop(_digest(secret), None)

    async def _look_up(self, secret: str, ask: Callable[[str], User | None]) -> User | None:
        digest = _digest(secret)
        stamp = self._accounts.stamp()
        remembered = self._remembered.get(digest)
        if remembered is not None and self._monotonic() < remembered[0] and stamp == remembered[1]:
            return remembered[2]
        user = await run_in_threadpool(ask, secret)
        if user is None:
            self._remembered.pop(digest, None)
            return None
        if len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[digest] = (self._monotonic() + REMEMBERED_SECONDS, stamp, user)
        return user


async def services(request: Request) -> Services:
    """Give the composed rooms: a dependency."""
    found: Services = request.app.state.services
    return found


async def callers(request: Request) -> Callers:
    """Give the app's memory of callers: a dependency."""
    found: Callers = request.app.state.callers
    return found


async def caller(request: Request) -> User:
    """Give the caller of an API operation: a dependency.

    Raises:
        UnauthenticatedError: nobody known is calling.
    """
    user = await (await callers(request)).find(request)
    if user is None:
        raise UnauthenticatedError(
            "Log in, or send an API key in the header `Authorization: Bearer tnrm_…`."
        )
    return user


async def page_caller(request: Request) -> User:
    """Give the caller of a page: a dependency.

    Raises:
        RedirectError: nobody known is calling, so the way leads to the log-in or the set-up.
    """
    user = await (await callers(request)).find(request)
    if user is not None:
        return user
    root = request.scope.get("root_path", "")
    accounts = request.app.state.services.accounts
    if not await run_in_threadpool(accounts.is_set_up):
        raise RedirectError(f"{root}/setup")
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    raise RedirectError(f"{root}/login?next={quote(wanted, safe='/')}")


Caller = Annotated[User, Depends(caller)]
PageCaller = Annotated[User, Depends(page_caller)]
Rooms = Annotated[Services, Depends(services)]
KnownCallers = Annotated[Callers, Depends(callers)]


def _secret(request: Request) -> str | None:
    """Give the key or session token that a request shows; a key goes first."""
    authorization = header(request.scope, b"authorization")
    if authorization is None:
        return session_token(request)
    scheme, _, key = authorization.partition(" ")
    return key.strip() if scheme.lower() == "bearer" else None


def _digest(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "replace")).digest()
