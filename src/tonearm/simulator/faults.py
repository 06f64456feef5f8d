"""Faults on demand: what goes wrong with which calls, and how that looks on the wire."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, get_args

from starlette.responses import PlainTextResponse, Response

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import Receive, Scope, Send

FaultKind = Literal["status", "timeout", "cut", "malformed", "slow"]
FAULT_KINDS: Final[tuple[str, ...]] = get_args(FaultKind)
_SERVER_ERRORS: Final = range(500, 600)
_ALWAYS_CARRIED_OUT: Final = {"cut", "malformed", "slow"}


@dataclass(slots=True)
class Fault:
    """Something that goes wrong with the next `times` calls it fits.

    `status` answers with a 5xx, `timeout` never answers, `cut` sends half of the body, `malformed`
    sends a body that is no JSON, `slow` answers rightly after `seconds`. `method` and `path` (a
    regular expression, searched in the path) say which calls it fits. With `carried_out` a failed call
    takes effect all the same, as the last three always do. Raises ValueError for bad values.
    """

    kind: FaultKind
    path: str = ""
    method: str = ""
    times: int = 1
    status: int = 503
    seconds: float = 5.0
    carried_out: bool = False
    met: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.kind not in FAULT_KINDS:
            raise ValueError(f"a fault's kind is one of {', '.join(FAULT_KINDS)}")
        if self.times < 1 or self.seconds < 0 or self.status not in _SERVER_ERRORS:
            raise ValueError(
                "a fault has times of 1 or more, seconds of 0 or more, a status of 5xx"
            )
        try:
            re.compile(self.path)
        except re.error as error:
            raise ValueError(f"a fault's path is a regular expression: {error}") from None
        self.carried_out = self.carried_out or self.kind in _ALWAYS_CARRIED_OUT

    def fits(self, method: str, path: str) -> bool:
        """Whether it is to happen to a call."""
        return (
            self.met < self.times
            and self.method in ("", method)
            and re.search(self.path, path) is not None
        )


@dataclass(slots=True)
class Faults:
    """The faults that are set, the oldest first; each call meets one at most."""

    listed: list[Fault] = field(default_factory=list)

    def add(self, fault: Fault) -> None:
        """Set a fault."""
        self.listed.append(fault)

    def clear(self) -> None:
        """Take all faults back."""
        self.listed.clear()

    def meet(self, method: str, path: str) -> Fault | None:
        """The fault a call meets, which counts as met; None if all is well."""
        fault = next((fault for fault in self.listed if fault.fits(method, path)), None)
        if fault is not None:
            fault.met += 1
            if fault.met == fault.times:
                self.listed.remove(fault)
        return fault


class Silence(Response):
    """Never answers; is over when the client goes away."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for the client to give up."""
        del scope, send
        while (await receive())["type"] != "http.disconnect":
            pass


class Cut(Response):
    """Promises a whole body and sends half of it; the server then closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head, half a body, and nothing more."""
        del scope, receive
        await send(
            {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        )
        half = bytes(self.body[: max(len(self.body) // 2, 1)])
        await send({"type": "http.response.body", "body": half, "more_body": True})


async def spoil(
    fault: Fault, answer: Response | None, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> Response:
    """What a call that meets a fault gets; `answer` is the right one if the call was carried out."""
    if fault.kind == "timeout":
        return Silence()
    if fault.kind == "status" or answer is None:
        return PlainTextResponse("upstream request failed", fault.status)
    if fault.kind == "slow":
        await sleep(fault.seconds)
        return answer
    if fault.kind == "cut":
        body = bytes(answer.body) or b"{}"
        return Cut(body, answer.status_code, media_type="application/json")
    whole = bytes(answer.body)
    return Response(whole[: len(whole) * 2 // 3] + b'{"', 200, media_type="application/json")
