"""Tonearm as an app: what it shows without a connection, and what of a listener stays in a browser: nothing."""

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.types import Receive, Scope, Send

from browsing import check_look, open_page
from explored import explored, log_in
from serving import PASSWORD, running
from tonearm.bootstrap import create_app
from tonearm.ops.settings import Settings
from tonearm.ui.assets import STATIC_DIR, version

pytestmark = pytest.mark.slow

WIDTHS = (1280, 390)
# The addresses and the texts of whatever caches hold.
_KEPT = """async () => {
    const kept = {};
    for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const request of await cache.keys())
            kept[`${name}|${request.url}`] = await (await cache.match(request)).text();
    }
    return kept;
}"""


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    with explored(tmp_path) as base:
        yield base


def be_controlled(page: Page) -> None:
    """Wait for the worker, and load the page anew: one that was on its way when the worker began has none."""
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    page.reload()
    page.wait_for_function("navigator.serviceWorker.controller !== null")


def kept(page: Page) -> dict[str, str]:
    found: dict[str, str] = page.evaluate(_KEPT)
    return found


@pytest.mark.parametrize("width", WIDTHS)
def test_without_a_connection_a_page_says_so_and_with_one_all_is_back(
    browser: Browser, base: str, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    watched = open_page(context, base)
    page = watched.page
    log_in(page, base)
    be_controlled(page)
    page.goto(f"{base}/top/artists?range=2024")
    artist = page.locator("table.top a.name").first.inner_text()
    assert not watched.complaints

    context.set_offline(True)
    page.goto(f"{base}/top/artists?range=2024")
    expect(page.get_by_role("heading", level=1)).to_have_text("The needle is up")
    expect(page.locator("svg.groove")).to_be_visible()
    assert artist not in page.content()
    check_look(watched, width)
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The needle is up")

    page.wait_for_load_state("load")  # from then on the page hears that there is a connection
    context.set_offline(False)
    expect(page.locator("table.top a.name").first).to_have_text(artist)
    assert page.url == f"{base}/top/artists?range=2024"
    context.close()


def test_nothing_of_a_listener_is_kept_in_a_browser(browser: Browser, base: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    log_in(page, base)
    be_controlled(page)
    for path in ("/", "/history", "/years", "/account", "/api/history/users/me/top-artists"):
        page.goto(base + path)
    page.evaluate("fetch('/api/user/profile').then(answer => answer.text())")
    artist = httpx2.get(f"{base}/offline")
    assert artist.status_code == 200

    before = kept(page)
    page.goto(f"{base}/account")
    page.get_by_role("button", name="Log out", exact=True).last.click()
    expect(page).to_have_url(f"{base}/login")

    assert kept(page) == before
    addresses = {address.partition("|")[2].removeprefix(base) for address in before}
    assert {address for address in addresses if not address.startswith("/static/")} == {"/offline"}
    assert "Ada" not in "".join(before.values())
    assert (
        page.evaluate("Object.keys(localStorage).length + Object.keys(sessionStorage).length") == 0
    )
    context.close()


def test_a_new_version_takes_the_place_of_the_old_one(browser: Browser, base: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{base}/login")
    be_controlled(page)
    page.evaluate(
        "caches.open('tonearm-shell / 0123456789ab').then(cache => cache.put('/x', new Response('old')))"
    )
    page.evaluate(
        "caches.open('of somebody else').then(cache => cache.put('/x', new Response('theirs')))"
    )
    # As an older Tonearm has registered it.
    page.evaluate("navigator.serviceWorker.register('/service-worker.js?v=0123456789ab')")
    page.evaluate(
        "navigator.serviceWorker.getRegistration().then(found => found.update()).catch(() => null)"
    )
    page.goto(f"{base}/login")
    be_controlled(page)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_function(
        "version => caches.keys().then(names => names.sort().join() === `of somebody else,tonearm-shell / ${version}`)",
        arg=version(),
    )
    context.close()


def test_whoever_wants_none_of_it_is_rid_of_it(browser: Browser, base: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    watched = open_page(context, base)
    page = watched.page
    log_in(page, base)
    be_controlled(page)
    page.goto(f"{base}/account")
    box = page.get_by_label("Keep a page here")
    expect(box).to_be_checked()
    check_look(watched, 1280)
    box.uncheck()
    page.wait_for_function("caches.keys().then(names => !names.length)")
    page.goto(f"{base}/account")
    registered = "navigator.serviceWorker.getRegistration().then(found => !!found)"
    assert page.evaluate(registered) is False
    expect(box).not_to_be_checked()
    box.check()
    be_controlled(page)
    assert page.evaluate(registered) is True
    assert not watched.complaints
    context.close()


def test_it_holds_behind_the_prefix_of_a_proxy(browser: Browser, tmp_path: Path) -> None:
    options: dict[str, Any] = {"data_dir": tmp_path / "data", "database_url": ""}
    app = create_app(Settings(**options))

    async def below(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/music/"):
            scope = {**scope, "root_path": "/music"}
        await app(scope, receive, send)

    with running(below) as base:  # type: ignore[arg-type] # any app would do
        wish = {"name": "Ada", "password": PASSWORD, "zone": "UTC"}
        with httpx2.Client(base_url=f"{base}/music", timeout=60) as client:
            client.post("/api/auth/setup", json=wish).raise_for_status()
            made = client.post("/api/user/shares", json={"view": "overview"}).json()
            assert made["link"].startswith(f"{base}/music/s/")
            assert client.get(made["link"]).headers["x-robots-tag"].startswith("noindex")
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{base}/music/login")
        be_controlled(page)
        scope = "navigator.serviceWorker.ready.then(found => found.scope)"
        assert page.evaluate(scope) == f"{base}/music/"
        context.set_offline(True)
        page.goto(f"{base}/music/top/artists")
        expect(page.get_by_role("heading", level=1)).to_have_text("The needle is up")
        assert page.get_by_role("link", name="Tonearm").get_attribute("href") == "/music/"
        context.close()


def test_the_manifest_is_whole(browser: Browser, base: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{base}/login")
    address = page.locator("link[rel=manifest]").get_attribute("href")
    manifest: dict[str, Any] = httpx2.get(f"{base}{address}").json()
    told = context.new_cdp_session(page).send("Page.getAppManifest")
    assert told["errors"] == []
    assert json.loads(told["data"]) == manifest
    # Nothing stands in the way of installing it but that each test has a browser profile that leaves no trace.
    errors = context.new_cdp_session(page).send("Page.getInstallabilityErrors")
    assert [one["errorId"] for one in errors["installabilityErrors"]] == ["in-incognito"]
    # Relative, so that they hold behind a prefix too.
    places = [
        manifest["start_url"],
        manifest["scope"],
        *(one["url"] for one in manifest["shortcuts"]),
    ]
    assert all(place.startswith("../../../") for place in places)
    for icon in manifest["icons"]:
        data = (STATIC_DIR / "brand" / icon["src"]).read_bytes()
        if icon["type"] == "image/png":
            width, height = struct.unpack(">II", data[16:24])
            assert icon["sizes"] == f"{width}x{height}"
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
    context.close()
