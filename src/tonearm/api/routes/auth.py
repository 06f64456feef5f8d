"""Set-up, log-in, log-out, and the tokens of API clients."""

from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from tonearm.accounts.people import User
from tonearm.accounts.sessions import SessionKind
from tonearm.accounts.tokens import NewTokens
from tonearm.domain.errors import InvalidInputError
from tonearm.domain.vocabulary import Scope
from tonearm.web.callers import KnownCallers, Rooms
from tonearm.web.entry import SetUp, SetUpRequest, log_in, log_in_client, log_out, set_up
from tonearm.web.strict import Body, api_router, problems

ROUTER = api_router("/auth", "auth")


class SetUpBody(Body):
    """The first visit."""

    name: str
    """1 to 64 printable characters."""
    password: str = Field(json_schema_extra={"format": "password"})
    """10 to 1,000 characters."""
    zone: str = "UTC"
    """IANA time zone in which days are counted."""
    token: str | None = None
    """The token printed at start; needed only from another machine."""


class LogInBody(Body):
    """Name and password."""

    name: str
    password: str = Field(json_schema_extra={"format": "password"})
    session: SessionKind = SessionKind.COOKIE
    """What shall carry the log-in: a `cookie` for browsers, a `token` for API clients."""
    scopes: Annotated[list[Scope], Field(min_length=1)] | None = None
    """What tokens shall be for; without it, for everything that you may."""


class RefreshBody(Body):
    """A refresh token."""

    refresh_token: Annotated[str, Field(json_schema_extra={"format": "password"})]
    """The one that came with the last answer."""


@ROUTER.post("/setup", status_code=201, summary="Make the owner", responses=problems(403, 409, 503))
def post_setup(request: Request, response: Response, services: Rooms, body: SetUpBody) -> SetUp:
    """Make the owner and a first API key, and log in. It works once.

    From another machine than Tonearm's own it needs the token that was printed at start.
    """
    wish = SetUpRequest(body.name, body.password, body.zone, body.token)
    return set_up(request, response, services, wish)


@ROUTER.post("/login", summary="Log in", responses=problems(401, 429, 503))
def post_login(
    request: Request, response: Response, services: Rooms, body: LogInBody
) -> User | NewTokens:
    """Begin a session: with a cookie in the answer, which then tells who you are, or with tokens in it."""
    if body.session is SessionKind.TOKEN:
        response.headers["cache-control"] = "no-store"
        return log_in_client(request, services, body.name, body.password, body.scopes)
    if body.scopes is not None:
        raise InvalidInputError(
            'Scopes narrow tokens: send `"session": "token"` with them.', parameter="scopes"
        )
    return log_in(request, response, services, body.name, body.password)


@ROUTER.post("/refresh", summary="Renew tokens", responses=problems(401, 503))
def post_refresh(response: Response, services: Rooms, body: RefreshBody) -> NewTokens:
    """Give new tokens for a refresh token, which works this once.

    Who shows it a second time gets the code `token_reused`, and the whole log-in ends, since somebody has a copy. Let
    one part of your program refresh, and store what comes before you use it.
    """
    response.headers["cache-control"] = "no-store"
    return services.tokens.refresh(body.refresh_token)


@ROUTER.post("/logout", status_code=204, summary="Log out", responses=problems(503))
def post_logout(
    request: Request,
    response: Response,
    services: Rooms,
    callers: KnownCallers,
    body: RefreshBody | None = None,
) -> None:
    """End the log-in of a refresh token, or else the session of the cookie; a log-in that is unknown has ended."""
    if body is not None:
        services.tokens.end(body.refresh_token)
        return
    log_out(request, response, services, callers)
