"""Tonearm on a real server, as a person would run it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import uvicorn

from tonearm.bootstrap import create_app
from tonearm.ops.settings import Settings

PASSWORD = "correct horse battery"


@contextmanager
def serve(data_dir: Path, database_url: str = "", *, import_zip_mb: int = 500) -> Iterator[str]:
    """Serve a data folder on a free port of 127.0.0.1, worker and all; gives the base URL."""
    options: dict[str, Any] = {
        "data_dir": data_dir,
        "database_url": database_url,
        "import_zip_mb": import_zip_mb,
    }
    settings = Settings(**options)
    app = create_app(settings)
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="on")
    )
    thread = threading.Thread(target=server.run, name="served-tonearm")
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the server did not start")
        time.sleep(0.01)
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def set_up(base: str, name: str = "Ada", zone: str = "Europe/Berlin") -> Iterator[httpx2.Client]:
    """Make the owner and give a client that is logged in as them."""
    with httpx2.Client(base_url=base, timeout=60) as client:
        wish = {"name": name, "password": PASSWORD, "zone": zone}
        client.post("/api/auth/setup", json=wish).raise_for_status()
        yield client
