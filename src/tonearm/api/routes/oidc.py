"""Log-in with OIDC, and how one can log in at all."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Query
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.accounts.invitations import Registration
from tonearm.accounts.oidc import Answer
from tonearm.web.callers import AccountHolder, Browsing, Rooms
from tonearm.web.oidc import arrive, leave, link
from tonearm.web.redirect import wanted_path
from tonearm.web.strict import api_router, problems

ROUTER = api_router("/auth", "auth")


@dataclass(frozen=True, slots=True)
class Methods:
    """How one can log in here."""

    password: bool
    """By name and password."""
    oidc: str | None
    """Name of the provider at which one can log in, from `GET /api/auth/oidc`; null where there is none."""
    registration: Registration
    """Who may make an account: nobody (`closed`), the invited, or everybody (`open`)."""


@ROUTER.get("/methods", summary="How one can log in")
async def get_methods(services: Rooms) -> Methods:
    """Tell which log-ins there are, before anybody is known."""
    oidc = services.oidc.name if services.oidc else None
    return Methods(password=True, oidc=oidc, registration=services.invitations.registration)


@ROUTER.get(
    "/oidc",
    status_code=303,
    response_class=RedirectResponse,
    summary="Log in at the provider",
    responses=problems(404, 409, 502, 503),
)
def get_oidc(
    request: Request,
    services: Rooms,
    next: Annotated[str, Query(description="Path of this site to go on to")] = "/",  # noqa: A002 - the name in the address
) -> Response:
    """Send a browser to the provider. A browser that cannot be sent is led to the log-in page, which says why."""
    return leave(request, services, wanted_path(request, next))


@ROUTER.get(
    "/oidc/link",
    status_code=303,
    response_class=RedirectResponse,
    summary="Link a log-in at the provider",
    responses=problems(403, 404, 502, 503),
)
def get_link(request: Request, services: Rooms, caller: AccountHolder) -> Response:
    """Send the caller's browser to the provider, to open this account from there from then on."""
    return link(request, services, caller)


def get_callback(
    request: Request,
    services: Rooms,
    caller: Browsing,
    state: Annotated[str, Query(description="What the browser was sent away with")] = "",
    code: Annotated[str, Query(description="What the provider gives tokens for")] = "",
    error: Annotated[str, Query(description="Why it gives no code")] = "",
    iss: Annotated[str | None, Query(description="The provider's issuer")] = None,
) -> Response:
    """Take a browser back from the provider, and log in whoever the provider says it is.

    Parameters that are not known here are left alone, as OAuth 2.0 has it: providers send more.
    """
    return arrive(request, services, Answer(state, code, error, iss), caller)


ROUTER.add_api_route(
    "/oidc/callback",
    get_callback,
    methods=["GET"],
    status_code=303,
    response_class=RedirectResponse,
    summary="Come back from the provider",
    responses=problems(400, 403, 404, 409, 502, 503),
    route_class_override=APIRoute,
)
