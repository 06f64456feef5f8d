"""The page that asks somebody whether a program is to be let in (RFC 6749, 4.1.1)."""

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.accounts.oauth_errors import OAuthError, OAuthFault
from tonearm.accounts.oauth_redirects import target_of
from tonearm.accounts.oauth_requests import (
    Asked,
    MisaskedError,
    allowed,
    answer_address,
    read_request,
)
from tonearm.accounts.people import User
from tonearm.domain.errors import InvalidInputError
from tonearm.ui.grants import consent_values
from tonearm.ui.rendering import frame_of, page, render
from tonearm.ui.told import told_problem
from tonearm.web.addresses import own_address
from tonearm.web.callers import PageCaller, Rooms
from tonearm.web.gate import policy_towards
from tonearm.web.oauth import need_oauth, sent_once
from tonearm.web.scope import AUTHORIZE_PATH
from tonearm.web.services import Services

ROUTER = APIRouter(include_in_schema=False)
_ALLOWED = "allow"
_MOST_PARAMETERS = 50


@ROUTER.get(AUTHORIZE_PATH)
def consent_page(request: Request, caller: PageCaller, rooms: Rooms) -> Response:
    """Ask whether a program is to be let in, and to what."""
    need_oauth(rooms)
    query = request.url.query
    try:
        asked = _read(request, rooms, query)
    except OAuthError as error:
        return _refusal(request, caller, error)
    return _ask(request, caller, query, asked)


@ROUTER.post(AUTHORIZE_PATH)
def post_consent(
    request: Request,
    caller: PageCaller,
    rooms: Rooms,
    query: Annotated[str, Form()] = "",
    decision: Annotated[str, Form()] = "",
    scopes: Annotated[tuple[str, ...], Form()] = (),
) -> Response:
    """Let the program in, or not, and tell it so; what it asked for is read again, as strictly as before."""
    need_oauth(rooms)
    try:
        asked = _read(request, rooms, query)
    except OAuthError as error:
        return _refusal(request, caller, error)
    issuer = own_address(request)
    if decision == _ALLOWED:
        try:
            code = rooms.grants.consent(caller, allowed(asked, caller.role, scopes))
        except InvalidInputError as error:
            return _ask(request, caller, query, asked, error)
        location = answer_address(asked.redirect_uri, issuer, code=code, state=asked.state)
    else:
        rooms.grants.deny(caller, asked)
        location = answer_address(
            asked.redirect_uri, issuer, error=OAuthFault.ACCESS_DENIED.value, state=asked.state
        )
    return RedirectResponse(location, 303, {"cache-control": "no-store"})


def _ask(
    request: Request,
    caller: User,
    query: str,
    asked: Asked,
    problem: InvalidInputError | None = None,
) -> Response:
    html = render(
        "oauth_consent.html",
        frame_of(request, caller),
        query=query,
        problem=told_problem(problem),
        **consent_values(asked, caller),
    )
    response = page(request, html, problem.status if problem else 200)
    # Browsers follow the answer to a form only where the page's policy lets the form lead. A policy cannot name an
    # IPv6 address: the one that answers may go to is that of the visitor's own machine.
    target = target_of(asked.redirect_uri)
    response.headers.update(policy_towards("http:" if "[" in target else target))
    return response


def _read(request: Request, rooms: Services, query: str) -> Asked:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        raise OAuthError(OAuthFault.INVALID_REQUEST, "Too many parameters were sent.") from None
    return read_request(sent_once(pairs), rooms.clients, own_address(request))


def _refusal(request: Request, caller: User, error: OAuthError) -> Response:
    """Say what is wrong. Nobody is sent on by themselves: anybody can register, and this site would lead to them."""
    back = target = None
    if isinstance(error, MisaskedError):
        target = target_of(error.redirect_uri)
        back = answer_address(
            error.redirect_uri,
            own_address(request),
            error=error.fault.value,
            error_description=error.message,
            state=error.state,
        )
    html = render(
        "oauth_refusal.html",
        frame_of(request, caller),
        fault=error.fault.value,
        problem=told_problem(error),
        back=back,
        target=target,
    )
    return page(request, html, error.status)
