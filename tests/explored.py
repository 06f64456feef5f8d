"""A served Tonearm with a history to look through, and the way in."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect

from serving import PASSWORD, serve, set_up
from templates import folder_made_by, unpack
from tonearm.testing.export import write_export

PLAYS = 3_000


@contextmanager
def explored(folder: Path) -> Iterator[str]:
    """Serve a listener, Ada, of three years; gives the base URL."""
    unpack(folder_made_by(_import), folder / "data")
    with serve(folder / "data") as base:
        yield base


def _import(data: Path) -> None:
    export = data.parent / "my_spotify_data.zip"
    write_export(export, plays=PLAYS, seed=5, era="extended", years=3)
    with serve(data) as base, set_up(base) as client:
        with export.open("rb") as file:
            client.post("/api/imports", files=[("files", (export.name, file))]).raise_for_status()
        assert '"published"' in client.get("/api/imports/1/events").text


def log_in(page: Page, base: str) -> None:
    page.goto(f"{base}/login")
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page).to_have_url(re.compile("/$"))
