"""The address under which this Tonearm is asked, as others are told it."""

import re

from starlette.requests import Request

from tonearm.web.cookies import has_secure_cookies
from tonearm.web.scope import MCP_PATH, header, host_name

PROTECTED = "/.well-known/oauth-protected-resource"
_HOST = re.compile(r"(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?")


def own_address(request: Request) -> str:
    """Give the address that people reach this Tonearm by, without a slash at the end: the operator's, or the request's.

    The gate has let only names pass that this server goes by; what follows a name is looked at here.
    """
    public_url: str = request.app.state.services.public_url
    if public_url:
        return public_url
    host = (header(request.scope, b"host") or "").lower()
    if not _HOST.fullmatch(host):
        host = host_name(host)
    root = request.scope.get("root_path", "").rstrip("/")
    return f"{'https' if has_secure_cookies(request) else 'http'}://{host}{root}"


def challenge_of(request: Request) -> str:
    """Give the part of a challenge that says where to find out how one is let in; empty where nobody is."""
    if not request.app.state.services.takes_oauth:
        return ""
    return f'resource_metadata="{own_address(request)}{PROTECTED}{MCP_PATH}", '
