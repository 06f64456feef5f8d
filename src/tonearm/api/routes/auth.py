"""Set-up, log-in, log-out."""

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from tonearm.accounts.people import User
from tonearm.web.callers import KnownCallers, Rooms
from tonearm.web.entry import SetUp, SetUpRequest, log_in, log_out, set_up
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


@ROUTER.post("/setup", status_code=201, summary="Make the owner", responses=problems(403, 409, 503))
def post_setup(request: Request, response: Response, services: Rooms, body: SetUpBody) -> SetUp:
    """Make the owner and a first API key, and log in. It works once.

    From another machine than Tonearm's own it needs the token that was printed at start.
    """
    wish = SetUpRequest(body.name, body.password, body.zone, body.token)
    return set_up(request, response, services, wish)


@ROUTER.post("/login", summary="Log in", responses=problems(401, 429, 503))
def post_login(request: Request, response: Response, services: Rooms, body: LogInBody) -> User:
    """Begin a session; the cookie in the answer carries it."""
    return log_in(request, response, services, body.name, body.password)


@ROUTER.post("/logout", status_code=204, summary="Log out", responses=problems(503))
def post_logout(
    request: Request, response: Response, services: Rooms, callers: KnownCallers
) -> None:
    """End the session of the cookie; without one there is nothing to end."""
    log_out(request, response, services, callers)
