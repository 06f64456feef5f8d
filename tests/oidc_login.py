"""People who log in at a provider, with a client that follows redirects and fills in forms; and the provider itself."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import httpx2

from oidc_site.people import CONFIDENTIAL, PASSWORD, SECRET

TESTS = Path(__file__).parent
CALLBACK = "/api/auth/oidc/callback"


class Provider:
    """The tests' provider in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None
        self._port = 0

    @property
    def issuer(self) -> str:
        return f"http://localhost:{self._port}/o"

    @property
    def settings(self) -> dict[str, Any]:
        """What Tonearm has to be told to log people in here."""
        return {
            "oidc_issuer": self.issuer,
            "oidc_client_id": CONFIDENTIAL,
            "oidc_client_secret": SECRET,
            "oidc_name": "Home",
        }

    def start(self) -> None:
        command = [sys.executable, "-m", "oidc_site", str(self._folder), str(self._port)]
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            command,
            env={**os.environ, "PYTHONPATH": str(TESTS)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self._port = int(self._process.stdout.readline())

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def rotate_key(self) -> None:
        """Sign with another key from now on; the old one is known no longer."""
        self.stop()
        (self._folder / "signing.pem").unlink()
        self.start()


@contextmanager
def run_provider(folder: Path) -> Iterator[Provider]:
    provider = Provider(folder)
    try:
        provider.start()
        yield provider
    finally:
        provider.stop()


class Visitor:
    """Somebody with a browser that knows no JavaScript: cookies, redirects, forms."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.client = httpx2.Client(
            base_url=base, timeout=60, headers={"accept": "text/html,application/xhtml+xml"}
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.client.close()

    def log_in_here(self, name: str, password: str) -> httpx2.Response:
        return self.client.post(
            "/login", data={"name": name, "password": password, "next": "/account"}
        )

    def log_in_there(
        self, name: str, start: str = "/api/auth/oidc?next=/account", *, allows: bool = True
    ) -> httpx2.Response:
        """Go all the way; gives the page at its end."""
        return self.follow(self.come_back(name, start, allows=allows))

    def come_back(
        self, name: str, start: str = "/api/auth/oidc?next=/account", *, allows: bool = True
    ) -> str:
        """Go to the provider, log in and allow it; gives the address that it sends the browser back to."""
        # A link on one of our own pages is what leads there.
        answer = self.client.get(start, headers={"sec-fetch-site": "same-origin"})
        assert answer.status_code == 303, answer.text
        while True:
            while answer.is_redirect:
                location = str(answer.url.join(answer.headers["location"]))
                if location.startswith(f"{self.base}{CALLBACK}"):
                    return location
                answer = self.client.get(location)
            assert answer.status_code == 200, answer.text
            given = {"username": name, "password": PASSWORD}
            answer = self.client.post(answer.url, data=_filled(answer.text, given, allows=allows))

    def follow(self, address: str) -> httpx2.Response:
        return self.client.get(address, follow_redirects=True)

    def profile(self) -> httpx2.Response:
        return self.client.get("/api/user/profile", headers={"accept": "application/json"})


def query_of(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


class _Form(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        name = found.get("name")
        if tag == "input" and name:
            self.fields[name] = found.get("value") or ""


def _filled(page: str, given: dict[str, str], *, allows: bool) -> dict[str, str]:
    form = _Form()
    form.feed(page)
    fields = form.fields | {name: value for name, value in given.items() if name in form.fields}
    if not allows:
        fields.pop("allow", None)
    return fields
