"""Take the pictures of docs/screenshots from a fresh demo: `python -m tools.screenshots [NAME …]`, else all of them."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).parents[1] / "docs" / "screenshots"
WIDTHS = {"wide": 1280, "narrow": 390}
PAGES = {
    "overview": "/",
    "artists": "/top/artists?range=2024",
    "albums": "/top/albums?range=2024",
    "tracks": "/top/tracks?range=2024&by=time",
    "shows": "/top/shows",
    "history": "/history?range=2024-10",
    "play": "/plays/1",
    "artist": "/artists/1",
    "album": "/albums/1",
    "track": "/tracks/1",
    "compare": "/compare?range=2024&other=2023",
    "search": "/search?q=blue",
    "corrections": "/corrections",
    "patterns": "/patterns?range=2024",
    "year": "/years/2024",
    "month": "/years/2024/12",
    "completeness": "/completeness",
    "imports": "/imports",
    "import": "/imports/1",
    "ledger": "/imports/1/ledger?verdict=duplicate",
    "inbox": "/inbox",
    "people": "/people",
    "account": "/account",
    "assistants": "/assistants",
}
# How each assistant is connected: the part of its page that the guide shows.
CLIENTS = (
    "claude-desktop",
    "claude-code",
    "claude-web",
    "chatgpt-action",
    "chatgpt-connector",
    "cursor",
    "vs-code",
    "codex",
)
_PUBLIC_URL = "https://music.example.org"
_CALLS = ("taste_summary", "top?item=artists", "top?item=tracks", "habits", "top?item=nonsense")
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
            env={
                **os.environ,
                "TONEARM_DATA_DIR": folder,
                "TONEARM_PUBLIC_URL": _PUBLIC_URL,
            },
        )
        try:
            _wait(port)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=os.environ.get("TONEARM_TEST_BROWSER", "/usr/bin/chromium"),
                    args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
                )
                _take_all(browser, f"http://127.0.0.1:{port}", set(sys.argv[1:]))
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


def _take_all(browser: Browser, address: str, only: set[str]) -> None:
    pages = {name: path for name, path in PAGES.items() if not only or name in only}
    for theme in ("light", "dark"):
        for width_name, width in WIDTHS.items():
            context = browser.new_context(
                viewport={"width": width, "height": 860},
                color_scheme=theme,
            )
            page = context.new_page()
            page.goto(f"{address}/login")
            if not only or "login" in only:
                page.screenshot(path=FOLDER / f"login-{width_name}-{theme}.png")
            page.fill("input[name=name]", _NAME)
            page.fill("input[name=password]", _PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_url(f"{address}/")
            if "assistants" in pages and (theme, width_name) == ("light", "wide"):
                _connect_assistants(page, address)
            for name, path in pages.items():
                page.goto(address + path)
                page.screenshot(
                    path=FOLDER / f"{name}-{width_name}-{theme}.png",
                    full_page=width_name == "wide" and name not in {"ledger", "history"},
                )
            context.close()


def _connect_assistants(page: Page, address: str) -> None:
    """Take how each assistant is connected, make a key, and let something be asked for with it."""
    for client in CLIENTS:
        page.goto(f"{address}/assistants?for={client}")
        page.locator(f"#{client}").screenshot(path=FOLDER / f"connect-{client}.png")
    page.goto(f"{address}/assistants?for=cursor")
    page.click("text=Make the key")
    key = page.locator("#key").inner_text()
    for call in _CALLS:
        page.request.get(f"{address}/api/mcp/{call}", headers={"authorization": f"Bearer {key}"})


if __name__ == "__main__":
    main()
