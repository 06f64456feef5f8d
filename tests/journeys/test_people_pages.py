"""People through pages, in a real browser: invited, let in, helped, and let go."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from browsing import Watched, check_look, open_page
from mailbox_server import SECRET, USER, Mailbox, mail_server, trust
from serving import PASSWORD, serve, set_up

pytestmark = pytest.mark.slow

OTHER_PASSWORD = "staple the other one"
PUBLIC_URL = "https://music.example.org"


@pytest.fixture
def mailbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    with mail_server(tmp_path) as mailbox:
        trust(tmp_path, monkeypatch)
        url = f"smtp://{USER}:{quote(SECRET, safe='')}@127.0.0.1:{mailbox.port}"
        monkeypatch.setenv("TONEARM_SMTP_URL", url)
        monkeypatch.setenv("TONEARM_SMTP_FROM", "Tonearm <tonearm@example.org>")
        monkeypatch.setenv("TONEARM_PUBLIC_URL", PUBLIC_URL)
        yield mailbox


def new_context(browser: Browser, width: int) -> BrowserContext:
    return browser.new_context(
        viewport={"width": width, "height": 900},
        timezone_id="Pacific/Auckland",
        reduced_motion="reduce",
    )


def log_in(page: Page, base: str, name: str, password: str) -> None:
    page.goto(f"{base}/login")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in", exact=True).click()


def expect_done(page: Page, words: str) -> None:
    expect(page.get_by_role("status")).to_contain_text(words)


def invite(admin: Watched, width: int) -> str:
    """Invite Bob, as the owner does who finds the page from the account; gives the link."""
    page, base = admin.page, admin.base
    page.goto(f"{base}/account")
    check_look(admin, width)
    page.get_by_role("link", name="Look after people").click()
    page.get_by_text("Invite somebody").click()
    page.get_by_label("For whom, in your words").fill("Bob")
    page.get_by_label(re.compile("^As ")).select_option("listener")
    check_look(admin, width)
    page.get_by_role("button", name="Make the link").click()
    expect(page.locator("#link")).to_have_text(re.compile(f"^{PUBLIC_URL}/register"))
    check_look(admin, width)
    link = page.locator("#link").inner_text().replace(PUBLIC_URL, base)
    page.get_by_role("link", name="Back").click()
    expect(page.get_by_role("row", name=re.compile("Bob.*Revoke"))).to_be_visible()
    return link


def register(guest: Watched, link: str, width: int) -> None:
    page = guest.page
    page.goto(link)
    expect(page.get_by_label("Time zone")).to_have_value("Pacific/Auckland")
    check_look(guest, width)
    page.get_by_label("Your name").fill("Bob")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD + "x")
    guest.complaints.clear()
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_role("alert")).to_contain_text("two passwords differ")
    check_look(guest, width)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    expect(page).to_have_url(f"{guest.base}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your years go here")
    expect(page.get_by_role("link", name="People", exact=True)).to_have_count(0)


def change_account(guest: Watched) -> None:
    page, base = guest.page, guest.base
    page.goto(f"{base}/account")
    page.get_by_label("E-mail address", exact=True).fill("bob@example.org")
    page.get_by_label("Your password, for another e-mail address").fill(PASSWORD)
    page.get_by_role("button", name="Save who you are").click()
    expect_done(page, "Saved")
    expect(page.get_by_label("E-mail address", exact=True)).to_have_value("bob@example.org")
    page.get_by_label("The present one").fill(PASSWORD)
    page.get_by_label("The new one", exact=True).fill(OTHER_PASSWORD)
    page.get_by_label("The new one again").fill(OTHER_PASSWORD)
    page.get_by_role("button", name="Change the password").click()
    expect_done(page, "Saved")


def forget(guest: Watched, mailbox: Mailbox, width: int) -> None:
    """Come back by a link that was mailed."""
    page, base = guest.page, guest.base
    page.goto(f"{base}/account")
    page.get_by_role("button", name="Log out", exact=True).last.click()
    page.get_by_role("link", name="Forgotten your password?").click()
    check_look(guest, width)
    page.get_by_label("Name or e-mail address").fill("bob@example.org")
    page.get_by_role("button", name="Send the link").click()
    expect_done(page, "on its way")
    check_look(guest, width)
    link = next(word for word in mailbox.wait().get_content().split() if "/reset?token=" in word)
    page.goto(link.replace(PUBLIC_URL, base))
    expect(page.get_by_text("For Bob")).to_be_visible()
    check_look(guest, width)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    check_look(guest, width)
    page.get_by_role("link", name="Log in").click()
    log_in(page, base, "Bob", PASSWORD)
    expect(page).to_have_url(f"{base}/")


def look_after(admin: Watched, width: int) -> None:
    page, base = admin.page, admin.base
    page.goto(f"{base}/people")
    check_look(admin, width)
    page.get_by_role("link", name="Bob", exact=True).click()
    check_look(admin, width)
    page.get_by_label("What they may").select_option("viewer")
    page.get_by_role("button", name="Change", exact=True).click()
    expect_done(page, "role is changed")
    page.get_by_role("button", name="Make a link to a new password").click()
    expect(page.locator("#link")).to_have_text(re.compile(f"^{PUBLIC_URL}/reset"))
    page.get_by_role("link", name="Back").click()
    page.get_by_role("button", name="Disable the account").click()
    expect_done(page, "disabled")
    check_look(admin, width)


def let_go(admin: Watched) -> None:
    page = admin.page
    page.get_by_role("button", name="Enable the account").click()
    page.get_by_label("Type their name to confirm").fill("Rob")
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was deleted")
    page.get_by_label("Type their name to confirm").fill("Bob")
    page.get_by_role("button", name="Delete for good").click()
    expect_done(page, "gone")
    expect(page.get_by_role("link", name="Bob", exact=True)).to_have_count(0)


def check_complaints(watched: Watched) -> None:
    """Expect nothing wrong but forms that were refused, which browsers note as failed."""
    assert [told for told in watched.complaints if "status of 422" not in told] == []


@pytest.mark.parametrize("width", [1280, 390])
def test_somebody_is_invited_comes_and_goes(
    browser: Browser, tmp_path: Path, mailbox: Mailbox, width: int
) -> None:
    contexts = new_context(browser, width), new_context(browser, width)
    with serve(tmp_path / "data") as base:
        with set_up(base):
            pass
        admin, guest = (open_page(context, base) for context in contexts)
        log_in(admin.page, base, "Ada", PASSWORD)
        link = invite(admin, width)
        register(guest, link, width)
        change_account(guest)
        forget(guest, mailbox, width)
        look_after(admin, width)
        guest.page.goto(f"{base}/account")
        expect(guest.page).to_have_url(re.compile(f"^{base}/login"))
        log_in(guest.page, base, "Bob", PASSWORD)
        expect(guest.page.get_by_role("alert")).to_contain_text("wrong")
        let_go(admin)
        # The link was used, and says so.
        guest.page.goto(link)
        expect(guest.page.get_by_text("was used")).to_be_visible()
        check_complaints(admin)
        assert all(re.search("status of (401|404|422)", told) for told in guest.complaints)
    for context in contexts:
        context.close()
