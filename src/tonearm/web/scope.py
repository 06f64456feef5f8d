"""What a request is, read off its ASGI scope."""

import ipaddress

from starlette.types import Scope

_REQUEST_ID_KEY = "tonearm.request_id"
_PROXIED_KEY = "tonearm.proxied"
MCP_PATH = "/mcp"
"""Where assistants send their messages."""
SHARE_PATH = "/s/"
"""Where visitors look at shares."""
OAUTH_PATHS = frozenset(("/oauth/token", "/oauth/revoke", "/oauth/register"))
"""Where programs get and give back tokens, and register."""
AUTHORIZE_PATH = "/oauth/authorize"
"""Where a program sends people to be let in."""
_FORWARDED = (b"forwarded", b"x-real-ip", b"via")
_FORWARDED_PREFIX = b"x-forwarded-"


def route_path(scope: Scope) -> str:
    """Give the path below the prefix that a proxy puts in front."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    if root and path.startswith(root):
        return path[len(root) :] or "/"
    return path


def is_api(scope: Scope) -> bool:
    """Tell whether a request is for the API, not for a page."""
    path = route_path(scope)
    return path == "/api" or path.startswith("/api/")


def is_mcp(scope: Scope) -> bool:
    """Tell whether a request is a message of an assistant."""
    return route_path(scope) == MCP_PATH


def is_share(scope: Scope) -> bool:
    """Tell whether a request is for something that a listener shares."""
    return route_path(scope).startswith(SHARE_PATH)


def is_oauth(scope: Scope) -> bool:
    """Tell whether a program asks about or for tokens; the page that asks a person is none of these addresses."""
    path = route_path(scope)
    return path in OAUTH_PATHS or path.startswith("/.well-known/")


def request_id(scope: Scope) -> str:
    """Give the id the gate has named this request by."""
    return str(scope.get(_REQUEST_ID_KEY, ""))


def set_request_id(scope: Scope, value: str) -> None:
    """Name a request."""
    scope[_REQUEST_ID_KEY] = value


def header(scope: Scope, name: bytes) -> str | None:
    """Give the first header of a lower-case name."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return None


def headers(scope: Scope, name: bytes) -> list[str]:
    """Give every header of a lower-case name, in their order."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def set_proxied(scope: Scope) -> None:
    """Mark a request as one that a proxy has passed on."""
    scope[_PROXIED_KEY] = True


def is_encrypted(scope: Scope) -> bool:
    """Tell whether whoever asks does so over TLS, here or at a trusted proxy."""
    return bool(scope.get("scheme") == "https")


def host_name(host: str) -> str:
    """Give the name or address in a Host header: lower case, without port, brackets, final dot."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower().removesuffix(".")


def is_loopback_name(name: str) -> bool:
    """Tell whether a host name or address can only mean this machine."""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def is_local(scope: Scope) -> bool:
    """Tell whether a request comes from this very machine and passed no proxy on its way."""
    client = scope.get("client")
    if _PROXIED_KEY in scope or client is None or not is_loopback_name(client[0]):
        return False
    for key, _ in scope["headers"]:
        if key in _FORWARDED or key.startswith(_FORWARDED_PREFIX):
            return False
    return is_loopback_name(host_name(header(scope, b"host") or ""))
