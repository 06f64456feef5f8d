"""Sending a person to another page."""

from urllib.parse import urlsplit, urlunsplit

from starlette.requests import Request

from tonearm.web.scope import header

_USUAL_PORTS = {"http": 80, "https": 443}


class RedirectError(Exception):
    """Raised where a page cannot be shown yet; the person is sent to another one first."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


def wanted_path(request: Request, text: str | None) -> str:
    """Give the path of this site that a `next` names: by a path, or by a whole address under the host of the request.

    The gate has checked that host, with its dots and its port; anything that could lead elsewhere becomes `/`.
    """
    return safe_path(_without_host(text, header(request.scope, b"host")))


def safe_path(text: str | None) -> str:
    """Give a path of this site to go on to; anything that could lead elsewhere becomes `/`."""
    if not text or not text.isprintable() or "\\" in text or not text.startswith("/"):
        return "/"
    if text.startswith("//"):
        return "/"
    try:
        parts = urlsplit(text)
    except ValueError:
        return "/"
    return "/" if parts.scheme or parts.netloc else text


def _without_host(text: str | None, host: str | None) -> str | None:
    """Give the path of an address under a host; whatever is none of these stays as it is."""
    try:
        parts, own = urlsplit(text or ""), urlsplit(f"//{host or ''}")
        # Browsers leave the usual port out of the Host header, people may write it down.
        usual = _USUAL_PORTS.get(parts.scheme, 0)
        named, known = (parts.hostname, parts.port or usual), (own.hostname, own.port or usual)
    except ValueError:
        return text
    if not usual or not own.hostname or "@" in parts.netloc or named != known:
        return text
    return urlunsplit(("", "", parts.path or "/", parts.query, parts.fragment))
