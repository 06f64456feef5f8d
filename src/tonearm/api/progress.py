"""Live progress of an import as server-sent events."""

import asyncio
from collections.abc import AsyncIterator, Callable

import msgspec
from sse_starlette import ServerSentEvent
from starlette.concurrency import run_in_threadpool

from tonearm.domain.vocabulary import ImportState
from tonearm.importers.records import ImportRecord

SECONDS_BETWEEN = 0.25
_UNDER_WAY = frozenset({ImportState.QUEUED, ImportState.RUNNING})


async def watch(
    read: Callable[[], ImportRecord], record: ImportRecord
) -> AsyncIterator[ServerSentEvent]:
    """Give `progress` with the record now and after each change, then `end` with the last one.

    Args:
        read: asks the database; called in a worker thread, at most four times a second.
        record: the import as it stands now.
    """
    encoder = msgspec.json.Encoder()
    sent = b""
    while True:
        data = encoder.encode(record)
        if data != sent:
            yield ServerSentEvent(data.decode(), event="progress", id=None)
            sent = data
        if record.state not in _UNDER_WAY:
            yield ServerSentEvent(data.decode(), event="end")
            return
        await asyncio.sleep(SECONDS_BETWEEN)
        record = await run_in_threadpool(read)
