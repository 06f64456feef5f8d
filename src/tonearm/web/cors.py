"""Pages of other origins that may use the API: those listed, with a key or token, never with a cookie.

Starlette's middleware would answer without the gate's signature, and leaves `Vary: Origin` out of answers that a cache
may give to another origin later.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Scope

from tonearm.web.scope import header, is_api, is_mcp, is_oauth

Headers = list[tuple[bytes, bytes]]
_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
_ACCEPTED = (
    "Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID, MCP-Protocol-Version, Mcp-Method, "
    "Mcp-Name, X-API-Version, X-Request-ID"
)
_EXPOSED = (
    b"Content-Disposition, ETag, Idempotency-Replayed, Location, RateLimit, RateLimit-Policy, Retry-After, "
    b"X-API-Version, X-Request-ID"
)
_REMEMBERED_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Cors:
    """The origins that are listed; with none of them there is no CORS at all."""

    origins: frozenset[str] = frozenset()

    @classmethod
    def of(cls, origins: Iterable[str]) -> "Cors":
        """List origins, each written as browsers send it: `https://music.example.org`."""
        return cls(frozenset(origins))

    def admits(self, scope: Scope) -> bool:
        """Tell whether a request comes from a page of a listed origin, and is for programs."""
        return bool(self.origins) and _is_open(scope) and header(scope, b"origin") in self.origins

    def headers(self, scope: Scope) -> Headers:
        """Give what the answer to a request says about other origins."""
        if not self.origins or not _is_open(scope):
            return []
        if not self.admits(scope):
            return [(b"vary", b"Origin")]
        origin = (header(scope, b"origin") or "").encode("latin-1")
        return [
            (b"vary", b"Origin"),
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", _EXPOSED),
        ]

    def preflight(self, scope: Scope) -> Response | None:
        """Answer a browser that asks, before a request, whether it may send it; None where it does not ask that."""
        if (
            scope["method"] != "OPTIONS"
            or header(scope, b"access-control-request-method") is None
            or not self.admits(scope)
        ):
            return None
        return Response(
            status_code=204,
            headers={
                "access-control-allow-methods": _METHODS,
                "access-control-allow-headers": _ACCEPTED,
                "access-control-max-age": str(_REMEMBERED_SECONDS),
            },
        )


def _is_open(scope: Scope) -> bool:
    return is_api(scope) or is_mcp(scope) or is_oauth(scope)


def without_cookies(scope: Scope) -> None:
    """Take the cookies out of a request: what a browser adds by itself proves nothing about another origin's page."""
    scope["headers"] = [pair for pair in scope["headers"] if pair[0] != b"cookie"]
