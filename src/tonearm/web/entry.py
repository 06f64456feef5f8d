"""Coming in and going out: set-up, log-in and log-out, the same for API and pages.

All of it asks the database and hashes passwords, so it belongs into worker threads.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from tonearm.accounts.people import User
from tonearm.accounts.tokens import NewTokens
from tonearm.domain.errors import ForbiddenError
from tonearm.domain.vocabulary import Scope
from tonearm.speech.asking import asked_presentation
from tonearm.web.callers import Callers
from tonearm.web.cookies import drop_session, keep_session, session_token
from tonearm.web.languages import wished_languages
from tonearm.web.scope import header, is_local
from tonearm.web.services import Services


@dataclass(frozen=True, slots=True)
class SetUp:
    """What a set-up gives."""

    user: User
    key: str
    """The owner's API key; it is shown this once."""


@dataclass(frozen=True, slots=True)
class SetUpRequest:
    """What the first visitor fills in."""

    name: str
    password: str
    zone: str
    token: str | None
    """The set-up token; not needed on the machine itself."""


def needs_token(request: Request) -> bool:
    """Tell whether a set-up from here has to show the token printed at start."""
    return not is_local(request.scope)


def set_up(request: Request, response: Response, services: Services, wish: SetUpRequest) -> SetUp:
    """Make the owner with a first key, and log the visitor in.

    Raises:
        ForbiddenError: the token is missing or wrong, and the request is not from this machine.
        InvalidInputError: name, password or zone cannot be used.
        ConflictError: the instance is set up already.
    """
    accounts = services.accounts
    is_open = not needs_token(request) or accounts.is_set_up()
    if not is_open and not accounts.check_setup_token(wish.token or ""):
        raise ForbiddenError(
            "From another machine the set-up needs the token that Tonearm printed at its start."
        )
    shown = asked_presentation(wished_languages(request))
    user = accounts.set_up(wish.name, wish.password, wish.zone, shown)
    key = services.keys.create(user.id, "owner key", Scope).key
    begin_session(request, response, services, user, "password")
    return SetUp(user, key)


def log_in(
    request: Request, response: Response, services: Services, name: str, password: str
) -> User:
    """Log a listener in; a session that the browser carries already ends, so that none can be foisted on it.

    Raises:
        UnauthenticatedError: name or password is wrong.
        TooManyAttemptsError: this name failed too often just now.
    """
    user = services.accounts.authenticate(name, password)
    begin_session(request, response, services, user, "password")
    return user


def log_in_client(
    request: Request,
    services: Services,
    name: str,
    password: str,
    scopes: Iterable[Scope] | None = None,
) -> NewTokens:
    """Log a listener's program in; cookies are neither read nor set.

    Raises:
        UnauthenticatedError: name or password is wrong.
        TooManyAttemptsError: this name failed too often just now.
        InvalidInputError: there are scopes, but none.
    """
    user = services.accounts.authenticate(name, password)
    agent = header(request.scope, b"user-agent")
    return services.tokens.begin(user, "password", agent, scopes)


def log_out(request: Request, response: Response, services: Services, callers: Callers) -> None:
    """End the session of a request, if it has one."""
    token = session_token(request)
    if token is not None:
        services.sessions.end(token)
        callers.forget(token)
    drop_session(request, response)


def begin_session(
    request: Request, response: Response, services: Services, user: User, method: str
) -> None:
    """Let the browser carry a session of somebody who has proven who they are by a method.

    A session that it carries already ends, so that none can be foisted on it.
    """
    carried = session_token(request)
    if carried is not None:
        services.sessions.end(carried)
    agent = header(request.scope, b"user-agent")
    keep_session(request, response, services.sessions.begin(user, method, agent).token)
