"""Serves Tonearm and a trivial FastAPI application from one event loop; prints both ports."""

import asyncio
import socket
import sys

import uvicorn
from fastapi import FastAPI

from tonearm.bootstrap import create_app
from tonearm.ops.logging import configure_logging
from tonearm.ops.settings import Settings

trivial = FastAPI()


@trivial.get("/trivial")
async def answer() -> dict[str, bool]:
    """Give the least there is to give."""
    return {"ok": True}


async def _serve(*servers: tuple[uvicorn.Server, socket.socket]) -> None:
    await asyncio.gather(*(server.serve([listening]) for server, listening in servers))


def _listen() -> socket.socket:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    return listening


if __name__ == "__main__":
    settings = Settings()
    configure_logging(settings.logs, settings.log_level)
    ours, theirs = _listen(), _listen()
    pairs = [
        (uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False)), listening)
        for app, listening in ((create_app(settings, with_worker=False), ours), (trivial, theirs))
    ]
    ports = ours.getsockname()[1], theirs.getsockname()[1]
    print(f"serving on {ports[0]}, trivial on {ports[1]}", file=sys.stderr, flush=True)
    # The loop that `tonearm serve` would run on.
    loop_factory = pairs[0][0].config.get_loop_factory()
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(_serve(*pairs))
