"""Linking Spotify in a real browser, at a simulated Spotify on another address: agreed to, refused, pasted, ended."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from browsing import Watched, check_look, open_page
from serving import PASSWORD, serve, set_up
from simulator.simulating import SMALL
from tonearm.simulator.server import serving
from tonearm.simulator.simulator import CLIENT_ID, Simulator

pytestmark = pytest.mark.slow


@pytest.fixture
def simulator() -> Simulator:
    return Simulator(7, plan=SMALL)


@pytest.fixture
def origin(simulator: Simulator) -> Iterator[str]:
    with serving(simulator) as origin:
        yield origin


def settings(origin: str) -> dict[str, Any]:
    return {"spotify_accounts_url": origin, "spotify_api_url": f"{origin}/v1"}


def log_in(page: Page, base: str) -> None:
    page.goto(f"{base}/login?next=/account")
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page).to_have_url(f"{base}/account")


def check_complaints(watched: Watched, origin: str) -> None:
    # The browser tells of pages that are refusals, and of addresses over there.
    known = ("Failed to load resource", origin)
    assert [one for one in watched.complaints if not one.startswith(known)] == []


@pytest.mark.parametrize("width", [1280, 390])
def test_an_account_is_linked_looked_at_and_unlinked(
    browser: Browser, simulator: Simulator, origin: str, tmp_path: Path, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    with serve(tmp_path / "data", **settings(origin)) as base, set_up(base):
        watched = open_page(context, base)
        page = watched.page
        log_in(page, base)
        part = page.get_by_role("region", name="Spotify")
        # Nobody has set an app here, so Ada brings one along.
        expect(part).to_contain_text("needs an app at Spotify")
        expect(part).to_contain_text(f"{base}/api/auth/spotify/callback")
        check_look(watched, width)
        part.get_by_label("Client id").fill("x")
        part.get_by_role("button", name="Use this app").click()
        expect(page.get_by_role("alert")).to_contain_text("A client id has 8 to 64")
        part.get_by_label("Client id").fill(CLIENT_ID)
        part.get_by_role("button", name="Use this app").click()
        part.get_by_role("link", name="Link Spotify").click()
        page.wait_for_url(f"{origin}/authorize?**")

        page.get_by_role("button", name="Cancel").click()
        expect(page.locator("main")).to_contain_text("You said no at Spotify")
        check_look(watched, width)
        page.get_by_role("link", name="Back to the account").click()
        part.get_by_role("link", name="Link Spotify").click()
        page.get_by_role("button", name="Agree").click()

        expect(page).to_have_url(f"{base}/account#spotify")
        name = simulator.users["listener1"].display_name
        assert name
        expect(part).to_contain_text(name)
        expect(part).to_contain_text("what you played lately")
        expect(part).to_contain_text("in 18")  # days
        check_look(watched, width)
        part.get_by_role("button", name="Try the link").click()
        expect(page).to_have_url(f"{base}/account#spotify")
        with simulator.lock:
            simulator.accounts.revoke(simulator.users["listener1"])
        part.get_by_role("button", name="Try the link").click()
        expect(page.get_by_role("alert")).to_contain_text("Spotify has ended the link")
        expect(part).to_contain_text("Has to be linked again")
        for summary in part.locator("summary").all():
            if summary.evaluate("one => !one.parentElement.open"):
                summary.click()
        check_look(watched, width)
        page.get_by_role("link", name="Inbox").first.click()
        expect(page.locator("main")).to_contain_text("has to be linked again")
        page.goto(f"{base}/account")
        part.get_by_text("Unlink", exact=True).click()
        part.get_by_role("button", name="Unlink Spotify").click()
        expect(part.get_by_role("link", name="Link Spotify")).to_be_visible()
        context.close()
    check_complaints(watched, origin)


@pytest.mark.parametrize("width", [1280, 390])
def test_collecting_is_watched_paused_and_asked_for(
    browser: Browser, origin: str, tmp_path: Path, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    more = settings(origin) | {"spotify_client_id": CLIENT_ID}
    with serve(tmp_path / "data", **more) as base, set_up(base):
        watched = open_page(context, base)
        page = watched.page
        log_in(page, base)
        part = page.get_by_role("region", name="Spotify")
        part.get_by_role("link", name="Link Spotify").click()
        page.get_by_role("button", name="Agree").click()
        # The page tells of the first look by itself.
        expect(part).to_contain_text("50 plays, 50 of them new", timeout=20_000)
        check_look(watched, width)
        part.get_by_role("button", name="Pause").click()
        expect(part).to_contain_text("Paused: what you play now is not collected")
        expect(part).to_contain_text("Plays may be missing here")
        check_look(watched, width)
        part.get_by_role("button", name="Go on collecting").click()
        expect(part).to_contain_text("What you play is collected")
        part.get_by_role("button", name="Collect now").click()
        expect(part).to_contain_text("0 of them new", timeout=20_000)
        expect(part).to_contain_text("SamplingOff")
        part.get_by_role("link", name="Allow sampling at Spotify").click()
        page.get_by_role("button", name="Agree").click()
        part.get_by_role("button", name="Switch sampling on").click()
        expect(part).to_contain_text("SamplingOn")
        check_look(watched, width)
        part.get_by_role("button", name="Switch sampling off").click()
        expect(part).to_contain_text("SamplingOff")
        context.close()
    check_complaints(watched, origin)


@pytest.mark.parametrize("width", [1280, 390])
def test_where_spotify_sends_nobody_back_the_address_is_pasted(
    browser: Browser, origin: str, tmp_path: Path, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    more = settings(origin) | {"spotify_client_id": CLIENT_ID}
    with serve(tmp_path / "data", **more) as served, set_up(served):
        base = served.replace("127.0.0.1", "localhost")
        watched = open_page(context, base)
        page = watched.page
        log_in(page, base)
        part = page.get_by_role("region", name="Spotify")
        check_look(watched, width)
        # Whatever listens at the redirect address of this machine is not for this test.
        context.route("http://127.0.0.1:8420/**", lambda route: route.abort())
        with context.expect_page() as opened:
            part.get_by_role("link", name="Link Spotify").click()
        tab = opened.value
        with tab.expect_event("requestfailed") as failed:
            tab.get_by_role("button", name="Agree").click()
        address = failed.value.url
        assert urlsplit(address).netloc == "127.0.0.1:8420"
        tab.close()

        part.get_by_label("Address").fill("https://evil.example/?code=c&state=s")
        part.get_by_role("button", name="Link by this address").click()
        expect(page.get_by_role("alert")).to_contain_text("Paste the whole address")
        part.get_by_label("Address").fill(address)
        part.get_by_role("button", name="Link by this address").click()

        expect(page).to_have_url(f"{base}/account#spotify")
        expect(part.get_by_role("link", name="Link again")).to_be_visible()
        check_look(watched, width)
        context.close()
    check_complaints(watched, origin)
