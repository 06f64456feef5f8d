"""Tonearm on a real server, as a person would run it."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from fastapi import FastAPI
from starlette.routing import BaseRoute

from templates import put_empty_database
from tonearm.bootstrap import create_app
from tonearm.ops.settings import Settings
from tonearm.storage.database import Database
from tonearm.web.connections import BoundedProtocol

PASSWORD = "correct horse battery"
_ROUTES: list[BaseRoute] = []


@contextmanager
def serve(
    data_dir: Path,
    database_url: str = "",
    *,
    import_zip_mb: int = 500,
    **more: Any,  # noqa: ANN401 - any settings
) -> Iterator[str]:
    """Serve a data folder on a free port of 127.0.0.1, worker and all; gives the base URL.

    Tests come oftener than people: requests are counted, but none is one too many unless settings say so.
    """
    options: dict[str, Any] = {
        **dict.fromkeys(
            (
                "rate_reading",
                "rate_writing",
                "rate_importing",
                "rate_entering",
                "rate_sharing",
            ),
            1_000_000,
        ),
        "data_dir": data_dir,
        "database_url": database_url,
        "import_zip_mb": import_zip_mb,
        **more,
    }
    if not database_url:
        put_empty_database(data_dir)
    app = create_app(Settings(**options))
    share_routes(app)
    with running(app) as base:
        yield base


def share_routes(app: FastAPI) -> None:
    """Let an app find its way by the routes of the first one in this process.

    FastAPI works each route out at the first request, all of them for a second or so. They hold nothing of their app:
    what an endpoint works with comes with the request.
    """
    assert not app.dependency_overrides
    if not _ROUTES:
        _ROUTES.extend(app.router.routes)
    app.router.routes[:] = _ROUTES


@contextmanager
def running(app: FastAPI, http: type[asyncio.Protocol] = BoundedProtocol) -> Iterator[str]:
    """Serve an app on a free port of 127.0.0.1, in the way that `tonearm serve` does; gives the base URL."""
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        http=http,
        proxy_headers=False,
        server_header=False,
        log_level="warning",
        lifespan="on",
    )
    server = uvicorn.Server(config)
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


def url_of(database_url: str) -> str:
    """Give the setting for a database: on SQLite it lies in the data folder."""
    return "" if database_url.startswith("sqlite") else database_url


@contextmanager
def database_at(data: Path, url: str = "") -> Iterator[Database]:
    """Open the database that is served from a data folder, or from a URL."""
    database = Database(url or f"sqlite:///{data / 'tonearm.db'}")
    yield database
    database.close()


@contextmanager
def set_up(base: str, name: str = "Ada", zone: str = "Europe/Berlin") -> Iterator[httpx2.Client]:
    """Make the owner and give a client that is logged in as them."""
    with httpx2.Client(base_url=base, timeout=60) as client:
        wish = {"name": name, "password": PASSWORD, "zone": zone}
        client.post("/api/auth/setup", json=wish).raise_for_status()
        yield client
