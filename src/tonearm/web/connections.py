"""Connections that do not wait for ever: a request has to begin within a while, and its head is bounded.

uvicorn bounds neither the time for which a new connection may send nothing or half a head, nor, with httptools, the
head's size; the body is the gate's. What is no HTTP never comes to the gate, and is refused here, as anything is.
"""

import asyncio
from secrets import token_hex
from typing import Any

import structlog
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from tonearm.web.problem import make_problem, problem_response

HEAD_SECONDS = 30.0
MOST_HEAD_BYTES = 65_536
_NO_HTTP = "What came is no request in HTTP/1.1. If it was meant for HTTPS, ask over http:// or through your proxy."
_LOG = structlog.get_logger("tonearm.web")


class BoundedProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type] # uvicorn chooses it at its import
    """uvicorn's HTTP, which hangs up on whoever takes too long over the head of a request, or never ends it."""

    head_seconds = HEAD_SECONDS
    cycle: Any

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - uvicorn's own
        super().__init__(*args, **options)
        self._deadline: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self._last_request: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take what came, and see whether a whole head was among it."""
        super().data_received(data)
        if self.cycle is not self._last_request:  # a head is whole: the request is under way
            self._last_request = self.cycle
            self._stop_waiting()
        elif self._last_request is None or self.cycle.response_complete:
            # After an early answer the rest of its body is let in for a while, so that the answer is read.
            is_head = self._last_request is None or not self.cycle.more_body
            self._head_bytes += len(data) if is_head else 0
            if self._head_bytes > MOST_HEAD_BYTES:
                self.transport.close()
            elif self._deadline is None:
                self._wait()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's own, and says less
        """Refuse what is no HTTP, and hang up."""
        name = token_hex(8)
        _LOG.info("request refused", status=400, request_id=name)
        headers = {
            "x-request-id": name,
            "x-content-type-options": "nosniff",
            "cache-control": "no-store",
            "connection": "close",
        }
        problem = make_problem(400, "bad_request", _NO_HTTP, name)
        answer = problem_response(problem, headers)
        head = b"".join(b"%s: %s\r\n" % pair for pair in answer.raw_headers)
        self.transport.write(b"HTTP/1.1 400 Bad Request\r\n%s\r\n%s" % (head, bytes(answer.body)))
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._deadline = self.loop.call_later(self.head_seconds, self.transport.close)

    def _stop_waiting(self) -> None:
        self._head_bytes = 0
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
