"""Serves a simulator on 127.0.0.1, in this thread or beside it."""

from __future__ import annotations

import logging
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import uvicorn

from tonearm.domain.errors import UnavailableError
from tonearm.simulator.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tonearm.simulator.simulator import Simulator

_HOST: Final = "127.0.0.1"
_START_SECONDS: Final = 30


def listen(port: int = 0) -> socket.socket:
    """A socket on 127.0.0.1, 0 for a free port; raises UnavailableError where the port is taken."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((_HOST, port))
    except OSError as error:
        listening.close()
        raise UnavailableError(
            f"Port {port} on {_HOST} is taken or not allowed. Choose another with --port."
        ) from error
    listening.listen(128)
    return listening


def origin(listening: socket.socket) -> str:
    """The address of a socket: http://127.0.0.1:PORT."""
    return f"http://{_HOST}:{listening.getsockname()[1]}"


def make_server(simulator: Simulator) -> uvicorn.Server:
    """A server that says nothing and gives up hanging calls when it is told to stop."""
    # Answers that are cut on purpose are no errors to speak of.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    config = uvicorn.Config(
        create_app(simulator), lifespan="off", log_config=None, access_log=False,
        server_header=False, date_header=False, timeout_graceful_shutdown=1,
    )  # fmt: skip
    return uvicorn.Server(config)


@contextmanager
def serving(simulator: Simulator) -> Iterator[str]:
    """Serve in a thread of its own on a free port; gives the address."""
    listening, server = listen(), make_server(simulator)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listening]}, name="simulator", daemon=True
    )
    thread.start()
    try:
        # The socket takes connections from the beginning: a call waits until the server is up.
        yield origin(listening)
    finally:
        server.should_exit = True
        thread.join(_START_SECONDS)
        listening.close()
