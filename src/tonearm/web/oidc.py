"""Log-in with OIDC, as a browser makes it: away to the provider, back, and in."""

import re
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.accounts.oidc import ATTEMPT_LASTS, Answer, Oidc
from tonearm.accounts.oidc_errors import OidcError
from tonearm.accounts.people import User
from tonearm.domain.errors import ConflictError, ForbiddenError, NotFoundError
from tonearm.web.addresses import own_address
from tonearm.web.checks import is_from_our_page
from tonearm.web.cookies import has_secure_cookies
from tonearm.web.entry import begin_session
from tonearm.web.redirect import RedirectError, safe_path
from tonearm.web.scope import header
from tonearm.web.services import Services

START = "/api/auth/oidc"
LINK = "/api/auth/oidc/link"
CALLBACK = "/api/auth/oidc/callback"
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_PLAIN_NAME = "tonearm_oidc"
_SECURE_NAME = "__Host-tonearm_oidc"


def provider_of(services: Services) -> Oidc:
    """Give log-in at the provider.

    Raises:
        NotFoundError: no provider is set.
    """
    if services.oidc is None:
        raise NotFoundError(
            "Nobody can log in elsewhere here: TONEARM_OIDC_ISSUER names no provider."
        )
    return services.oidc


def leave(request: Request, services: Services, wanted: str, user: User | None = None) -> Response:
    """Send a browser to the provider: to log in, or to link what it finds there to the account of `user`.

    Raises:
        NotFoundError: no provider is set.
        ConflictError: there is no owner yet.
        OidcError: the provider cannot be used right now.
        RedirectError: the same, for a browser: its page says so.
    """
    oidc = provider_of(services)
    if not services.accounts.is_set_up():
        raise ConflictError("This Tonearm is not set up yet. Make the owner first.")
    carried = request.cookies.get(_cookie(request), "")
    browser = carried if _SECRET.fullmatch(carried) else None
    try:
        departure = oidc.begin(
            own_address(request) + CALLBACK, wanted, browser, user.id if user else None
        )
    except OidcError as error:
        _show(request, error, is_known=user is not None)
        raise
    response = RedirectResponse(departure.address, 303, {"cache-control": "no-store"})
    response.set_cookie(
        _cookie(request),
        departure.browser,
        max_age=int(ATTEMPT_LASTS.total_seconds()),
        path="/",
        secure=has_secure_cookies(request),
        httponly=True,
        samesite="lax",  # it has to come along when the provider sends the browser back
    )
    return response


def arrive(request: Request, services: Services, answer: Answer, caller: User | None) -> Response:
    """Log in whoever is back from the provider, or link them, and go on to where they wanted to be.

    Raises:
        NotFoundError: no provider is set.
        OidcError: it came to nothing.
        RedirectError: the same, for a browser: its page says so.
    """
    oidc = provider_of(services)
    try:
        arrival = oidc.finish(
            answer,
            own_address(request) + CALLBACK,
            request.cookies.get(_cookie(request)),
            caller,
        )
    except OidcError as error:
        _show(request, error, is_known=caller is not None)
        raise
    root = request.scope.get("root_path", "")
    wanted = safe_path(arrival.wanted)
    location = wanted if root and wanted.startswith(f"{root}/") else root + wanted
    response = RedirectResponse(location, 303, {"cache-control": "no-store"})
    response.delete_cookie(
        _cookie(request),
        path="/",
        secure=has_secure_cookies(request),
        httponly=True,
        samesite="lax",
    )
    if not arrival.has_linked:
        begin_session(request, response, services, arrival.user, "oidc")
    return response


def link(request: Request, services: Services, caller: User) -> Response:
    """Send a browser to the provider, to link what it finds there to the caller's account.

    This is a GET, as browsers follow no form to another site. So it has to come from a page of ours: a page elsewhere
    could make it in a browser that somebody else was logged in with at the provider, and let them into this account.

    Raises:
        NotFoundError: no provider is set.
        ForbiddenError: no page of ours has asked for it.
        OidcError: the provider cannot be used right now.
        RedirectError: the same, for a browser: its page says so.
    """
    provider_of(services)
    is_ours = is_from_our_page(request.scope)
    if not is_ours or header(request.scope, b"authorization") is not None:
        raise ForbiddenError("Link it on the account page, in a browser that is logged in.")
    return leave(request, services, "/account", caller)


def _show(request: Request, error: OidcError, *, is_known: bool) -> None:
    """Lead a browser to the page that tells the problem; programs get the problem itself."""
    if "text/html" in request.headers.get("accept", ""):
        root = request.scope.get("root_path", "")
        page = "/account" if is_known else "/login"
        raise RedirectError(f"{root}{page}?{urlencode({'problem': error.code})}") from error


def _cookie(request: Request) -> str:
    return _SECURE_NAME if has_secure_cookies(request) else _PLAIN_NAME
