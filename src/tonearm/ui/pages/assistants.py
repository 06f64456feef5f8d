"""Connect an assistant: a key made on the spot, what to copy for each of them, and what they have called."""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import Response

from tonearm.accounts.keys import NewKey
from tonearm.accounts.people import User
from tonearm.domain.errors import InvalidInputError, TonearmError
from tonearm.domain.vocabulary import Scope
from tonearm.ops.clock import system_clock
from tonearm.speech import gettext as _
from tonearm.ui.access import EXPIRIES
from tonearm.ui.assistants import CHANGES, CLIENTS, KEYLESS, PLACEHOLDER, assistant_values
from tonearm.ui.rendering import frame_of, page, render
from tonearm.ui.told import told_problem
from tonearm.web.addresses import own_address
from tonearm.web.callers import PageCaller, Rooms
from tonearm.web.services import Services

ROUTER = APIRouter(prefix="/assistants", include_in_schema=False)


@ROUTER.get("")
def assistants_page(
    request: Request,
    caller: PageCaller,
    rooms: Rooms,
    client: Annotated[str, Query(alias="for")] = "",
) -> Response:
    """Show how to connect an assistant; `for` names one whose part is opened."""
    return _show(request, caller, rooms, client)


@ROUTER.post("/keys")
def post_key(
    request: Request,
    caller: PageCaller,
    rooms: Rooms,
    client: Annotated[str, Form()] = "",
    scopes: Annotated[tuple[str, ...], Form()] = (),
    expiry: Annotated[str, Form()] = "",
) -> Response:
    """Make a key for an assistant, and show it once where it goes."""
    try:
        if client not in CLIENTS or client in KEYLESS:
            raise InvalidInputError(
                "Choose one of the offered assistants, which take a key.", parameter="client"
            )
        if expiry not in EXPIRIES:
            raise InvalidInputError("Choose one of the offered times.", parameter="expiry")
        ends_at = system_clock() + timedelta(days=int(expiry)) if expiry else None
        chosen = [scope for scope in CHANGES if scope.value in scopes]
        name = _(CLIENTS[client]).partition(",")[0] if client != "other" else _("An assistant")
        made = rooms.keys.create(caller.id, name, [Scope.MCP, *chosen], ends_at)
    except TonearmError as error:
        return _show(request, caller, rooms, client, problem=error)
    return _show(request, caller, rooms, client, made=made)


def _show(
    request: Request,
    caller: User,
    rooms: Services,
    client: str,
    *,
    made: NewKey | None = None,
    problem: TonearmError | None = None,
) -> Response:
    html = render(
        "assistants.html",
        replace(frame_of(request, caller), here="/account"),
        chosen=client,
        made=made,
        problem=told_problem(problem),
        expiries=EXPIRIES,
        **assistant_values(rooms, caller, own_address(request), made.key if made else PLACEHOLDER),
    )
    return page(request, html, problem.status if problem else 200)
