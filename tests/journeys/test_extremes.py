"""Names and histories that no picture was drawn for, on every page, in a real browser."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from playwright.sync_api import Browser, expect

from assisting import row
from browsing import check_width, open_page
from explored import log_in
from serving import PASSWORD, serve, set_up

pytestmark = pytest.mark.slow

THAI = "เพลงที่ยาวมากจนไม่มีที่ให้จบ"
NAMES = (
    (THAI * 7 + THAI[:4], "วงดนตรี" * 20),
    ("أغنية طويلة بلا نهاية (الجزء الأول)", "فرقة الليل"),
    ("שיר ערב", "להקת הים & the <b>Waves</b>"),
    ("<script>document.title = 'taken'</script>", "'\"><img src=x onerror=alert(1)>"),
    ("Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamter" * 3, "O" * 200),
    ("👩‍👩‍👧‍👦🏳️‍🌈" * 10, "\u202eesrever\u202c"),
    (" ", "\u200b"),
    ("\u2800", "\u3164\u3164"),
)
LONGEST = NAMES[0][0]
RANGE = "2024-03-01..2024-04-01"
UNSEEN_LINKS = r"""links => links
    .filter(link => !/[^\p{C}\p{Z}\p{Mn}\u2800\u3164\uffa0]/u.test(link.getAttribute("aria-label") ?? link.textContent))
    .map(link => link.outerHTML)"""
"""Finds the links in which there is nothing to see."""
PAGES = (
    "/",
    "/?range=2024-03",
    *(f"/top/{item}?range=2024" for item in ("artists", "albums", "tracks", "shows")),
    "/history?range=2024",
    "/history?q=%E0%B9%80%E0%B8%9E%E0%B8%A5%E0%B8%87",
    "/patterns?range=2024",
    "/years/2024",
    "/years/2024/03",
    "/completeness",
    f"/compare?range={RANGE}",
    "/search?q=a",
    "/imports/1",
    "/imports/1/ledger",
    "/corrections",
)


@contextmanager
def listening_to(rows: list[dict[str, Any]], folder: Path) -> Iterator[str]:
    """Serve a listener, Ada, of some rows; gives the base URL."""
    files = {"files": ("Streaming_History_Audio_2024.json", msgspec.json.encode(rows))}
    with serve(folder / "data") as base, set_up(base) as client:
        client.post("/api/imports", files=files).raise_for_status()
        assert '"published"' in client.get("/api/imports/1/events").text
        yield base


def test_200_letters_of_thai_are_what_is_tried() -> None:
    assert len(LONGEST) == 200


@pytest.mark.parametrize("width", [1280, 360])
def test_names_of_any_length_script_and_markup_stay_in_their_place(
    browser: Browser, tmp_path: Path, width: int
) -> None:
    rows = [
        row(f"2024-03-{day:02}T{9 + number:02}:{day:02}:00Z", title, artist, number)
        for number, (title, artist) in enumerate(NAMES)
        for day in range(1, 4 + number)
    ]
    with listening_to(rows, tmp_path) as base:
        look(browser, base, width, [*PAGES, *items_of(1, 2, 4, 5, 8)])


def test_a_name_of_nothing_visible_is_told_in_words_and_kept_as_it_is(tmp_path: Path) -> None:
    rows = [row(f"2024-03-0{day}T09:00:00Z", "\u3164", "\u2800", 1) for day in (1, 2, 3)]
    address = "/api/history/users/me/top-tracks"
    with listening_to(rows, tmp_path) as base, as_ada(base) as client:
        for path in ("/", "/top/artists", "/history", "/years/2024", "/search?q=%E3%85%A4"):
            html = client.get(path).text
            assert "Without a" in html, path
            assert not re.search(r"<bdi[^>]*>[\u3164\u2800]*</bdi>", html), path
        assert "Without a name" in client.get("/search/suggestions?q=%E3%85%A4").text
        assert "Without a name" in client.get("/years/2024/03/picture.svg").text
        wish = {"view": "track", "item": 1, "title": "\u3164", "kind": "all"}
        made = client.post("/api/user/shares", json=wish).raise_for_status().json()
        assert made["share"]["title"] == ""
        assert "Without a name" in client.get(made["link"]).text
        # Programs get what the export holds.
        (item,) = client.get(address).raise_for_status().json()["items"]
        assert (item["name"], item["artist"]) == ("\u3164", "\u2800")
        assert ",\u3164,\u2800," in client.get("/charts/tracks.csv?range=2024").text


@contextmanager
def as_ada(base: str) -> Iterator[httpx2.Client]:
    """Give a client that is logged in."""
    with httpx2.Client(base_url=base, timeout=60, headers={"origin": base}) as client:
        client.post("/login", data={"name": "Ada", "password": PASSWORD})
        yield client


@pytest.mark.parametrize("width", [1280, 390])
def test_a_single_play_fills_every_page(browser: Browser, tmp_path: Path, width: int) -> None:
    with listening_to([row("2024-03-05T09:00:00Z", "Only", "One", 1)], tmp_path) as base:
        look(browser, base, width, [*PAGES, *items_of(1)])


def items_of(*numbers: int) -> list[str]:
    kinds = ("artists", "albums", "tracks")
    return ["/plays/1", *(f"/{kind}/{number}" for kind in kinds for number in numbers)]


def look(browser: Browser, base: str, width: int, paths: list[str]) -> None:
    """Expect every page to be whole, well laid out, and none of the names to be taken for markup."""
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    watched = open_page(context, base)
    page = watched.page
    log_in(page, base)
    for path in paths:
        answer = page.goto(base + path)
        assert answer is not None, path
        assert answer.status == 200, path
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert page.title() != "taken", path
        assert not page.locator("img[src=x], main b:text-is('Waves')").count(), path
        assert page.locator("main a:not(svg a)").evaluate_all(UNSEEN_LINKS) == [], path
        check_width(watched, width)
        assert not watched.complaints, (path, watched.complaints)
    context.close()
