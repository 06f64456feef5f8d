"""Tonearm behind HTTP: a real `tonearm serve` in a process of its own, and a plain client."""

import http.client
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.processes import FailedError, environment

_READY_SECONDS = 60
_PASSWORD = uuid4().hex


class Client:
    """Sends one request after another over one connection that stays open."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._headers: dict[str, str] = {}
        self._key = ""

    def set_up(self) -> None:
        """Make the owner; from then on requests carry the session and API requests the key."""
        wish = {"name": "Owner", "password": _PASSWORD, "zone": "Europe/Berlin"}
        body = json.dumps(wish).encode()
        kind = {"content-type": "application/json"}
        response, content = self._send("POST", "/api/auth/setup", body, kind)
        cookie = response.getheader("set-cookie") or ""
        self._key = str(json.loads(content)["key"])
        # As browsers do, it takes what is compressed.
        self._headers = {"cookie": cookie.partition(";")[0], "accept-encoding": "gzip"}

    def second(self) -> "Client":
        """Open another connection for the same caller."""
        client = Client(self._port)
        client._headers = dict(self._headers)
        return client

    def use_key(self) -> None:
        """Show the API key instead of the session, as programs do."""
        self._headers = {"authorization": f"Bearer {self._key}"}

    @property
    def cookie(self) -> str:
        """The session as a cookie: its name and its value."""
        return self._headers["cookie"]

    def get(self, path: str) -> bytes:
        """Fetch a page or an answer; raises FailedError unless it is a 200."""
        return self._send("GET", path, None, {})[1]

    def timed(self, path: str) -> float:
        """Fetch something and give the seconds it took."""
        began = time.perf_counter()
        self.get(path)
        return time.perf_counter() - began

    def upload(self, path: str, archive: Path) -> dict[str, Any]:
        """Send a file as a form does."""
        boundary = uuid4().hex
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="{archive.name}"'
            "\r\nContent-Type: application/zip\r\n\r\n"
        )
        body = head.encode() + archive.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
        kind = {"content-type": f"multipart/form-data; boundary={boundary}"}
        document: dict[str, Any] = json.loads(self._send("POST", path, body, kind)[1])
        return document

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _send(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        self._connection.request(method, path, body, {**self._headers, **headers})
        response = self._connection.getresponse()
        content = response.read()
        if response.status >= http.client.MULTIPLE_CHOICES:
            raise FailedError(f"{method} {path}: {response.status} {content[:300]!r}")
        return response, content


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    pid: int
    port: int
    ready_s: float
    """From its start to its first answer."""


@contextmanager
def serve(data_dir: Path) -> Iterator[Server]:
    """Run `tonearm serve` on a free port until the block ends."""
    command = [sys.executable, "-m", "tonearm", "serve", "--port", "0"]
    with started(command, data_dir, r"on http://[\w.]+:(\d+)", "/healthz") as server:
        yield server


@contextmanager
def started(command: list[str], folder: Path, port_pattern: str, path: str) -> Iterator[Server]:
    """Run a server that prints its port on standard error, and wait until a path answers."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "server.txt"
    began = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - only our own commands come here
            command, cwd=folder, env=environment(folder), stdout=output, stderr=output
        )
    try:

        def port() -> int | None:
            if process.poll() is not None:
                raise FailedError(log.read_text(encoding="utf-8")[-2000:])
            found = re.search(port_pattern, log.read_text(encoding="utf-8"))
            return int(found[1]) if found else None

        number = _until(port)
        _until(lambda: _answers(number, path))
        yield Server(process.pid, number, time.perf_counter() - began)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)


def _answers(port: int, path: str) -> int | None:
    client = Client(port)
    try:
        client.get(path)
    except ConnectionError:
        return None
    else:
        return port
    finally:
        client.close()


def _until(found: Callable[[], int | None]) -> int:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        value = found()
        if value is not None:
            return value
        time.sleep(0.005)
    raise FailedError("the server did not start")
