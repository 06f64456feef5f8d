"""Name, e-mail address and password, from the account page."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.accounts.profiles import ProfileWish
from tonearm.domain.errors import InvalidInputError, TonearmError
from tonearm.ui.pages.account import show_account
from tonearm.ui.rendering import frame_of
from tonearm.web.callers import KnownCallers, PageCaller, Rooms
from tonearm.web.joining import change_password

ROUTER = APIRouter(prefix="/account", include_in_schema=False)
Field = Annotated[str, Form()]


@ROUTER.post("/profile")
def post_profile(
    request: Request,
    caller: PageCaller,
    rooms: Rooms,
    callers: KnownCallers,
    name: Field = "",
    email: Field = "",
    password: Field = "",
) -> Response:
    """Change name and e-mail address; a fault is told above the account."""
    try:
        rooms.profiles.change(caller, ProfileWish(name, email, password))
    except TonearmError as error:
        return show_account(request, caller, rooms, error)
    callers.forget_caller(request)
    return RedirectResponse(frame_of(request).path("/account?saved=true"), 303)


@ROUTER.post("/password")
def post_password(
    request: Request,
    caller: PageCaller,
    rooms: Rooms,
    callers: KnownCallers,
    current: Field = "",
    new: Field = "",
    again: Field = "",
) -> Response:
    """Change the password; a fault is told above the account."""
    response = RedirectResponse(frame_of(request).path("/account?saved=true"), 303)
    try:
        if new != again:
            raise InvalidInputError("The two passwords differ. Type them again.", parameter="again")
        change_password(request, response, rooms, callers, current, new)
    except TonearmError as error:
        return show_account(request, caller, rooms, error)
    return response
