"""Take the pictures of docs/screenshots anew: `python -m tools.screenshots [NAME …]`, else all of them.

Names of the demo are in many scripts: where the machine has no font for one, boxes stand in the pictures. Debian has
all of them in `fonts-noto` and `fonts-noto-cjk`.
"""

import base64
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from tools.screenshots.shots import DEMO, FRESH, SHOTS, Look, Shot
from tools.screenshots.visitor import PUBLIC_URL, Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# Two days after the last play of the demo, noon in Berlin.
_DAY = datetime(2025, 11, 3, 11, tzinfo=UTC)
_HERE = Path(__file__).parent
_SETTLE, _SHRINK = ((_HERE / name).read_text("utf-8") for name in ("settle.js", "shrink.js"))
_SHORTEST, _TALLEST = 860, 1_600
_READY_SECONDS = 180
_AT_REST = """() => Promise.all([
  document.fonts.ready.then(() => null), ...[...document.images].map((image) => image.decode().catch(() => null)),
])"""


def main(names: list[str]) -> int:
    """Start what is to be looked at, take every picture of these names in each of its looks, and stop it."""
    unknown = sorted(set(names) - {shot.name for shot in SHOTS})
    if unknown:
        print(f"There is no picture named {', '.join(unknown)}.", file=sys.stderr)
        return 2
    wanted = set(names) or {shot.name for shot in SHOTS}
    began = time.monotonic()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("TONEARM_TEST_BROWSER", "/usr/bin/chromium"),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--lang=en-GB",
            ],
        )
        for shots, command, settings in (
            (FRESH, "serve", {}),
            (DEMO, "demo", {"TONEARM_PUBLIC_URL": PUBLIC_URL}),
        ):
            if wanted.intersection(shot.name for shot in shots):
                with _serving(command, settings) as address:
                    _take_all(browser, address, shots, wanted)
        browser.close()
    print(f"{len(wanted)} pages in {time.monotonic() - began:.0f} s")
    return 0


@contextmanager
def _serving(command: str, settings: dict[str, str]) -> Iterator[str]:
    """Serve a Tonearm of its own, on the day of the pictures; gives the address."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    behind = (datetime.now(UTC) - _DAY).total_seconds()
    paths = [str(_HERE / "clock"), *filter(None, [os.environ.get("PYTHONPATH")])]
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "tonearm", command, "--port", str(port)],
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(paths),
                "SCREENSHOTS_BEHIND": str(behind),
                "TONEARM_DATA_DIR": folder,
                "TONEARM_RATE_LIMITS": "false",
                **settings,
            },
        )
        try:
            _wait(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def _wait(port: int) -> None:
    for _ in range(_READY_SECONDS * 4):
        connection = HTTPConnection("127.0.0.1", port)
        try:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.25)
        else:
            return
        finally:
            connection.close()
    raise TimeoutError("the server did not start")


def _take_all(browser: "Browser", address: str, shots: tuple[Shot, ...], wanted: set[str]) -> None:
    context = browser.new_context(
        reduced_motion="reduce", timezone_id="Europe/Berlin", locale="en-GB"
    )
    page, shrinker = context.new_page(), context.new_page()
    page.bring_to_front()
    visitor = Visitor(page, address)
    if shots is DEMO:
        visitor.open("/login")
        page.fill("input[name=name]", "demo")
        page.fill("input[name=password]", "play it again")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{address}/")
    for shot in shots:
        # Of a fresh Tonearm each goes on where the one before has ended.
        if shot.name in wanted or shots is FRESH:
            _bring(visitor, shot)
        if shot.name in wanted:
            for look, path in shot.files():
                path.write_bytes(_shrunk(shrinker, _take(page, shot, look)))
            print(shot.name, flush=True)
    context.close()


def _bring(visitor: Visitor, shot: Shot) -> None:
    visitor.page.set_viewport_size({"width": 1_280, "height": _SHORTEST})
    visitor.page.emulate_media(color_scheme="light")
    if shot.state is None:
        visitor.open(shot.path)
    else:
        shot.state(visitor)
    visitor.page.evaluate(_SETTLE, _DAY.strftime("%d %b %Y"))


def _take(page: "Page", shot: Shot, look: Look) -> bytes:
    """Take one picture: of the part, of a window, or of the page as far as a tall window shows it."""
    page.emulate_media(color_scheme="dark" if look.theme == "dark" else "light")
    page.set_viewport_size({"width": look.width, "height": _SHORTEST})
    if shot.part:
        return page.locator(shot.part).screenshot()
    anchor = shot.path.partition("#")[2]
    if anchor:
        page.evaluate("(id) => document.getElementById(id).scrollIntoView()", anchor)
    elif not page.locator("dialog[open], [popover]:popover-open").count():
        height = page.evaluate("document.documentElement.scrollHeight")
        tall = min(max(height, _SHORTEST), _TALLEST)
        page.set_viewport_size({"width": look.width, "height": tall})
    page.evaluate(_AT_REST)
    return page.screenshot(animations="disabled", caret="hide")


def _shrunk(page: "Page", png: bytes) -> bytes:
    return base64.b64decode(page.evaluate(_SHRINK, base64.b64encode(png).decode()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
