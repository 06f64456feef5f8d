"""Take the pictures under docs/screenshots from a fresh demo: `python -m tools.screenshots`."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

FOLDER = Path(__file__).parents[1] / "docs" / "screenshots"
WIDTHS = {"wide": 1280, "narrow": 390}
PAGES = {
    "overview": "/",
    "artists": "/top/artists?range=2024",
    "history": "/history?range=2024-10",
    "artist": "/artists/1",
    "patterns": "/patterns?range=2024",
    "year": "/years/2024",
    "completeness": "/completeness",
    "imports": "/imports",
    "import": "/imports/1",
    "ledger": "/imports/1/ledger?verdict=duplicate",
    "account": "/account",
}
_NAME, _PASSWORD = "demo", "play it again"
_READY_SECONDS = 180


def main() -> None:
    """Start a demo, take every page at both widths and in both themes, and stop it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        demo = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "tonearm", "demo", "--port", str(port)],
            env={**os.environ, "TONEARM_DATA_DIR": folder},
        )
        try:
            _wait(port)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=os.environ.get("TONEARM_TEST_BROWSER", "/usr/bin/chromium"),
                    args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
                )
                _take_all(browser, f"http://127.0.0.1:{port}")
                browser.close()
        finally:
            demo.terminate()
            demo.wait()


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
    raise TimeoutError("the demo did not start")


def _take_all(browser: Browser, address: str) -> None:
    for theme in ("light", "dark"):
        for width_name, width in WIDTHS.items():
            context = browser.new_context(
                viewport={"width": width, "height": 860},
                color_scheme=theme,
            )
            page = context.new_page()
            page.goto(f"{address}/login")
            page.screenshot(path=FOLDER / f"login-{width_name}-{theme}.png")
            page.fill("input[name=name]", _NAME)
            page.fill("input[name=password]", _PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_url(f"{address}/")
            for name, path in PAGES.items():
                page.goto(address + path)
                page.screenshot(
                    path=FOLDER / f"{name}-{width_name}-{theme}.png",
                    full_page=width_name == "wide" and name not in {"ledger", "history"},
                )
            context.close()


if __name__ == "__main__":
    main()
