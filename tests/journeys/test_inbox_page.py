"""The inbox and the chosen colours, in a real browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from browsing import check_look, open_page
from import_house import wait_until
from serving import PASSWORD, serve, set_up

pytestmark = pytest.mark.slow

NIGHT = "rgb(20, 18, 16)"


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    with serve(tmp_path / "data") as base:
        with set_up(base) as client:
            for _ in range(2):
                fail_an_import(client)
        yield base


def fail_an_import(client: httpx2.Client) -> None:
    def unread() -> int:
        return int(client.get("/api/notifications/unread-count").json()["unread"])

    told = unread()
    client.post("/api/imports", files=[("files", ("nothing.json", b"{}"))]).raise_for_status()
    wait_until(lambda: unread() > told, look_seconds=0.05)


def log_in(page: Page, base: str) -> None:
    page.goto(f"{base}/inbox")
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(f"{base}/inbox")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("has_scripts", [True, False])
def test_somebody_goes_through_their_inbox(
    browser: Browser, base: str, *, width: int, has_scripts: bool
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, java_script_enabled=has_scripts
    )
    watched = open_page(context, base)
    page = watched.page
    log_in(page, base)
    bell = page.get_by_role("link", name="Inbox").and_(page.locator(":visible"))
    expect(bell).to_have_text(re.compile(r"Inbox\s*2 unread"))
    if has_scripts:
        check_look(watched, width)

    page.get_by_role("button", name="Mark as read, number 1").click()
    expect(bell).to_have_text(re.compile(r"Inbox\s*1 unread"))
    page.get_by_role("button", name="Delete, number 1").click()
    expect(page.locator("ul.inbox > li")).to_have_count(1)
    page.get_by_role("button", name="Mark all as read").click()
    expect(bell).to_have_text("Inbox")
    page.locator("ul.inbox").get_by_role("link").click()
    expect(page).to_have_url(f"{base}/imports/2")
    assert watched.complaints == []
    context.close()


def test_colours_that_were_chosen_go_before_those_of_the_system(
    browser: Browser, base: str
) -> None:
    context = browser.new_context(color_scheme="light")
    watched = open_page(context, base)
    page = watched.page
    log_in(page, base)
    expect(page.locator("body")).not_to_have_css("background-color", NIGHT)

    page.goto(f"{base}/account")
    page.get_by_label("Colours").select_option("dark")
    page.get_by_label("Weeks begin on").select_option("Sunday")
    page.get_by_label("An import has failed").uncheck()
    page.get_by_role("button", name="Save how you see it").click()

    expect(page.get_by_role("status")).to_contain_text("Saved")
    expect(page.locator("body")).to_have_css("background-color", NIGHT)
    expect(page.get_by_label("An import has failed")).not_to_be_checked()
    expect(page.get_by_label("Weeks begin on")).to_have_value("7")
    assert watched.complaints == []
    context.close()
