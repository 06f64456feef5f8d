"""The protocol over standard input and output: for an assistant on the same machine, which starts it itself."""

from collections.abc import Callable
from contextvars import Context
from types import TracebackType
from typing import TYPE_CHECKING, Self

import anyio
import mcp_types as types
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from pydantic import ValidationError

from tonearm.mcp.desk import Desk
from tonearm.mcp.server import create_server

if TYPE_CHECKING:
    from mcp.shared._stream_protocols import ReadStream, WriteStream

_CANCELLED = "notifications/cancelled"
_LONGEST_WAIT_S = 120.0
"""For answers once the input has ended: longer than any tool takes."""


class Wire:
    """What goes in and out, seen from the server, to which the input ends once all that was asked is answered.

    The SDK drops what it is working on when its input ends. A line that is no message is answered here, as JSON-RPC
    has it: the SDK leaves it without an answer.
    """

    def __init__(
        self,
        incoming: "ReadStream[SessionMessage | Exception]",
        outgoing: "WriteStream[SessionMessage]",
    ) -> None:
        """Stand between both streams and the server, as either of them."""
        self._incoming = incoming
        self._outgoing = outgoing
        self._open: set[types.RequestId] = set()
        self._answered = anyio.Event()

    @property
    def last_context(self) -> Context | None:
        """The context in which the last message was read; the SDK asks for it."""
        found: Context | None = getattr(self._incoming, "last_context", None)
        return found

    async def receive(self) -> SessionMessage | Exception:
        """Give the next message; raises anyio.EndOfStream when the input has ended and all is answered."""
        while True:
            try:
                item = await self._incoming.receive()
            except anyio.EndOfStream:
                await self._wait()
                raise
            if isinstance(item, SessionMessage):
                self._note(item.message)
                return item
            failure = _failure_of(item)
            if failure is not None:
                await self._outgoing.send(SessionMessage(failure))

    async def send(self, item: SessionMessage, /) -> None:
        """Write a message."""
        await self._outgoing.send(item)
        if isinstance(item.message, types.JSONRPCResponse | types.JSONRPCError):
            self._close(item.message.id)

    def _note(self, message: types.JSONRPCMessage) -> None:
        if isinstance(message, types.JSONRPCRequest):
            self._open.add(message.id)
        elif isinstance(message, types.JSONRPCNotification) and message.method == _CANCELLED:
            # What is called off gets no answer.
            self._close((message.params or {}).get("requestId"))

    def _close(self, number: object) -> None:
        if isinstance(number, int | str):
            self._open.discard(number)
        self._answered.set()

    async def _wait(self) -> None:
        with anyio.move_on_after(_LONGEST_WAIT_S):
            while self._open:
                self._answered = anyio.Event()
                await self._answered.wait()

    async def aclose(self) -> None:
        """End both ways."""
        await self._incoming.aclose()
        await self._outgoing.aclose()

    def __aiter__(self) -> Self:
        """Give the messages one after another."""
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        """Give the next message."""
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End both ways."""
        await self.aclose()


def _failure_of(error: Exception) -> types.JSONRPCError | None:
    """Say what is wrong with a line; nothing with an empty one."""
    faults = error.errors() if isinstance(error, ValidationError) else []
    if faults and not str(faults[0]["input"]).strip():
        return None
    if faults and faults[0]["type"] == "json_invalid":
        data = types.ErrorData(code=types.PARSE_ERROR, message="This line is no JSON.")
    else:
        said = "This line is no message of the protocol."
        data = types.ErrorData(code=types.INVALID_REQUEST, message=said)
    return types.JSONRPCError(jsonrpc="2.0", id=None, error=data)


def run(version: str, open_desk: Callable[[], Desk]) -> None:
    """Serve until the input ends and all is answered; what else writes to standard output reaches standard error."""

    async def speak() -> None:
        server = create_server(version, lambda _context: open_desk())
        async with stdio_server() as (incoming, outgoing):
            wire = Wire(incoming, outgoing)
            await server.run(wire, wire, server.create_initialization_options())

    anyio.run(speak)
