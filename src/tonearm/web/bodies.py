"""How much a request may send, and how slowly: a small body at once, unless its route asks for more."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message, Receive, Scope

USUAL_BYTES = 1_000_000
_KEY = "tonearm.body"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a body is waited for."""

    idle_seconds: float = 30.0
    """For the next part of any body."""
    whole_seconds: float = 60.0
    """For all of a body, and for the beginning of a large one."""
    least_bytes_a_second: int = 4_000
    """How quickly a large body has to come in, on the whole."""


class BodyTooLargeError(HTTPException):
    """A body beyond the cap; an HTTPException, since FastAPI lets only those through."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            413, f"The request is larger than the {_megabytes(limit)} MB allowed here."
        )


class BodyTooSlowError(HTTPException):
    """A body that trickles; an HTTPException for the same reason."""

    def __init__(self) -> None:
        super().__init__(
            408,
            "The body of the request came in too slowly, so it was not waited for. Send it again.",
            # What is still on its way must not be read as the next request.
            headers={"connection": "close"},
        )


class BodyLimit:
    """Counts and times a body as it comes in; what the sender claims is only believed when it is too much."""

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        claimed: str | None,
        patience: Patience = Patience(),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limit = USUAL_BYTES
        self._receive = receive
        self._patience = patience
        self._monotonic = monotonic
        self._began: float | None = None
        self._received = 0
        self._is_complete = False
        self._claimed = (
            int(claimed[:18]) if claimed and claimed.isascii() and claimed.isdigit() else 0
        )
        scope[_KEY] = self

    async def __call__(self) -> Message:
        """Receive the next part.

        Raises:
            BodyTooLargeError: the body is, or claims to be, larger than the limit.
            BodyTooSlowError: it does not come, or comes too slowly.
        """
        if self._claimed > self.limit:
            raise BodyTooLargeError(self.limit)
        if self._is_complete:  # what comes now is that the sender has hung up, whenever that is
            return await self._receive()
        seconds = self._time_left()
        if seconds <= 0:
            raise BodyTooSlowError
        try:
            async with asyncio.timeout(seconds):
                message = await self._receive()
        except TimeoutError:
            raise BodyTooSlowError from None
        self._received += len(message.get("body", b""))
        self._is_complete = not message.get("more_body", False)
        if self._received > self.limit:
            raise BodyTooLargeError(self.limit)
        return message

    def _time_left(self) -> float:
        now = self._monotonic()
        if self._began is None:
            self._began = now
        allowed = self._patience.whole_seconds
        if self.limit > USUAL_BYTES:
            allowed += self._received / self._patience.least_bytes_a_second
        return min(self._patience.idle_seconds, self._began + allowed - now)


def allow_body(request: Request, limit: int) -> None:
    """Let this request send up to `limit` bytes."""
    body = request.scope.get(_KEY)
    if isinstance(body, BodyLimit):
        body.limit = limit


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.0f}"
