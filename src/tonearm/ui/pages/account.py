"""Account: who is here, by which clock, and the way out."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.domain.errors import InvalidInputError
from tonearm.ui.pages.door import list_zones
from tonearm.ui.rendering import Frame, frame_of, page, render
from tonearm.web.callers import KnownCallers, PageCaller, Rooms

ROUTER = APIRouter(prefix="/account", include_in_schema=False)


@ROUTER.get("")
def account_page(
    request: Request,
    caller: PageCaller,
    rooms: Rooms,
    *,
    saved: Annotated[bool, Query()] = False,
) -> Response:
    """Show the account."""
    frame = frame_of(request, caller)
    return page(request, render_account(frame, rooms.version, has_saved=saved))


@ROUTER.post("/zone")
def post_zone(
    request: Request,
    caller: PageCaller,
    rooms: Rooms,
    callers: KnownCallers,
    zone: Annotated[str, Form()] = "",
) -> Response:
    """Change the zone in which days are counted."""
    frame = frame_of(request, caller)
    try:
        rooms.accounts.set_preferences(caller.id, replace(caller.preferences, zone=zone.strip()))
    except InvalidInputError as error:
        html = render_account(Frame(frame.base, "/account", caller), rooms.version, error.message)
        return page(request, html, error.status)
    callers.forget_caller(request)
    return RedirectResponse(frame.path("/account?saved=true"), 303)


def render_account(
    frame: Frame, version: str, problem: str | None = None, *, has_saved: bool = False
) -> str:
    """Render the account page."""
    return render(
        "account.html",
        frame,
        problem=problem,
        has_saved=has_saved,
        zones=list_zones(),
        version=version,
    )
