"""The way in over HTTP: who may, and then on to the protocol, which is loaded when somebody first asks."""

from dataclasses import dataclass
from importlib import import_module
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from tonearm.accounts.assistants import Way
from tonearm.accounts.people import User
from tonearm.domain.errors import ForbiddenError
from tonearm.domain.vocabulary import Scope as KeyScope
from tonearm.mcp.desk import DESK, Desk
from tonearm.web.addresses import challenge_of, own_address
from tonearm.web.callers import Access, Calling, Rooms
from tonearm.web.errors import InsufficientScopeError
from tonearm.web.scope import MCP_PATH, header
from tonearm.web.services import Services
from tonearm.web.strict import StrictRoute

ROUTER = APIRouter(route_class=StrictRoute)


@dataclass(frozen=True, slots=True)
class AssistantAccess(Access):
    """Who may use the protocol; what a refusal says is what its clients look for."""

    async def __call__(self, request: Request) -> User:
        """Give the caller.

        Raises:
            UnauthenticatedError: nobody known is calling.
            InsufficientScopeError: what they showed is not for assistants.
        """
        shown = header(request.scope, b"authorization") is not None
        error = 'error="invalid_token", ' if shown else ""
        where = challenge_of(request)
        request.state.challenge = f'Bearer {error}{where}scope="{self.scope}"'
        try:
            return await Access.__call__(self, request)
        except ForbiddenError as refusal:
            raise InsufficientScopeError(refusal.message, str(self.scope)) from None


Assistant = Annotated[User, Depends(AssistantAccess(KeyScope.MCP))]


def open_desk(request: Request, services: Services, caller: User, way: Way) -> Desk:
    """Give the desk of whoever sent a request."""
    calling: Calling = request.state.calling
    return Desk(services, caller, calling.scopes, own_address(request), way)


class _Handed(Response):
    """An answer that the protocol makes."""

    def __init__(self, version: str, body: bytes) -> None:
        super().__init__()
        self._version = version
        self._sent = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the request answered; its body was read before, so that what is too large is refused as everywhere."""
        # The SDK takes most of a second and some 20 MB to load, which those without an assistant do not pay.
        protocol = await run_in_threadpool(import_module, "tonearm.mcp.http")
        unread: list[Message] = [{"type": "http.request", "body": self._sent, "more_body": False}]

        async def again() -> Message:
            return unread.pop() if unread else await receive()

        # Blanks around a value are no part of it (RFC 9110, 5.5); the parser leaves those at its end, and the SDK
        # compares.
        stripped = [(name, value.strip(b" \t")) for name, value in scope["headers"]]
        await protocol.serve(self._version, {**scope, "headers": stripped}, again, send)


@ROUTER.post(MCP_PATH, include_in_schema=False)
async def post_message(request: Request, services: Rooms, caller: Assistant) -> Response:
    """Take one message of the Model Context Protocol, and answer it."""
    request.scope[DESK] = open_desk(request, services, caller, Way.MCP)
    return _Handed(services.version, await request.body())
