"""Live progress of imports and jobs as server-sent events."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

import msgspec
from sse_starlette import ServerSentEvent
from starlette.concurrency import run_in_threadpool

SECONDS_BETWEEN = 0.25
_Record = TypeVar("_Record")


async def watch(
    read: Callable[[], _Record], record: _Record, is_under_way: Callable[[_Record], bool]
) -> AsyncIterator[ServerSentEvent]:
    """Give `progress` with the record now and after each change, then `end` with the last one.

    Args:
        read: asks the database; called in a worker thread, at most four times a second.
        record: what is watched, as it stands now.
        is_under_way: tells whether it may still change.
    """
    encoder = msgspec.json.Encoder()
    sent = b""
    while True:
        data = encoder.encode(record)
        if data != sent:
            yield ServerSentEvent(data.decode(), event="progress", id=None)
            sent = data
        if not is_under_way(record):
            yield ServerSentEvent(data.decode(), event="end")
            return
        await asyncio.sleep(SECONDS_BETWEEN)
        record = await run_in_threadpool(read)


def event_schema(record: str) -> dict[str, Any]:
    """Give the schema of one event for OpenAPI; `record` names what its data are, as JSON."""
    data = {
        "type": "string",
        "contentMediaType": "application/json",
        "contentSchema": {"$ref": f"#/components/schemas/{record}"},
    }
    return {
        "type": "object",
        "required": ["event", "data"],
        "properties": {"event": {"enum": ["progress", "end"]}, "data": data},
    }
