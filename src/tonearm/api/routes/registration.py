"""Making an account, and choosing another password by a link."""

from pydantic import Field
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from tonearm.accounts.invitations import Newcomer
from tonearm.accounts.people import User
from tonearm.web.callers import Rooms
from tonearm.web.joining import register
from tonearm.web.strict import Body, api_router, problems

ROUTER = api_router("/auth", "auth")


class RegisterBody(Body):
    """Somebody new."""

    name: str
    """1 to 64 printable characters."""
    password: str = Field(json_schema_extra={"format": "password"})
    """10 to 1,000 characters, none of the common ones, and not the name."""
    zone: str = "UTC"
    """IANA time zone in which days are counted."""
    invitation: str | None = None
    """What stands behind `invitation=` in the link; needed unless registration is open."""


class ResetRequestBody(Body):
    """Somebody who has forgotten their password."""

    name: str
    """Name or e-mail address."""


class ResetBody(Body):
    """A new password."""

    token: str = Field(json_schema_extra={"format": "password"})
    """What stands behind `token=` in the link."""
    password: str = Field(json_schema_extra={"format": "password"})
    """10 to 1,000 characters, none of the common ones, and not the name."""


@ROUTER.post(
    "/register", status_code=201, summary="Make an account", responses=problems(403, 409, 503)
)
def post_register(
    request: Request, response: Response, services: Rooms, body: RegisterBody
) -> User:
    """Make an account, for whoever has an invitation or where registration is open, and log in."""
    newcomer = Newcomer(body.name, body.password, body.zone, body.invitation)
    return register(request, response, services, newcomer)


@ROUTER.post(
    "/reset-request",
    status_code=202,
    summary="Ask for a link to a new password",
    responses=problems(409),
)
def post_reset_request(services: Rooms, body: ResetRequestBody) -> Response:
    """Send a link by mail to whoever has this name or address. The answer does not tell whether anybody has."""
    services.resets.check_mailed()
    # Looked up after the answer is out, so that its time does not tell either.
    return Response(status_code=202, background=BackgroundTask(services.resets.request, body.name))


@ROUTER.post(
    "/reset", status_code=204, summary="Choose a new password", responses=problems(403, 503)
)
def post_reset(services: Rooms, body: ResetBody) -> None:
    """Set a password by a link, which works once; every session and token of before ends."""
    services.resets.redeem(body.token, body.password)
