"""Account: who is here, by which clock, and the way out."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.accounts.oidc_errors import find_problem
from tonearm.accounts.people import User
from tonearm.domain.errors import InvalidInputError, TonearmError
from tonearm.domain.events import EventName
from tonearm.domain.preferences import Language, Preferences, Presentation, Theme
from tonearm.speech import N_
from tonearm.speech.spelling import own_name
from tonearm.ui import asking
from tonearm.ui.access import access_values
from tonearm.ui.grants import grant_values
from tonearm.ui.identities import identity_values
from tonearm.ui.pages.door import list_zones
from tonearm.ui.rendering import frame_of, page, render
from tonearm.ui.spotify import spotify_values
from tonearm.ui.told import told_problem
from tonearm.web.callers import KnownCallers, PageCaller, Rooms
from tonearm.web.services import Services

ROUTER = APIRouter(prefix="/account", include_in_schema=False)
_THEMES: Mapping[Theme, str] = {
    Theme.SYSTEM: N_("As the system"),
    Theme.LIGHT: N_("Paper"),
    Theme.DARK: N_("Night"),
}


@ROUTER.get("")
def account_page(
    request: Request,
    caller: PageCaller,
    rooms: Rooms,
    *,
    saved: Annotated[bool, Query()] = False,
    problem: str = "",
) -> Response:
    """Show the account; `problem` is the code of why a log-in elsewhere was not linked."""
    return show_account(request, caller, rooms, find_problem(problem), has_saved=saved)


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
    try:
        wanted = Preferences(zone.strip(), asking.rule_of(rule), private, travels)
        rooms.accounts.set_preferences(caller.id, wanted)
    except InvalidInputError as error:
        return show_account(request, caller, rooms, error)
    callers.forget_caller(request)
    return RedirectResponse(frame_of(request).path("/account?saved=true"), 303)


@ROUTER.post("/presentation")
def post_presentation(
    request: Request,
    caller: PageCaller,
    rooms: Rooms,
    callers: KnownCallers,
    theme: Annotated[Theme, Form()] = Theme.SYSTEM,
    language: Annotated[Language, Form()] = Language.ENGLISH,
    week_start: Annotated[int, Form()] = 1,
    told: Annotated[list[EventName] | None, Form()] = None,
) -> Response:
    """Change pages and notifications; a box that is not ticked is not sent."""
    muted = tuple(event for event in EventName if event not in (told or ()))
    shown = Presentation(theme, language, week_start, muted)
    try:
        rooms.accounts.set_preferences(caller.id, caller.preferences, shown)
    except InvalidInputError as error:
        return show_account(request, caller, rooms, error)
    callers.forget_caller(request)
    return RedirectResponse(frame_of(request).path("/account?saved=true"), 303)


def show_account(
    request: Request,
    caller: User,
    rooms: Services,
    problem: TonearmError | None = None,
    *,
    has_saved: bool = False,
) -> Response:
    """Answer with the account page, and with what went wrong where something did."""
    html = render(
        "account.html",
        replace(frame_of(request, caller), here="/account"),
        problem=told_problem(problem),
        has_saved=has_saved,
        zones=list_zones(),
        rules=asking.RULES,
        themes=_THEMES,
        languages={language: own_name(language) for language in Language},
        events=list(EventName),
        version=rooms.version,
        may_set_email=rooms.profiles.may_set_email(caller),
        shares=rooms.shares.list(caller.id),
        **access_values(request, rooms, caller),
        **spotify_values(request, rooms, caller),
        **identity_values(rooms, caller),
        **grant_values(rooms, caller),
    )
    return page(request, html, problem.status if problem else 200)
