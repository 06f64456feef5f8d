"""Podcasts and audiobooks on pages: nothing about them is called by the words of music."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from browsing import check_look, open_page
from explored import explored, log_in
from serving import PASSWORD
from tonearm.history.shared import SharedView

pytestmark = pytest.mark.slow

WORDS = re.compile(r"\b(music|songs?|artists?|albums?|tracks?)\b", re.IGNORECASE)
# What a page says of what is heard: its own texts without names, and without the ways to other pages and lanes.
SAID = """() => {
    const copy = document.querySelector("main").cloneNode(true);
    const others = "bdi, code, script, select, nav[aria-label='Rankings']";
    for (const part of copy.querySelectorAll(others)) part.remove();
    const spoken = [...copy.querySelectorAll("[aria-label], [title]")]
        .flatMap(part => [part.getAttribute("aria-label"), part.getAttribute("title")]).filter(Boolean);
    const walk = document.createTreeWalker(copy, NodeFilter.SHOW_TEXT), texts = [];
    while (walk.nextNode()) texts.push(walk.currentNode.textContent.trim());
    return [document.title, ...texts.filter(Boolean), ...spoken];
}"""
PAGES = (
    "/?range=all", "/?range=2024", "/?range=2024&by=time", "/top/artists", "/top/shows", "/top/tracks?range=2024",
    "/patterns", "/patterns?range=2024-03", "/compare?range=2024", "/years/2024", "/years/2024/03", "/years/2007",
)  # fmt: skip
OF_MUSIC = {SharedView.TOP_ALBUMS, SharedView.FIVE_ALBUMS}
SHARED = [
    view for view in SharedView if not view.item and view not in OF_MUSIC and view is not SharedView.TOP_SHOWS
]  # fmt: skip
SHARES = "/api/user/shares"
NAMES = {"podcast": ("Podcasts", "Episodes"), "audiobook": ("Audiobooks", "Chapters")}


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    with explored(tmp_path) as base:
        yield base


@pytest.fixture
def ada(base: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=base, timeout=60, headers={"origin": base}) as client:
        client.post("/login", data={"name": "Ada", "password": PASSWORD})
        yield client


def of_music(page: Page, address: str) -> list[str]:
    """Give what a page says with a word of music in it."""
    page.goto(address)
    expect(page.locator("main")).to_be_visible()
    said: list[str] = page.evaluate(SAID)
    return [text for text in said if WORDS.search(text)]


def test_what_is_spoken_has_its_own_words(browser: Browser, base: str, ada: httpx2.Client) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    watched = open_page(context, base)
    page = watched.page
    log_in(page, base)
    found: dict[str, list[str]] = {}
    for kind, names in NAMES.items():
        for path in PAGES:
            address = f"{path}{'&' if '?' in path else '?'}kind={kind}"
            found[address] = of_music(page, f"{base}{address}")
        for view in SHARED:
            span = "2024-03" if view.story == "month" else "2024"
            wish = {"view": view.value, "range": span, "kind": kind}
            link = ada.post(SHARES, json=wish).raise_for_status().json()
            found[f"{view} of {kind}"] = of_music(page, link["link"])
        # Of one show, which visitors see among plays of every kind.
        show = ada.get(f"/api/history/users/me/top-shows?kind={kind}").json()["items"][0]
        found[f"one {kind}"] = of_music(page, f"{base}/artists/{show['id']}?range=all")
        assert page.locator(".eyebrow").first.inner_text() in names[0]
        wish = {"view": "artist", "range": "all", "kind": "all", "item": show["id"]}
        link = ada.post(SHARES, json=wish).raise_for_status().json()
        found[f"one shared {kind}"] = of_music(page, link["link"])
        expect(page.get_by_role("heading", name=names[1])).to_be_visible()
        for picture in (
            f"/years/2024/picture.svg?kind={kind}",
            f"/charts/concentration.svg?kind={kind}",
        ):
            drawn = ada.get(picture).raise_for_status().text
            assert all(name in drawn for name in names), picture
            assert not re.search(r"\b(Artists|Tracks|music)\b", drawn), picture
    assert {address: said for address, said in found.items() if said} == {}


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_of_what_is_spoken_are_looked_at(browser: Browser, base: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    watched = open_page(context, base)
    page = watched.page
    log_in(page, base)
    for path in ("/?range=all&kind=podcast", "/years/2024?kind=podcast", "/patterns?kind=all"):
        page.goto(f"{base}{path}")
        check_look(watched, width)
    page.goto(f"{base}/top/shows?range=2024")
    ways = page.get_by_role("navigation", name="Rankings").get_by_role("link")
    expect(ways).to_have_text(["Artists", "Albums", "Tracks", "Shows", "Episodes"])
    expect(ways.nth(3)).to_have_attribute("aria-current", "page")
    check_look(watched, width)
    ways.nth(4).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Episodes")
    expect(ways.nth(4)).to_have_attribute("aria-current", "page")
    ways.nth(0).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Artists")
    # Where there is room, the ways to the rankings of music are beside every page.
    shown = ["Artists", "Albums", "Tracks", "Shows"] if width < 600 else []
    expect(ways).to_have_text(shown)
