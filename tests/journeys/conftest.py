"""A real browser for journeys through pages."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give a browser: the one named in TONEARM_TEST_BROWSER, the system's, or Playwright's own."""
    found = os.environ.get("TONEARM_TEST_BROWSER") or next(
        (path for path in map(shutil.which, BROWSERS) if path), None
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()
