"""Going from page to page in a real browser: what is swapped, what is loaded, and lists that grow."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from starlette.types import Receive, Scope, Send

from browsing import Watched, arrive, check_look, open_page
from explored import PLAYS, log_in
from serving import PASSWORD, running, set_up
from tonearm.bootstrap import create_app
from tonearm.ops.settings import Settings
from tonearm.testing.export import write_export
from tonearm.ui.formats import NBSP

pytestmark = pytest.mark.slow

_MARKED = "window.isTheSame === true"
_ROWS = "rows => rows.map(row => row.id)"


class House:
    """A served Tonearm with one listener, Ada, that knows which streams it is sending."""

    def __init__(self, folder: Path) -> None:
        options: dict[str, Any] = {"data_dir": folder / "data", "database_url": ""}
        self.app = create_app(Settings(**options))
        self.streams: Counter[str] = Counter()
        self.base = ""
        self.client = httpx2.Client(timeout=60)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        self.streams[path] += path.endswith("/live")
        try:
            await self.app(scope, receive, send)
        finally:
            self.streams[path] -= path.endswith("/live")


@contextmanager
def opened(folder: Path, plays: int) -> Iterator[House]:
    house = House(folder)
    with running(house) as house.base, set_up(house.base) as house.client:  # type: ignore[arg-type] # any app would do
        send(house, folder / "my_spotify_data.zip", plays)
        yield house


def send(house: House, export: Path, plays: int) -> None:
    write_export(export, plays=plays, seed=5, era="extended", years=3)
    with export.open("rb") as file:
        house.client.post("/api/imports", files=[("files", (export.name, file))])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened(tmp_path_factory.mktemp("visits"), PLAYS) as house:
        assert '"published"' in house.client.get("/api/imports/1/events").text
        yield house


@pytest.fixture
def visitor(browser: Browser, house: House) -> Iterator[Watched]:
    """Give the page of somebody who is logged in, marked so that a load would be noticed."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, reduced_motion="reduce", accept_downloads=True
    )
    watched = open_page(context, house.base)
    enter(watched.page, house)
    yield watched
    assert watched.complaints == []
    context.close()


def enter(page: Page, house: House) -> None:
    log_in(page, house.base)
    page.evaluate("window.isTheSame = true")


def is_the_same(page: Page) -> bool:
    return bool(page.evaluate(_MARKED))


def test_pages_are_swapped_and_told(visitor: Watched, house: House) -> None:
    page = visitor.page
    page.goto(f"{house.base}/top/artists?range=all")
    page.evaluate("window.isTheSame = true")
    page.evaluate("scrollTo(0, 700)")
    row = page.locator("table.top a.name").nth(12)
    name, before = row.inner_text(), page.title()
    row.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    assert is_the_same(page)
    assert page.title() == f"{name} · Tonearm"
    assert page.evaluate("document.activeElement.tagName") == "H1"
    page.wait_for_function("scrollY === 0")
    assert page.locator(".rail [aria-current]").count() == 0
    check_look(visitor, 1280)

    page.go_back()
    page.wait_for_function("scrollY === 700")
    assert page.title() == before
    expect(page.locator(".rail [aria-current]")).to_have_text("Artists")
    page.go_forward()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    # A form that asks is a visit too, and so are a redirect and the marks of a chart.
    page.locator(".picker > summary").click()
    page.get_by_label("From", exact=True).fill("2024-03-01")
    page.get_by_label("To", exact=True).fill("2024-03-31")
    page.get_by_role("button", name="Show", exact=True).click()
    assert page.url.endswith("?range=2024-03-01..2024-04-01")
    # A part of a page is in sight at once.
    page.evaluate("location.assign('/account#shares')")
    expect(page).to_have_url(f"{house.base}/account#shares")
    expect(page.locator("#shares")).to_be_in_viewport()
    page.locator(".rail a", has_text="Overview").click()
    page.locator("svg.groove a").nth(40).click()
    assert "range=" in page.url
    assert is_the_same(page)
    # Nothing of a listener stays in the browser's stores.
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_back_to_what_a_form_answered_is_the_page_that_the_form_is_on(
    visitor: Watched, house: House
) -> None:
    page = visitor.page
    page.goto(f"{house.base}/account/shares/new?view=overview")
    page.get_by_role("button", name="Make the link").click()
    expect(page).to_have_url(f"{house.base}/account/shares")
    page.locator(".rail a", has_text="Artists").click()
    page.go_back()
    expect(page).to_have_url(f"{house.base}/account")
    expect(page.locator("#shares")).to_be_attached()
    page.go_back()
    expect(page.get_by_role("button", name="Make the link")).to_be_visible()


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/account/shares", "/account"),
        ("/account/preferences", "/account"),
        ("/assistants/keys", "/assistants"),
        ("/people/invitations", "/people"),
        ("/artists/1/merge", "/artists/1"),
        ("/history/correct", "/history"),
        ("/imports/1/publish", "/imports/1"),
    ],
)
def test_an_address_of_a_form_leads_to_its_page(house: House, path: str, page: str) -> None:
    answer = house.client.get(house.base + path, headers={"accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, page)
    assert house.client.get(house.base + path).status_code == 405


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/?artst=5", "artst"),
        ("/top/artists?rang=2020", "rang"),
        ("/history?artst=x", "artst"),
        ("/artists/1?rang=2020", "rang"),
        ("/compare?othr=1", "othr"),
        ("/patterns?range=2020&range=2021", "range"),
    ],
)
def test_a_misspelt_address_says_so(house: House, path: str, name: str) -> None:
    answer = house.client.get(house.base + path, headers={"accept": "text/html"})
    assert answer.status_code == 422
    assert name in answer.text.partition("<main")[2]


def test_each_number_of_an_hour_leads_to_its_plays(house: House) -> None:
    html = house.client.get(f"{house.base}/patterns?range=all").text
    cells = re.findall(r'<td><a href="(/history[^"]+hour=\d+)">([\d,]+)</a></td>', html)
    of_week = [cell for cell in cells if "weekday=" in cell[0]]
    assert len(of_week) < len(cells)
    for address, number in (of_week[3], cells[-1]):
        shown = house.client.get(house.base + unescape(address)).text
        assert f"{number}{NBSP}plays" in shown


def test_keys_and_palette_go_the_same_way_once(visitor: Watched) -> None:
    page = visitor.page
    for name in ("History", "Artists", "Years", "Patterns"):
        page.locator(".rail a", has_text=name).click()
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url))
    page.keyboard.press("g")
    page.keyboard.press("h")
    expect(page.get_by_role("heading", level=1)).to_have_text("History")
    page.keyboard.press("Control+k")
    page.keyboard.type("compl")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Completeness")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    assert is_the_same(page)
    pages = [url for url in asked if "/static/" not in url and "suggestions" not in url]
    assert [httpx2.URL(url).path for url in pages] == ["/history", "/completeness"]


def test_an_error_is_shown_with_its_own_request(visitor: Watched, house: House) -> None:
    page = visitor.page
    with page.expect_response("**/artists/4000000") as asked:
        page.evaluate("location.assign('/artists/4000000')")
    assert asked.value.status == 404
    expect(page.locator("code")).to_have_text(asked.value.headers["x-request-id"])
    assert is_the_same(page)
    page.get_by_role("link", name="To the overview").click()
    assert page.url == f"{house.base}/"
    assert len(visitor.complaints) == 1  # the browser's own line about the 404
    visitor.complaints.clear()


def test_whoever_is_logged_out_meanwhile_comes_to_the_log_in(
    visitor: Watched, house: House
) -> None:
    page = visitor.page
    page.context.clear_cookies()
    page.locator(".rail a", has_text="History").click()
    page.wait_for_url(re.compile("/login"))
    assert not is_the_same(page)
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page).to_have_url(f"{house.base}/history")
    # Whoever logs out leaves nothing to go back to.
    page.locator(".rail .me").click()
    page.get_by_role("button", name="Log out", exact=True).last.click()
    expect(page).to_have_url(f"{house.base}/login")
    page.go_back()
    expect(page).to_have_url(re.compile("/login"))


def test_files_and_other_pages_are_left_to_the_browser(visitor: Watched, house: House) -> None:
    page = visitor.page
    page.goto(f"{house.base}/patterns?range=all")
    page.evaluate("window.isTheSame = true")
    page.locator(".take-along > summary").click()
    for form in ("CSV", "SVG"):
        with page.expect_download() as saved:
            page.locator(".take-along a", has_text=form).first.click()
        assert Path(saved.value.path()).stat().st_size > 0
    assert is_the_same(page)
    assert page.url == f"{house.base}/patterns?range=all"
    # A page with a style of its own comes whole, and with it the next one.
    page.get_by_role("link", name="Share this page").click()
    page.wait_for_url(re.compile("/account/shares/new"))
    page.locator("link[href*='shares.css']").wait_for(state="attached")
    assert not is_the_same(page)
    page.evaluate("location.assign('/docs')")
    page.wait_for_url("**/docs")
    page.locator("#viewer").wait_for()
    visitor.complaints.clear()  # of the viewer, on a page that is not ours


def test_without_a_connection_the_browser_asks(visitor: Watched, house: House) -> None:
    page = visitor.page
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    page.reload()
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    page.context.set_offline(True)
    page.locator(".rail a", has_text="History").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The needle is up")
    assert page.url == f"{house.base}/history"
    page.context.set_offline(False)
    expect(page.get_by_role("heading", level=1)).to_have_text("History")
    visitor.complaints.clear()  # of the requests that found no connection


def test_what_is_live_ends_with_its_page(browser: Browser, tmp_path: Path) -> None:
    # An import that has to wait is silent: no event would end its stream by itself.
    with opened(tmp_path, 100) as house:
        assert '"published"' in house.client.get("/api/imports/1/events").text
        queue = "/api/admin/queues/imports"
        house.client.patch(queue, json={"is_paused": True}).raise_for_status()
        send(house, tmp_path / "second.zip", plays=100)
        context = browser.new_context()
        watched = open_page(context, house.base)
        page = watched.page
        enter(page, house)
        page.evaluate("location.assign('/imports/2')")
        expect(page.locator(".run")).to_be_visible()
        until(page, lambda: house.streams["/imports/2/live"] == 1)
        page.locator(".rail a", has_text="Account").click()
        until(page, lambda: house.streams["/imports/2/live"] == 0)
        assert house.client.get("/api/imports/2").json()["state"] == "queued"
        assert is_the_same(page)
        house.client.patch(queue, json={"is_paused": False}).raise_for_status()
        # Whoever comes back follows it to its end, on a page that was swapped in.
        page.go_back()
        expect(page.get_by_role("link", name="See your overview")).to_be_visible(timeout=60_000)
        assert is_the_same(page)
        assert watched.complaints == []
        context.close()


def until(page: Page, is_so: Any) -> None:  # noqa: ANN401 - what is asked again and again
    for _ in range(100):
        if is_so():
            return
        page.wait_for_timeout(30)
    raise AssertionError("it never came to that")


def add_play(house: House, name: str, at: datetime) -> None:
    play = {
        "title": name,
        "artist": "Somebody new",
        "ended_at": at.isoformat(),
        "ms_played": 60_000,
    }
    house.client.post("/api/user/history", json={"plays": [play]}).raise_for_status()


def grown(page: Page, rows: str, to: int) -> list[str]:
    """Scroll to the end again and again until that many rows are there; gives their ids."""
    for _ in range(40):
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        if page.locator(rows).count() >= to:
            break
        page.wait_for_timeout(100)
    found: list[str] = page.locator(rows).evaluate_all(_ROWS)
    return found


def test_a_history_grows_to_its_last_play(visitor: Watched, house: House) -> None:
    page, rows = visitor.page, ".plays tbody tr"
    every = house.client.get("/api/user/history", params={"kind": "all"}).json()["total"]
    page.locator(".rail a", has_text="History").click()
    assert page.locator(rows).count() == 100
    page.get_by_role("checkbox").first.check()
    add_play(house, "Arrived meanwhile", datetime.now(UTC) - timedelta(minutes=1))
    found = grown(page, rows, 500)
    page.wait_for_timeout(300)
    assert len(found) == page.locator(rows).count() == 500, "it stops where a browser has enough"
    assert page.url == f"{house.base}/history?limit=500"
    expect(page.get_by_role("checkbox").first).to_be_checked()
    expect(page.locator("nav.pages [aria-live]")).to_have_text("500 plays are shown now.")
    days = page.locator("section.day").evaluate_all(_ROWS)
    assert len(days) == len(set(days))
    assert days == sorted(days, reverse=True)

    # Going back comes to where one was.
    row = page.locator(rows).nth(430)
    row.scroll_into_view_if_needed()
    place = page.evaluate("scrollY")
    row.locator(".tm a").click()
    assert "/plays/" in page.url
    page.go_back()
    expect(page.locator(rows)).to_have_count(500)
    page.wait_for_function(f"Math.abs(scrollY - {place}) < 200")

    # From there on a link leads to the next plays, which grow again, to the first play of all.
    page.goto(f"{house.base}/history?limit=500")
    found = page.locator(rows).evaluate_all(_ROWS)
    while page.get_by_role("link", name="Older plays").count():
        page.get_by_role("link", name="Older plays").click()
        page.wait_for_function("scrollY === 0")
        found += grown(page, rows, min(500, every + 1 - len(found)))
        page.wait_for_timeout(200)
    assert len(found) == len(set(found)) == every + 1


def test_a_ranking_grows_though_plays_arrive(visitor: Watched, house: House) -> None:
    page, rows = visitor.page, "table.top tbody tr"
    page.goto(f"{house.base}/top/tracks?range=all")
    before = page.locator(rows).evaluate_all(_ROWS)
    assert len(before) == 50
    # What stands last gets to the top while its list is open.
    last = page.locator(rows).last
    title = last.locator("a.name").inner_text()
    artist = last.locator("small bdi").inner_text()
    start = datetime(2020, 1, 1, tzinfo=UTC)
    plays = [
        {
            "title": title, "artist": artist, "ms_played": 60_000,
            "ended_at": (start + timedelta(minutes=3 * one)).isoformat(),
        }
        for one in range(400)
    ]  # fmt: skip
    house.client.post("/api/user/history", json={"plays": plays}).raise_for_status()
    found = grown(page, rows, 250)
    ranked = house.client.get(
        "/api/history/users/me/top-tracks", params={"range": "all", "limit": 250}
    ).json()
    assert found == [f"i{item['id']}" for item in ranked["items"]]
    assert page.url.endswith("limit=250")
    expect(page.locator("nav.pages .note")).to_contain_text("1 to 250 of")
    page.get_by_role("link", name="Places after").click()
    expect(page.locator(rows).first.locator(".rk")).to_have_text("251")


def test_a_ranking_goes_to_its_end_and_is_looked_through(visitor: Watched, house: House) -> None:
    client, address = house.client, f"{house.base}/api/history/users/me/top-tracks"
    plays = [
        {"title": f"Number {one}", "artist": "The Counted", "ms_played": 60_000,
         "ended_at": datetime(2019, 5, 1 + one // 48, one % 48 // 2, one % 2 * 30, tzinfo=UTC).isoformat()}
        for one in range(240)
    ]  # fmt: skip
    client.post(f"{house.base}/api/user/history", json={"plays": plays}).raise_for_status()
    every: list[Any] = []
    while (part := ask_tracks(client, address, len(every)))["next_cursor"]:
        every += part["items"]
    every += part["items"]
    assert [item["rank"] for item in every] == list(range(1, part["total"] + 1))
    assert len(every) > 600
    file = client.get(f"{house.base}/charts/tracks.csv?range=all&kind=music").text
    assert file.count("\n") == len(every) + 1
    page, last = visitor.page, (len(every) - 1) // 50 + 1
    page.goto(f"{house.base}/top/tracks?range=all&page={last}")
    expect(page.locator("table.top .rk").last).to_have_text(str(len(every)))
    expect(page.get_by_role("link", name="Places after")).to_have_count(0)
    beyond = client.get(f"{house.base}/top/tracks?page={last + 1}", headers={"accept": "text/html"})
    assert beyond.status_code == 404
    assert "This ranking ends before that page." in beyond.text

    # Places stay those of the whole ranking.
    word = every[600]["name"].split()[0].lower()
    assert word.isascii()
    page.goto(f"{house.base}/top/tracks?range=all")
    page.get_by_placeholder("In this ranking").fill(word)
    page.get_by_role("search", name="In this ranking").get_by_role("button").click()
    wanted = [item["rank"] for item in every if word in item["name"].lower()]
    shown = page.locator("table.top .rk").all_inner_texts()
    assert shown == [str(rank) for rank in wanted[:50]]
    found = ask_tracks(client, address, 0, q=word)
    assert [item["rank"] for item in found["items"]] == wanted[:100]
    assert found["total"] == len(wanted)
    check_look(visitor, 1280)
    page.get_by_placeholder("In this ranking").fill("nobody is called so")
    page.get_by_role("search", name="In this ranking").get_by_role("button").click()
    expect(page.locator("main .lede")).to_contain_text("Nothing in this ranking is called")
    page.get_by_role("link", name="all places").click()
    expect(page.locator("table.top .rk").first).to_have_text("1")


def ask_tracks(client: httpx2.Client, address: str, start: int, **asked: str) -> dict[str, Any]:
    cursor = {"cursor": str(start)} if start else {}
    answer = client.get(address, params={"range": "all", "limit": "100", **cursor, **asked})
    told: dict[str, Any] = answer.raise_for_status().json()
    return told


def test_all_of_it_works_without_a_script(browser: Browser, house: House) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    log_in(page, house.base)
    page.goto(f"{house.base}/history")
    first = page.locator(".plays tbody tr").first.get_attribute("id")
    page.get_by_role("link", name="Older plays").click()
    expect(page.locator(".plays tbody tr")).to_have_count(100)
    assert page.locator(".plays tbody tr").first.get_attribute("id") != first
    page.goto(f"{house.base}/top/tracks?range=all")
    page.get_by_role("link", name="Places after").click()
    expect(page.locator("table.top .rk").first).to_have_text("51")
    context.close()


@pytest.mark.parametrize("width", [390, 360])
def test_phones_have_every_page_two_taps_away(browser: Browser, house: House, width: int) -> None:
    context: BrowserContext = browser.new_context(
        viewport={"width": width, "height": 780}, reduced_motion="reduce"
    )
    watched = open_page(context, house.base)
    page = watched.page
    enter(page, house)
    rail = page.locator(".rail li a").evaluate_all("links => links.map(link => link.pathname)")
    more = page.get_by_role("button", name="More")
    more.click()
    sheet = page.locator("#places")
    check_look(watched, width)
    listed = sheet.locator("a").evaluate_all("links => links.map(link => link.pathname)")
    assert set(rail) | {"/search", "/account"} <= set(listed)
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    more.click()
    sheet.get_by_role("link", name="Years").click()
    arrive(page)
    assert "/years" in page.url
    expect(sheet).to_be_hidden()
    assert more.get_attribute("aria-current") == "true"
    assert is_the_same(page)
    assert watched.complaints == []
    context.close()
