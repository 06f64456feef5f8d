"""Programs that were let in, and clients made by hand, from the account page."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, Path
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.domain.errors import NotFoundError, TonearmError
from tonearm.ui.pages.account import show_account
from tonearm.ui.rendering import frame_of, page, render
from tonearm.web.addresses import own_address
from tonearm.web.callers import PageCaller, Rooms

ROUTER = APIRouter(prefix="/account", include_in_schema=False)
_LARGEST_ID = 2_147_483_647
Number = Annotated[int, Path(ge=1, le=_LARGEST_ID)]


@ROUTER.post("/grants/{number}/revoke")
def post_revoked_grant(
    request: Request, caller: PageCaller, rooms: Rooms, number: Number
) -> Response:
    """End what a program was let in to."""
    try:
        rooms.grants.revoke(caller.id, number)
    except NotFoundError as error:
        return show_account(request, caller, rooms, error)
    return _back(request)


@ROUTER.post("/clients")
def post_client(
    request: Request,
    caller: PageCaller,
    rooms: Rooms,
    name: Annotated[str, Form()] = "",
    redirect_uris: Annotated[str, Form()] = "",
) -> Response:
    """Make a client and show its secret once; a fault is told above the account."""
    try:
        made = rooms.clients.make(caller.id, name, redirect_uris.split())
    except TonearmError as error:
        return show_account(request, caller, rooms, error)
    frame = replace(frame_of(request, caller), here="/account")
    html = render("account_client.html", frame, client=made, issuer=own_address(request))
    return page(request, html)


@ROUTER.post("/clients/{number}/remove")
def post_removed_client(
    request: Request, caller: PageCaller, rooms: Rooms, number: Number
) -> Response:
    """Forget a client, and end whatever anybody let it in to."""
    try:
        rooms.clients.remove(caller.id, number)
    except NotFoundError as error:
        return show_account(request, caller, rooms, error)
    return _back(request)


def _back(request: Request) -> Response:
    return RedirectResponse(frame_of(request).path("/account#grants"), 303)
