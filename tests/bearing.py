"""A way to a served Tonearm that shows a key for programs that cannot, and changes nothing else."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

_HEAD_END = b"\r\n\r\n"
_PIECE = 65_536


class _Bearer:
    def __init__(self, base: str, authorization: str) -> None:
        parts = urlsplit(base)
        self._host, self._port = parts.hostname, parts.port
        self._added = f"authorization: {authorization}\r\nconnection: close".encode()
        self._serving: set[asyncio.Task[Any]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one request on, byte for byte but for the two headers, and its answer back."""
        # Nothing but a reader that waits holds this, once whoever asked has hung up: it would be collected half-way.
        task = asyncio.current_task()
        assert task
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        with closing(writer), suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(_HEAD_END)).removesuffix(_HEAD_END)
            kept = [
                line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")
            ]
            there, out = await asyncio.open_connection(self._host, self._port)
            # Whoever asked may hang up or be ended amid an answer: both ends are let go then too.
            with closing(out):
                out.write(b"\r\n".join((*kept, self._added)) + _HEAD_END)
                sending = asyncio.create_task(_pipe(reader, out))
                try:
                    await _pipe(there, writer)
                finally:
                    sending.cancel()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(_PIECE):
        writer.write(piece)
        await writer.drain()


@contextmanager
def bearing(base: str, authorization: str) -> Iterator[str]:
    """Listen on a free port of 127.0.0.1; gives the base URL at which everything is asked with a key."""
    loop = asyncio.new_event_loop()
    bearer = _Bearer(base, authorization)
    server = loop.run_until_complete(asyncio.start_server(bearer.serve, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, name="bearer")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        loop.call_soon_threadsafe(server.close)
        asyncio.run_coroutine_threadsafe(_end(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
