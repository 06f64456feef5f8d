"""Account: who is here, by which clock, and the way out."""

from typing import Annotated

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.domain.errors import InvalidInputError
from tonearm.domain.preferences import Preferences
from tonearm.ui import asking
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


@ROUTER.post("/preferences")
def post_preferences(
    request: Request,
    caller: PageCaller,
    rooms: Rooms,
    callers: KnownCallers,
    zone: Annotated[str, Form()] = "",
    rule: Annotated[str, Form()] = "",
    *,
    private: Annotated[bool, Form()] = False,
    travels: Annotated[bool, Form()] = False,
) -> Response:
    """Change how the listener is counted; a box that is not ticked is not sent."""
    frame = frame_of(request, caller)
    try:
        wanted = Preferences(zone.strip(), asking.rule_of(rule), private, travels)
        rooms.accounts.set_preferences(caller.id, wanted)
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
        rules=asking.RULES,
        version=version,
    )
