"""The way in and out: set-up, log-in, log-out."""

from dataclasses import dataclass
from typing import Annotated
from zoneinfo import available_timezones

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.accounts.invitations import Registration
from tonearm.accounts.oidc_errors import find_problem
from tonearm.accounts.passwords import SHORTEST_PASSWORD
from tonearm.domain.errors import NotFoundError, TonearmError
from tonearm.speech import gettext as _
from tonearm.ui.rendering import frame_of, page, render
from tonearm.ui.told import told_problem
from tonearm.web import entry
from tonearm.web.callers import KnownCallers, Rooms
from tonearm.web.oidc import START
from tonearm.web.redirect import wanted_path

ROUTER = APIRouter(include_in_schema=False)
Field = Annotated[str, Form()]


@dataclass(frozen=True, slots=True)
class Given:
    """What a visitor typed and need not type again."""

    name: str = ""
    zone: str = "UTC"


@ROUTER.get("/setup")
def setup_page(request: Request, rooms: Rooms) -> Response:
    """Ask for the owner's name, password and zone; only until there is an owner."""
    _expect_first_visit(rooms)
    return _setup_form(request, Given(), None)


@ROUTER.post("/setup")
def post_setup(
    request: Request,
    rooms: Rooms,
    name: Field = "",
    password: Field = "",
    again: Field = "",
    zone: Field = "UTC",
    token: Field = "",
) -> Response:
    """Make the owner and show the key once; a fault is told above the form."""
    _expect_first_visit(rooms)
    given = Given(name, zone)
    if password != again:
        return _setup_form(request, given, _("The two passwords differ. Type them again."), 422)
    carrier = Response()
    try:
        done = entry.set_up(
            request, carrier, rooms, entry.SetUpRequest(name, password, zone, token or None)
        )
    except TonearmError as error:
        return _setup_form(request, given, told_problem(error), error.status)
    response = page(
        request, render("key.html", frame_of(request), name=done.user.name, key=done.key)
    )
    return _with_cookies(carrier, response)


@ROUTER.get("/login")
def login_page(
    request: Request,
    rooms: Rooms,
    next: str = "/",  # noqa: A002 - the name in the address
    problem: str = "",
) -> Response:
    """Ask for name and password; `problem` is the code of why a log-in elsewhere came to nothing."""
    if not rooms.accounts.is_set_up():
        return RedirectResponse(frame_of(request).path("/setup"), 303)
    found = find_problem(problem)
    if found is None:
        return _login_form(request, "", wanted_path(request, next), None)
    return _login_form(request, "", wanted_path(request, next), told_problem(found), found.status)


@ROUTER.post("/login")
def post_login(
    request: Request,
    rooms: Rooms,
    name: Field = "",
    password: Field = "",
    next: Field = "/",  # noqa: A002 - the name in the form
) -> Response:
    """Log in and go on to where the visitor wanted to be."""
    carrier = Response()
    try:
        entry.log_in(request, carrier, rooms, name, password)
    except TonearmError as error:
        return _login_form(
            request, name, wanted_path(request, next), told_problem(error), error.status
        )
    base = frame_of(request).base
    path = wanted_path(request, next)
    location = path if path.startswith(f"{base}/") else base + path
    return _with_cookies(carrier, RedirectResponse(location, 303))


@ROUTER.post("/logout")
def post_logout(request: Request, rooms: Rooms, callers: KnownCallers) -> Response:
    """Log out; harmless for whoever is not logged in."""
    response = RedirectResponse(frame_of(request).path("/login"), 303)
    entry.log_out(request, response, rooms, callers)
    return response


def list_zones() -> list[str]:
    """Give the zones worth offering; any other IANA name may still be typed."""
    return sorted(
        zone for zone in available_timezones() if zone == "UTC" or zone.partition("/")[0] in _AREAS
    )


_AREAS = frozenset(
    (
        "Africa",
        "America",
        "Antarctica",
        "Arctic",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    )
)


def _expect_first_visit(rooms: Rooms) -> None:
    if rooms.accounts.is_set_up():
        raise NotFoundError("This Tonearm is set up already. Log in instead.")


def _setup_form(request: Request, given: Given, problem: str | None, status: int = 200) -> Response:
    html = render(
        "setup.html",
        frame_of(request),
        given=given,
        problem=problem,
        zones=list_zones(),
        shortest=SHORTEST_PASSWORD,
        needs_token=entry.needs_token(request),
    )
    return page(request, html, status)


def _login_form(
    request: Request, name: str, wanted: str, problem: str | None, status: int = 200
) -> Response:
    services = request.app.state.services
    oidc = services.oidc
    html = render(
        "login.html",
        frame_of(request),
        name=name,
        next=wanted,
        problem=problem,
        provider=oidc.name if oidc else None,
        start=START,
        may_register=services.invitations.registration is Registration.OPEN,
    )
    return page(request, html, status)


def _with_cookies(carrier: Response, response: Response) -> Response:
    response.raw_headers.extend(
        (name, value) for name, value in carrier.raw_headers if name == b"set-cookie"
    )
    return response
