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
from tonearm.accounts.audit import Action
from tonearm.accounts.keys import KEY_PREFIX, Keys
from tonearm.accounts.oauth_grants import ACCESS_PREFIX, Grants
from tonearm.accounts.oauth_requests import is_own
from tonearm.accounts.people import Accounts, User
from tonearm.accounts.sessions import Session, SessionKind, Sessions
from tonearm.accounts.tokens import REFRESH_PREFIX, Tokens
from tonearm.domain.errors import ForbiddenError, UnauthenticatedError
from tonearm.domain.vocabulary import Role, Scope
from tonearm.web.addresses import own_address
from tonearm.web.basic import CHALLENGE, check_basic, read_basic
from tonearm.web.cookies import session_token
from tonearm.web.redirect import RedirectError
from tonearm.web.scope import header, request_id
from tonearm.web.services import Services

REMEMBERED_SECONDS = 5.0
_MOST_REMEMBERED = 10_000
_DOTS_OF_A_JWT = 2
_EVERYTHING = frozenset(Scope)
_CALLING = "tonearm.calling"


@dataclass(frozen=True, slots=True)
class Calling:
    """A caller, and what they may do with what they showed."""

    user: User
    scopes: frozenset[Scope]
    session: Session | None = None
    """The session, if its cookie or an access token of it was shown."""
    is_granted: bool = False
    """Whether an access token was shown of a program that the caller has let in."""

    def check(self, access: "Access") -> None:
        """Raise ForbiddenError unless the caller may."""
        if access.scope is not None and access.scope not in self.scopes:
            if self.session is not None and self.session.kind is SessionKind.TOKEN:
                raise ForbiddenError(
                    f"This access token does not have the scope {access.scope}. "
                    "Log in with it among `scopes`, or without any."
                )
            if self.is_granted:
                raise ForbiddenError(
                    f"This program was not let in to {access.scope}. Connect it anew, and allow that."
                )
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
        calling = await self._find(request)
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

    @property
    def is_for_admins(self) -> bool:
        """Whether no less than an admin may."""
        return self.role.covers(Role.ADMIN)

    async def _find(self, request: Request) -> "Calling | None":
        known, rooms = await callers(request), await services(request)
        if self.is_for_admins and rooms.takes_basic:
            request.state.challenge = CHALLENGE
        shown = read_basic(request)
        if shown is None or request.scope.get(_CALLING) is not None:
            return await known.find(request)
        check_basic(request, rooms, is_for_admins=self.is_for_admins)
        calling = await known.find_by_password(*shown)
        await run_in_threadpool(_note_basic, request, rooms, calling.user)
        request.scope[_CALLING] = calling
        return calling


class Callers:
    """Finds callers by session, key or token, and on SQLite remembers them for five seconds.

    A memory holds only while nobody has committed anything, so that what is ended ends at once. PostgreSQL does not
    tell when somebody commits: there every request asks.
    """

    def __init__(
        self,
        accounts: Accounts,
        sessions: Sessions,
        keys: Keys,
        tokens: Tokens,
        monotonic: Callable[[], float] = time.monotonic,
        grants: Grants | None = None,
    ) -> None:
        """Take no tokens of programs where there are no `grants`."""
        self._grants = grants
        self._accounts = accounts
        self._sessions = sessions
        self._keys = keys
        self._tokens = tokens
        self._monotonic = monotonic
        self._remembered: dict[bytes, tuple[float, int, Calling]] = {}

    async def find(self, request: Request) -> Calling | None:
        """Give the caller of a request: by the key or token it bears, else by its cookie.

        Raises:
            UnauthenticatedError: it shows a token that opens nothing; the message says what to do.
        """
        calling: Calling | None = request.scope.get(_CALLING)
        if calling is None:
            # The gate, the route and whatever lies between ask one after another.
            calling = request.scope[_CALLING] = await self._find(request)
        return calling

    async def _find(self, request: Request) -> Calling | None:
        secret = shown_secret(request)
        if secret is None:
            return None
        address = request.client.host if request.client else None
        if header(request.scope, b"authorization") is None:
            return await self._look_up(secret, lambda: self._by_session(secret))
        if secret.startswith(KEY_PREFIX):
            return await self._look_up(secret, lambda: self._by_key(secret, address))
        if secret.startswith(REFRESH_PREFIX):
            raise UnauthenticatedError(
                "This is a refresh token. Send the access token, or get one: POST /api/auth/refresh."
            )
        if secret.startswith(ACCESS_PREFIX):
            return await run_in_threadpool(self._by_grant, secret, own_address(request))
        if secret.count(".") != _DOTS_OF_A_JWT:
            return None
        user, session = await run_in_threadpool(self._tokens.find, secret)
        return Calling(user, frozenset(session.scopes), session)

    async def find_by_password(self, name: str, password: str) -> Calling:
        """Give the caller of a name and a password; raises what `Accounts.authenticate` does."""
        user = await run_in_threadpool(self._accounts.authenticate, name, password)
        return Calling(user, _EVERYTHING)

    def forget_caller(self, request: Request) -> None:
        """Look the caller of a request up anew the next time, because something about them has changed."""
        request.scope.pop(_CALLING, None)
        secret = shown_secret(request)
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

    def _by_grant(self, token: str, issuer: str) -> Calling:
        if self._grants is None:
            raise UnauthenticatedError("Programs are not let in here: TONEARM_OAUTH is off.")
        user, grant = self._grants.find(token)
        if not is_own(grant.resource, issuer):
            raise UnauthenticatedError(
                f"This access token is for {grant.resource}, not for this address. Connect anew."
            )
        return Calling(user, frozenset(grant.scopes), is_granted=True)

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


def current_session(request: Request) -> Session | None:
    """Give the session by which the caller of a request was found; None for a key."""
    calling: Calling = request.state.calling
    return calling.session


def known_user(request: Request) -> User | None:
    """Give who a request was found to be from, by its session; None as long as nobody has asked, or found anybody."""
    calling: Calling | None = request.scope.get(_CALLING)
    is_browser = header(request.scope, b"authorization") is None
    return calling.user if calling is not None and is_browser else None


async def browsing(request: Request) -> User | None:
    """Give who browses here, by the session of the browser: a dependency of what is open to everybody."""
    if header(request.scope, b"authorization") is not None:
        return None
    calling = await (await callers(request)).find(request)
    return None if calling is None else calling.user


@dataclass(frozen=True, slots=True)
class PageAccess(Access):
    """Who may use a page, as data too. Pages are for people: a session opens them, a key none."""

    scope: Scope | None = None

    async def __call__(self, request: Request) -> User:
        """Give the caller.

        Raises:
            RedirectError: nobody known is calling, so the way leads to the log-in or the set-up.
            ForbiddenError: the caller's role does not reach.
        """
        if header(request.scope, b"authorization") is None:
            calling = await (await callers(request)).find(request)
            if calling is not None:
                calling.check(self)
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
InboxHolder = Annotated[User, Depends(Access(Scope.HISTORY_WRITE))]
"""Who may mark their notifications as read, and delete them: also those who only look."""
Chooser = Annotated[User, Depends(Access(Scope.HISTORY_WRITE))]
"""Who may choose how they are counted, and shown and told things: also those who only look."""
LibraryReader = Annotated[User, Depends(Access(Scope.LIBRARY_READ))]
LibraryEditor = Annotated[User, Depends(Access(Scope.LIBRARY_WRITE, Role.LISTENER))]
LinkHolder = Annotated[User, Depends(Access(Scope.ADMIN, Role.LISTENER))]
"""Who may link a Spotify account, whose plays become theirs, and end that."""
AccountHolder = Annotated[User, Depends(Access(Scope.ADMIN))]
"""Who may change an account: people who have logged in, and keys with the scope `admin`."""
Administrator = Annotated[User, Depends(Access(Scope.ADMIN, Role.ADMIN))]
"""Who may look after other people."""
PageCaller = Annotated[User, Depends(PageAccess())]
PageEditor = Annotated[User, Depends(PageAccess(role=Role.LISTENER))]
"""Who may change a history through pages: import, publish, cancel, undo, correct."""
PageAdministrator = Annotated[User, Depends(PageAccess(role=Role.ADMIN))]
Browsing = Annotated[User | None, Depends(browsing)]
"""Whoever browses here, if it is somebody known."""
Rooms = Annotated[Services, Depends(services)]
KnownCallers = Annotated[Callers, Depends(callers)]


def _actor(request: Request, user: User) -> Actor:
    address = request.client.host if request.client else None
    # One number after another is one kind of reading, so that the operation is named and not the address.
    path = getattr(request.scope.get("route"), "path_format", None)
    return Actor(user.id, user.name, address, request_id(request.scope), path)


def _note_basic(request: Request, rooms: Services, user: User) -> None:
    """Write a log-in down that every request repeats."""
    rooms.audit.note(Action.LOGGED_IN, subject_id=user.id, by=_actor(request, user), method="basic")


def shown_secret(request: Request) -> str | None:
    """Give the key or session token that a request shows; a key goes first."""
    authorization = header(request.scope, b"authorization")
    if authorization is None:
        return session_token(request)
    scheme, _, key = authorization.partition(" ")
    return key.strip() if scheme.lower() == "bearer" else None


def _digest(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "replace")).digest()
