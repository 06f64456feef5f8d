"""What the gate refuses before any route sees it; each check is a function of the scope."""

import ipaddress
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.types import Scope

from tonearm.web.scope import header, host_name, is_api, is_mcp

API_VERSION = "1"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request goes no further."""

    status: int
    code: str
    detail: str


def check_host(scope: Scope, allowed: AbstractSet[str]) -> Refusal | None:
    """Refuse names this server does not go by: a page elsewhere may have pointed one at it.

    Addresses pass, since only a name can be pointed elsewhere (DNS rebinding).
    """
    host = header(scope, b"host")
    if not host:
        return Refusal(400, "host_missing", "The request has no Host header.")
    name = host_name(host)
    if name == "localhost" or name in allowed or _is_address(name):
        return None
    return Refusal(
        421,
        "unknown_host",
        "Tonearm does not answer to the host name of this request. "
        "If it is yours, add it to TONEARM_ALLOWED_HOSTS.",
    )


def check_version(scope: Scope) -> Refusal | None:
    """Refuse an API request that pins a version other than the one there is."""
    wanted = header(scope, b"x-api-version")
    if wanted is None or wanted.strip() == API_VERSION or not is_api(scope):
        return None
    return Refusal(
        400,
        "unknown_api_version",
        f"X-API-Version must be {API_VERSION}, or be left out.",
    )


def check_origin(scope: Scope) -> Refusal | None:
    """Refuse a change that another site asks a browser for; programs and keys pass."""
    scheme = (header(scope, b"authorization") or "basic").partition(" ")[0].lower()
    # Name and password are sent along by a browser that knows them, like a cookie; a key or token is not. The
    # protocol of assistants wants origins judged whatever is shown.
    is_plain = scheme == "basic" or is_mcp(scope)
    if scope["method"] in _SAFE_METHODS or not is_plain:
        return None
    site = header(scope, b"sec-fetch-site")
    if site is not None:
        is_ours = site in {"same-origin", "none"}
    else:
        # Browsers before Sec-Fetch-Site send one of these two; programs send neither.
        origin = header(scope, b"origin")
        if origin is None:
            origin = header(scope, b"referer")
        is_ours = origin is None or _names(origin) == (header(scope, b"host") or "").lower()
    if is_ours:
        return None
    return Refusal(
        403, "cross_origin", "This change was asked for by another site, so it was not made."
    )


def is_from_our_page(scope: Scope) -> bool:
    """Tell whether a page of this site has led a browser here, by a link or a form; an address typed in has not."""
    site = header(scope, b"sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    host = header(scope, b"host")
    return host is not None and _names(header(scope, b"referer") or "") == host.lower()


def _names(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
