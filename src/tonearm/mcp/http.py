"""The protocol over HTTP: one request, one answer, in both of its eras, and nothing kept in between."""

from functools import cache
from typing import Any

from mcp.server.lowlevel.server import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from tonearm.mcp.desk import DESK, Desk
from tonearm.mcp.server import Context, create_server


async def serve(version: str, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request, whose desk stands in its scope.

    The SDK checks hosts and origins by lists of its own, or not at all: the gate in front of every route does both, by
    the operator's settings.
    """
    manager = StreamableHTTPSessionManager(
        _server(version), json_response=True, stateless=True, security_settings=None
    )
    # It keeps nothing between requests, and so may live as long as one.
    async with manager.run():
        await manager.handle_request(scope, receive, send)


@cache
def _server(version: str) -> Server[Any]:
    return create_server(version, _desk)


def _desk(context: Context) -> Desk:
    if not isinstance(context.request, Request):
        raise TypeError("a message over HTTP without its request")
    desk: Desk = context.request.scope[DESK]
    return desk
