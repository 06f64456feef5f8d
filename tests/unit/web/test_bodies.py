"""Bodies that trickle, and bodies that are large."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from starlette.requests import Request
from starlette.types import Message, Scope

from tonearm.web.bodies import (
    USUAL_BYTES,
    BodyLimit,
    BodyTooLargeError,
    BodyTooSlowError,
    Patience,
    allow_body,
)

PATIENCE = Patience(idle_seconds=20, whole_seconds=60, least_bytes_a_second=1_000)


class Seconds:
    """A monotonic clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def sender(seconds: Seconds, parts: list[tuple[float, int]]) -> Callable[[], Awaitable[Message]]:
    """Send parts of so many bytes, so many seconds after the one before."""
    left = list(parts)

    async def receive() -> Message:
        if not left:
            return {"type": "http.disconnect"}
        pause, size = left.pop(0)
        seconds.now += pause
        return {"type": "http.request", "body": b" " * size, "more_body": bool(left)}

    return receive


def receive_all(parts: list[tuple[float, int]], limit: int = USUAL_BYTES) -> int:
    """Receive a body; gives its size."""

    async def run() -> int:
        seconds = Seconds()
        scope: Scope = {"type": "http"}
        body = BodyLimit(scope, sender(seconds, parts), None, PATIENCE, seconds)
        allow_body(Request(scope), limit)
        size, more = 0, True
        while more:
            message = await body()
            size += len(message["body"])
            more = message["more_body"]
        return size

    return asyncio.run(run())


def test_a_body_that_comes_is_received() -> None:
    assert receive_all([(0, 1_000), (10, 1_000), (10, 500)]) == 2_500


def test_a_trickling_body_is_given_up_on() -> None:
    """A part each ten seconds is never idle for long, and never done either."""
    with pytest.raises(BodyTooSlowError) as raised:
        receive_all([(10, 1)] * 100)

    assert raised.value.status_code == 408
    assert raised.value.headers == {"connection": "close"}


def test_a_large_body_may_take_the_time_its_size_asks_for() -> None:
    assert receive_all([(10, 50_000)] * 30, limit=10_000_000) == 1_500_000
    with pytest.raises(BodyTooSlowError):
        receive_all([(10, 50)] * 30, limit=10_000_000)


def test_a_silent_sender_is_given_up_on() -> None:
    """In real time, since it is the event loop that waits."""

    async def silence() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def run() -> None:
        body = BodyLimit({"type": "http"}, silence, None, Patience(idle_seconds=0.01))
        await body()

    with pytest.raises(BodyTooSlowError):
        asyncio.run(run())


def test_after_the_body_there_is_no_hurry() -> None:
    """A route that streams an answer listens for the caller's hanging up, as long as that takes."""

    async def run() -> Message:
        seconds = Seconds()
        body = BodyLimit({"type": "http"}, sender(seconds, [(0, 10)]), None, PATIENCE, seconds)
        await body()
        seconds.now += 10_000
        return await body()

    assert asyncio.run(run()) == {"type": "http.disconnect"}


@pytest.mark.parametrize("claimed", ["1000001", "9" * 5_000])
def test_a_claim_that_is_too_large_is_believed(claimed: str) -> None:
    async def run() -> None:
        await BodyLimit({"type": "http"}, sender(Seconds(), [(0, 1)]), claimed)()

    with pytest.raises(BodyTooLargeError):
        asyncio.run(run())
