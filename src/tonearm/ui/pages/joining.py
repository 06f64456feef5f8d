"""Becoming a user, and getting another password by a link."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.accounts.invitations import Newcomer
from tonearm.accounts.passwords import SHORTEST_PASSWORD
from tonearm.domain.errors import ForbiddenError, InvalidInputError, NotFoundError, TonearmError
from tonearm.ui.pages.door import Given, list_zones
from tonearm.ui.rendering import frame_of, page, render
from tonearm.ui.told import told_problem
from tonearm.web.callers import Rooms
from tonearm.web.joining import register

ROUTER = APIRouter(include_in_schema=False)
Field = Annotated[str, Form()]


@ROUTER.get("/register")
def register_page(request: Request, rooms: Rooms, invitation: str = "") -> Response:
    """Ask somebody new for name, password and zone, if they may come in."""
    try:
        rooms.invitations.check(invitation or None)
    except ForbiddenError as error:
        raise NotFoundError(error.message) from error
    return _register_form(request, invitation, Given(), None)


@ROUTER.post("/register")
def post_register(
    request: Request,
    rooms: Rooms,
    name: Field = "",
    password: Field = "",
    again: Field = "",
    zone: Field = "UTC",
    invitation: Field = "",
) -> Response:
    """Make the account, log in and go on to the overview; a fault is told above the form."""
    response = RedirectResponse(frame_of(request).path("/"), 303)
    try:
        _check_same(password, again)
        register(request, response, rooms, Newcomer(name, password, zone, invitation or None))
    except TonearmError as error:
        return _register_form(request, invitation, Given(name, zone), error)
    return response


@ROUTER.get("/forgot")
def forgot_page(request: Request, rooms: Rooms) -> Response:
    """Ask who has forgotten their password; without mail, say who helps."""
    return _forgot(request, is_mailed=rooms.resets.are_mailed)


@ROUTER.post("/forgot")
def post_forgot(request: Request, rooms: Rooms, name: Field = "") -> Response:
    """Send a link to whoever this is; the answer is the same for everybody."""
    if not rooms.resets.are_mailed:
        return _forgot(request, is_mailed=False)
    response = _forgot(request, is_mailed=True, is_sent=True)
    # Looked up after the answer is out, so that its time does not tell who has an account.
    response.background = BackgroundTask(rooms.resets.request, name)
    return response


@ROUTER.get("/reset")
def reset_page(request: Request, rooms: Rooms, token: str = "") -> Response:
    """Ask for a new password, if the link works."""
    try:
        user = rooms.resets.find(token)
    except ForbiddenError as error:
        raise NotFoundError(error.message) from error
    return _reset_form(request, token, user.name, None)


@ROUTER.post("/reset")
def post_reset(
    request: Request, rooms: Rooms, token: Field = "", password: Field = "", again: Field = ""
) -> Response:
    """Set the password and lead to the log-in; a fault is told above the form."""
    try:
        _check_same(password, again)
        rooms.resets.redeem(token, password)
    except TonearmError as error:
        return _reset_form(request, token, "", error)
    html = render("reset_done.html", frame_of(request))
    return page(request, html)


def _check_same(password: str, again: str) -> None:
    if password != again:
        raise InvalidInputError("The two passwords differ. Type them again.", parameter="again")


def _register_form(
    request: Request, invitation: str, given: Given, problem: TonearmError | None
) -> Response:
    html = render(
        "register.html",
        frame_of(request),
        invitation=invitation,
        given=given,
        problem=told_problem(problem),
        zones=list_zones(),
        shortest=SHORTEST_PASSWORD,
    )
    return page(request, html, _status(problem))


def _reset_form(request: Request, token: str, name: str, problem: TonearmError | None) -> Response:
    html = render(
        "reset.html",
        frame_of(request),
        token=token,
        name=name,
        problem=told_problem(problem),
        shortest=SHORTEST_PASSWORD,
    )
    return page(request, html, _status(problem))


def _forgot(request: Request, *, is_mailed: bool, is_sent: bool = False) -> Response:
    html = render("forgot.html", frame_of(request), is_mailed=is_mailed, is_sent=is_sent)
    return page(request, html)


def _status(problem: TonearmError | None) -> int:
    """Give the status of a form; a link that has ended is a fault of what was sent, not of who sends it."""
    if problem is None:
        return 200
    return InvalidInputError.status if isinstance(problem, ForbiddenError) else problem.status
