"""Access: log-ins ended, and keys made, rotated and revoked, from the account page."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Path
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.accounts.keys import NewKey
from tonearm.accounts.people import User
from tonearm.domain.errors import InvalidInputError, NotFoundError, TonearmError
from tonearm.domain.vocabulary import Scope
from tonearm.ops.clock import system_clock
from tonearm.speech import gettext as _
from tonearm.ui.access import EXPIRIES, OVERLAPS
from tonearm.ui.pages.account import show_account
from tonearm.ui.rendering import Frame, frame_of, page, render
from tonearm.web.callers import PageCaller, Rooms, current_session

ROUTER = APIRouter(prefix="/account", include_in_schema=False)
_LARGEST_ID = 2_147_483_647
Number = Annotated[int, Path(ge=1, le=_LARGEST_ID)]


@ROUTER.post("/sessions/{number}/revoke")
def post_revoked_session(
    request: Request, caller: PageCaller, rooms: Rooms, number: Number
) -> Response:
    """End a log-in."""
    try:
        rooms.sessions.revoke(caller.id, number)
    except NotFoundError as error:
        return show_account(request, caller, rooms, error)
    return _back(request, "sessions")


@ROUTER.post("/sessions/revoke-others")
def post_revoked_others(request: Request, caller: PageCaller, rooms: Rooms) -> Response:
    """End every log-in but this one."""
    current = current_session(request)
    rooms.sessions.revoke_others(caller.id, current.id if current else None)
    return _back(request, "sessions")


@ROUTER.post("/keys")
def post_key(
    request: Request,
    caller: PageCaller,
    rooms: Rooms,
    name: Annotated[str, Form()] = "",
    scopes: Annotated[tuple[str, ...], Form()] = (),
    expiry: Annotated[str, Form()] = "",
) -> Response:
    """Make a key and show it once; a fault is told above the account."""
    try:
        days = _chosen(expiry, EXPIRIES, "expiry")
        ends_at = system_clock() + timedelta(days=int(days)) if days else None
        chosen = [scope for scope in Scope if scope.value in scopes]
        made = rooms.keys.create(caller.id, name, chosen, ends_at)
    except TonearmError as error:
        return show_account(request, caller, rooms, error)
    return _show_secret(request, caller, made, None)


@ROUTER.get("/keys/{number}")
def key_page(request: Request, caller: PageCaller, rooms: Rooms, number: Number) -> Response:
    """Show a key, and what can be done with it."""
    key = next((key for key in rooms.keys.list(caller.id) if key.id == number), None)
    if key is None:
        raise NotFoundError(f"There is no key {number}.")
    html = render("account_key.html", _frame(request, caller), key=key, overlaps=OVERLAPS)
    return page(request, html)


@ROUTER.post("/keys/{number}/rotate")
def post_rotated_key(
    request: Request,
    caller: PageCaller,
    rooms: Rooms,
    number: Number,
    overlap: Annotated[str, Form()] = "0",
) -> Response:
    """Make a key in place of another and show it once."""
    try:
        minutes = _chosen(overlap, OVERLAPS, "overlap")
        made = rooms.keys.rotate(caller.id, number, timedelta(minutes=int(minutes)))
    except TonearmError as error:
        return show_account(request, caller, rooms, error)
    return _show_secret(request, caller, made, _(OVERLAPS[minutes]))


@ROUTER.post("/keys/{number}/revoke")
def post_revoked_key(
    request: Request, caller: PageCaller, rooms: Rooms, number: Number
) -> Response:
    """End a key."""
    try:
        rooms.keys.revoke(caller.id, number)
    except NotFoundError as error:
        return show_account(request, caller, rooms, error)
    return _back(request, "keys")


def _show_secret(request: Request, caller: User, made: NewKey, ends: str | None) -> Response:
    html = render("account_secret.html", _frame(request, caller), key=made, old_ends=ends)
    return page(request, html)


def _chosen(value: str, offered: Mapping[str, str], parameter: str) -> str:
    if value not in offered:
        raise InvalidInputError("Choose one of the offered times.", parameter=parameter)
    return value


def _frame(request: Request, caller: User) -> Frame:
    return replace(frame_of(request, caller), here="/account")


def _back(request: Request, part: str) -> Response:
    return RedirectResponse(frame_of(request).path(f"/account#{part}"), 303)
