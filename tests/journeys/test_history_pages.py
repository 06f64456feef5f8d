"""Looking through a history and setting it right, in a real browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from browsing import Watched, check_look, open_page
from explored import explored, log_in
from serving import PASSWORD
from tonearm.ui import formats

pytestmark = pytest.mark.slow

WIDTHS = (1280, 390)


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    with explored(tmp_path) as base:
        yield base


def count_of(page: Page) -> int:
    """Give how many plays the history says that it lists."""
    return int(re.sub(r"\D", "", page.locator(".finding").inner_text().partition("play")[0]))


@pytest.mark.parametrize("width", WIDTHS)
def test_a_history_is_looked_through_and_set_right(browser: Browser, base: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    watched = open_page(context, base)
    page = watched.page
    log_in(page, base)
    page.get_by_role("link", name="History").and_(page.locator(":visible")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("History")
    check_look(watched, width)
    every = count_of(page)
    page_on(page)
    artist = hide_two(watched, every, width)
    find(watched, artist, width)
    look_at_one(watched, width)
    merge(watched, width)
    assert not watched.complaints
    context.close()


def page_on(page: Page) -> None:
    """Go on to older plays, and back to the newest."""
    first = page.locator(".plays tbody tr").first
    newest = first.get_attribute("id")
    page.get_by_role("link", name="Older plays").click()
    assert "cursor=" in page.url
    assert first.get_attribute("id") != newest
    page.get_by_role("link", name="Newest").click()
    assert first.get_attribute("id") == newest


def hide_two(watched: Watched, every: int, width: int) -> str:
    """Hide the first two plays, take that back, and do it again; gives the artist of the first."""
    page = watched.page
    first = page.locator(".plays tbody tr").first
    artist = first.locator("small a").first.inner_text()
    for _ in range(2):
        expect(page.get_by_role("button", name="Hide")).to_be_hidden()
        page.get_by_role("checkbox").nth(0).check()
        page.get_by_role("checkbox").nth(1).check()
        expect(page.get_by_text("2 plays ticked:")).to_be_visible()
        check_look(watched, width)
        page.get_by_role("button", name="Hide").click()
        expect(page.get_by_role("status")).to_contain_text(re.compile(r"2\splays hidden"))
        assert count_of(page) == every - 2
        check_look(watched, width)
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_role("status")).to_have_count(0)
        assert count_of(page) == every
    page.get_by_role("checkbox").nth(0).check()
    page.get_by_role("button", name="Delete").click()
    assert count_of(page) == every - 1
    page.get_by_role("link", name="Corrections").click()
    expect(page.get_by_text(re.compile(r"1\splay deleted"))).to_be_visible()
    expect(page.get_by_text("undone")).to_have_count(2)
    check_look(watched, width)
    page.get_by_role("button", name="Undo correction 3").click()
    page.goto(f"{watched.base}/history")
    assert count_of(page) == every
    return artist


def find(watched: Watched, artist: str, width: int) -> None:
    """Look for an artist's name, and for a name that nobody has."""
    page = watched.page
    page.get_by_role("searchbox").fill(artist.upper())
    page.get_by_role("button", name="Search").click()
    shown = page.locator(".plays tbody tr").count()
    assert 0 < shown <= count_of(page)
    for text in page.locator(".plays tbody th").all_inner_texts():
        assert artist.casefold() in text.casefold()
    page.get_by_role("searchbox").fill("nobody is called this")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("Nothing here with these words")).to_be_visible()
    check_look(watched, width)
    page.get_by_role("link", name="all of your plays").click()


def look_at_one(watched: Watched, width: int) -> None:
    """Open a play, then its track, album and artist, and from the artist's bars the plays behind one."""
    page = watched.page
    page.locator(".plays .tm a").first.click()
    expect(page.get_by_role("heading", level=2)).to_have_text(re.compile(r"Seen by 1\ssource"))
    check_look(watched, width)
    page.get_by_role("heading", level=1).get_by_role("link").click()
    expect(page.locator(".eyebrow")).to_have_text("Track")
    check_look(watched, width)
    for place, word in (("albums", "Album"), ("artists", "Artist")):
        page.locator(f'.portrait a[href*="/{place}/"]').click()
        expect(page.locator(".eyebrow")).to_have_text(word)
        check_look(watched, width)
    counted = int(re.sub(r"\D", "", page.locator(".facts dd").first.inner_text()))
    months = page.locator("section", has_text="Month by month")
    months.get_by_text("Show as a table").click()
    line = months.locator("tbody tr").first
    plays = int(re.sub(r"\D", "", line.locator("td").last.inner_text()))
    assert 0 < plays <= counted
    line.get_by_role("link").click()
    expect(page.locator(".chips a")).to_have_count(2)
    assert count_of(page) == page.locator(".plays tbody tr").count() == plays
    page.locator(".chips a").first.click()
    page.locator(".chips a").click()
    expect(page.locator(".chips a")).to_have_count(0)


def merge(watched: Watched, width: int) -> None:
    """Merge the second artist into the first, mistyping the name at first, and take it back."""
    page, base = watched.page, watched.base
    page.goto(f"{base}/top/artists")
    links = page.locator("table.top a.name")
    second = links.nth(1).inner_text()
    links.first.click()
    address = page.url
    before = int(re.sub(r"\D", "", page.locator(".facts dd").first.inner_text()))
    page.get_by_text("Correct this artist").click()
    page.get_by_label("The same as this").fill("nobody is called this")
    watched.complaints.clear()
    page.get_by_role("button", name="Merge it into this").click()
    expect(page.get_by_role("alert")).to_contain_text("There is no artist")
    # The browser tells of the answer 422 by itself.
    watched.complaints.clear()
    check_look(watched, width)
    page.get_by_label("The same as this").fill(second)
    page.get_by_role("button", name="Merge it into this").click()
    expect(page.get_by_role("status")).to_contain_text("part of the artist")
    assert int(re.sub(r"\D", "", page.locator(".facts dd").first.inner_text())) > before
    check_look(watched, width)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_have_count(0)
    assert page.url.partition("?")[0] == address.partition("?")[0]
    assert int(re.sub(r"\D", "", page.locator(".facts dd").first.inner_text())) == before
    page.get_by_text("Correct this artist").click()
    page.get_by_role("button", name="Leave this artist out").click()
    expect(page.get_by_text(re.compile("Left out: plays of "))).to_be_visible()
    assert httpx2.URL(page.url).path == "/corrections"


@pytest.fixture
def ada(base: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=base, timeout=60, headers={"origin": base}) as client:
        client.post("/login", data={"name": "Ada", "password": PASSWORD})
        yield client


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/history?weekday=9", 422, "weekday"),
        ("/history?hour=noon", 422, "hour"),
        ("/history?counted=maybe", 422, "counted"),
        ("/history?cursor=bogus", 422, "cursor"),
        ("/history?range=bogus", 422, "range"),
        ("/history?artist=999999", 422, "There is no artist"),
        ("/history?done=1", 200, "History"),
        ("/history?done=x", 422, "done"),
        ("/history?done=9223372036854775808", 422, "done"),
        ("/plays/1?done=0", 422, "done"),
        ("/history?weekday=1.0&hour=1e0", 200, "Tuesday"),
        ("/history?weekday=null&platform=null", 200, "History"),
        ("/history?artist=%00", 422, "artist"),
        ("/history?range=9999-12-31", 422, "range"),
        ("/plays/4294967295", 404, "no play"),
        ("/plays/x", 404, "not found"),
        ("/artists/999999", 404, "no artist"),
        ("/albums/0", 404, "not found"),
        ("/singers/1", 404, "not found"),
        ("/corrections?before=0", 422, "before"),
        ("/top/shows?kind=music", 200, "Shows"),
    ],
)
def test_what_cannot_be_asked_is_told(
    ada: httpx2.Client, address: str, status: int, said: str
) -> None:
    answer = ada.get(address)
    assert answer.status_code == status, answer.text
    assert said.casefold() in answer.text.casefold()


@pytest.mark.parametrize(
    ("back", "place"),
    [
        ("/history?range=2024&done=7", "/history?range=2024&done="),
        ("//evil.example/x", "/?done="),
        ("https://evil.example/x", "/?done="),
        ("javascript:alert(1)", "/?done="),
        ("/\\evil.example", "/?done="),
        ("/history\r\nset-cookie: x=1", "/?done="),
    ],
)
def test_whoever_corrects_is_led_back_to_this_site_only(
    ada: httpx2.Client, back: str, place: str
) -> None:
    answer = ada.post("/history/correct", data={"deed": "hide", "plays": "1", "back": back})
    assert answer.status_code == 303
    assert re.fullmatch(re.escape(place) + r"\d+", answer.headers["location"])


def test_nothing_ticked_changes_nothing_and_unknown_plays_and_deeds_are_told(
    ada: httpx2.Client,
) -> None:
    assert ada.post("/history/correct", data={"deed": "hide"}).headers["location"] == "/history"
    far = ada.post("/history/exclude", data={"to_day": "9999-12-31", "from_day": "9999-12-30"})
    assert far.status_code in {303, 422}
    for wrong in ({"deed": "burn", "plays": "1"}, {"deed": "hide", "plays": "4294967295"}):
        answer = ada.post("/history/correct", data=wrong)
        assert answer.status_code in {404, 422}, answer.text
    assert "Nothing corrected" in ada.get("/corrections").text


def test_a_form_that_is_sent_twice_hides_once_and_one_undo_takes_it_back(
    ada: httpx2.Client,
) -> None:
    play = ada.get("/api/history/users/me/plays?limit=1").json()["items"][0]["id"]
    wish = {"deed": "hide", "plays": str(play)}
    sent = [ada.post("/history/correct", data=wish).headers["location"] for _ in range(2)]
    address = "/api/history/users/me/corrections"
    again = ada.post(address, json={"hide": {"plays": [play]}})
    made = ada.get(address).json()["items"]

    assert sent == ["/history?done=1"] * 2
    assert (again.status_code, again.headers["location"]) == (200, f"{address}/1")
    assert [again.json()] == made
    assert ada.get(f"/api/history/users/me/plays/{play}").json()["play"]["hidden"] is True
    assert ada.post("/corrections/1/undo").status_code == 303
    assert ada.get(f"/api/history/users/me/plays/{play}").json()["play"]["hidden"] is False


def test_a_filter_becomes_a_rule(ada: httpx2.Client) -> None:
    api = "/api/history/users/me"
    before = ada.get(f"{api}/totals?kind=all&rule=any").json()["plays"]
    asked = "kind=all&rule=any&counted=in&weekday=6&limit=1"
    of_sundays = ada.get(f"{api}/plays?{asked}").json()["total"]
    page = ada.get("/history?weekday=6").text
    assert "Make this a rule" in page
    assert "Make this a rule" not in ada.get("/history?q=a&weekday=6").text

    # What no rule can say is refused: without it the rule would leave out more than was listed.
    rules = ada.get("/api/history/users/me/corrections").json()["items"]
    refused = ada.post("/history/exclude", data={"weekday": "6", "trait": "skipped"})
    assert refused.status_code == 422
    assert "trait" in refused.text
    assert ada.get("/api/history/users/me/corrections").json()["items"] == rules
    answer = ada.post("/history/exclude", data={"weekday": "6", "back": "/corrections"})

    assert answer.headers["location"] == "/corrections"
    after = ada.get(f"{api}/totals?kind=all&rule=any").json()["plays"]
    assert after == before - of_sundays
    assert "Left out: plays on Sunday" in ada.get("/corrections").text


def test_pages_of_a_history_are_their_listeners_alone(base: str, ada: httpx2.Client) -> None:
    link = ada.post("/api/admin/invitations", json={"role": "listener"}).json()["link"]
    assert ada.get("/plays/1").status_code == 200
    with httpx2.Client(base_url=base, timeout=60) as bob:
        invitation = httpx2.URL(link).params["invitation"]
        wish = {"name": "Bob", "password": PASSWORD, "zone": "UTC", "invitation": invitation}
        bob.post("/api/auth/register", json=wish).raise_for_status()
        for address in ("/plays/1", "/artists/1", "/albums/1", "/tracks/1"):
            assert bob.get(address).status_code == 404
        answer = bob.post(
            "/history/correct", data={"deed": "hide", "plays": "1"}, headers={"origin": base}
        )
        assert answer.status_code in {404, 422}
    with httpx2.Client(base_url=base) as nobody:
        assert nobody.get("/history").headers["location"].startswith("/login")


@pytest.mark.parametrize("width", WIDTHS)
def test_patterns_lead_to_the_plays_behind_them(browser: Browser, base: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    watched = open_page(context, base)
    page = watched.page
    log_in(page, base)
    page.get_by_role("link", name="All patterns").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Patterns")
    expect(page.get_by_role("heading", level=2)).to_have_count(10)
    check_look(watched, width)
    row = page.locator("section", has_text="On what").locator(".shares tbody tr").first
    plays = int(re.sub(r"\D", "", row.locator(".visually-hidden").text_content() or ""))
    row.get_by_role("link").click()
    expect(page.locator(".chips a")).to_have_count(2)
    assert count_of(page) == plays
    page.go_back()
    for drawing in ("svg.heat", "svg.hours"):
        mark = page.locator(f"{drawing} g[aria-hidden] a").nth(20)
        said = mark.locator("title").text_content() or ""
        mark.click()
        assert count_of(page) == int(re.sub(r"\D", "", said.rpartition(":")[2]))
        page.go_back()
    mark = page.locator("svg.curve g[aria-hidden] a", has_text=f"Tracks 1{formats.TO}100:")
    mark.locator(".dot").click()
    expect(page.locator("table.top tbody tr")).to_have_count(100)
    page.go_back()
    page.locator("svg.new-artists g[aria-hidden] a").first.click()
    expect(page.locator(".head .eyebrow")).to_have_text(re.compile(r"^[A-Z][a-z]+\s\d{4}$"))
    assert re.search(r"/patterns\?range=\d{4}-\d\d$", page.url)
    page.go_back()
    for table in page.get_by_text("Show as a table").all():
        table.click()
    expect(page.locator("details[open] table.grid")).to_have_count(8)
    check_look(watched, width)
    page.locator("section", has_text="Days in a row").locator("tbody a").first.click()
    assert count_of(page) > 0
    page.go_back()
    new = page.locator("section", has_text="New and found again").locator("table.grid td a").first
    number = int(new.text_content() or "")
    page.goto(f"{base}{new.get_attribute('href')}")
    expect(page.locator(".chips")).to_contain_text("first of an artist")
    assert count_of(page) == number
    page.go_back()
    skipped = page.locator("section", has_text="Skipped most").locator("table.list td a").first
    skips = int(re.sub(r"\D", "", skipped.inner_text()))
    skipped.click()
    expect(page.locator(".chips")).to_contain_text("skipped before half")
    assert count_of(page) == skips
    page.goto(f"{base}/patterns?range=1999")
    expect(page.get_by_text("Nothing was played in this time")).to_be_visible()
    check_look(watched, width)
    assert not watched.complaints
    context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_an_item_has_its_places_and_company_and_another_name(
    browser: Browser, base: str, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    watched = open_page(context, base)
    page = watched.page
    log_in(page, base)
    page.goto(f"{base}/top/artists?range=all")
    page.locator("table.top a.name").first.click()
    item, old = httpx2.URL(page.url).path, page.get_by_role("heading", level=1).inner_text()
    look_at_places(page, item)
    look_at_company(page, old)
    check_look(watched, width)

    page.get_by_text("Correct this artist").click()
    field = page.get_by_label("What to call it")
    expect(field).to_have_value(old)
    page.get_by_role("button", name="Rename it").click()
    expect(page.get_by_role("alert")).to_contain_text(f"It is called '{old}' already.")
    watched.complaints.clear()  # of the answer 422
    check_look(watched, width)
    new = "Ünïted & <b>Söhne</b>"
    field.fill(new)
    page.get_by_role("button", name="Rename it").click()
    expect(page.get_by_role("status")).to_contain_text(
        f"\u2068{old}\u2069: called \u2068{new}\u2069"
    )
    expect(page.get_by_role("heading", level=1)).to_have_text(new)
    check_look(watched, width)
    for address in ("/top/artists?range=all", "/", f"/search?q={old}", "/search?q=söhne"):
        page.goto(f"{base}{address}")
        expect(page.locator(f'main a[href*="{item}"]').first).to_have_text(new)
    page.goto(f"{base}/corrections")
    expect(page.get_by_role("main")).to_contain_text(f"\u2068{old}\u2069: called \u2068{new}\u2069")
    page.goto(f"{base}{item}")
    page.get_by_text("Correct this artist").click()
    page.get_by_label("What to call it").fill("Somebody else")
    page.get_by_role("button", name="Rename it").click()
    # What is undone here is the last name alone.
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_have_text(new)
    assert httpx2.URL(page.url).path == item
    assert watched.complaints == []
    context.close()


def look_at_places(page: Page, item: str) -> None:
    """Read the place of every year, the newest first, and follow one to the plays of its year."""
    part = page.get_by_role("region", name="Place by year")
    expect(part.locator(".finding")).to_contain_text(
        re.compile(r"At best place \d+ of \d+, in 20\d\d")
    )
    lines = part.locator("tbody tr")
    years = [int(line.inner_text()) for line in lines.locator("th").all()]
    assert years == sorted(years, reverse=True)
    places = [re.findall(r"\d+", text) for text in lines.locator("td.n").all_inner_texts()]
    best = min(int(place[0]) for place in places if place)
    expect(part.locator(".finding b")).to_have_text(str(best))
    plays = int(re.sub(r"\D", "", lines.first.locator(".visually-hidden").first.inner_text()))
    lines.first.get_by_role("link").click()
    assert count_of(page) == plays > 0
    page.go_back()
    assert httpx2.URL(page.url).path == item


def look_at_company(page: Page, name: str) -> None:
    """Read who is heard in the same sessions, closest first, and go to the closest."""
    part = page.get_by_role("region", name="Heard together")
    expect(part.locator(".finding")).to_contain_text(re.compile(r"Heard in \d+\ssessions?\."))
    shares = [int(text.strip("<\u00a0%")) for text in part.locator("td.n").all_inner_texts()]
    assert shares == sorted(shares, reverse=True)
    links = part.locator("th a")
    assert name not in links.all_inner_texts()
    for text in part.locator("th small").all_inner_texts():
        both, whole = map(int, re.findall(r"\d+", text.replace(",", ""))[-2:])
        assert 0 < both <= whole
    other = links.first.inner_text()
    links.first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(other)
    # Closeness is the same from either side.
    back = page.get_by_role("region", name="Heard together").locator("tbody tr", has_text=name)
    if back.count():
        expect(back.locator("td.n")).to_have_text(re.compile(rf"^{shares[0]}\s%$"))
    page.go_back()


def test_two_artists_of_one_name_are_told_apart_on_their_page(browser: Browser, base: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 900}, reduced_motion="reduce")
    watched = open_page(context, base)
    page = watched.page
    log_in(page, base)
    page.goto(f"{base}/top/artists?range=all")
    page.locator("table.top a.name").nth(2).click()
    item, name = httpx2.URL(page.url).path, page.get_by_role("heading", level=1).inner_text()
    before = int(re.sub(r"\D", "", page.locator(".facts dd").first.inner_text()))
    rules = page.locator("section", has_text="What counts as a play").locator("tbody tr")
    expect(rules).to_have_count(4)
    every = int(re.sub(r"\D", "", rules.last.locator("td.n").inner_text()))
    rules.last.get_by_role("link").click()
    assert count_of(page) == every >= before
    page.goto(f"{base}{item}")

    page.get_by_text("Correct this artist").click()
    field = page.get_by_label("Who it is by")
    field.fill("Another band")
    page.get_by_role("button", name="Split it off").click()
    expect(page.get_by_role("alert")).to_contain_text("Name at least one track.")
    watched.complaints.clear()  # of the answer 422
    check_look(watched, 390)
    page.get_by_label("Who it is by").fill("Another band")
    page.locator('#correct input[name="albums"]').first.check()
    page.get_by_role("button", name="Split it off").click()
    expect(page.get_by_role("status")).to_contain_text("by \u2068Another band\u2069")
    page.locator('.by a[href*="/artists/"]').click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Another band")
    moved = int(re.sub(r"\D", "", page.locator(".facts dd").first.inner_text()))
    page.goto(f"{base}{item}")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    left = int(re.sub(r"\D", "", page.locator(".facts dd").first.inner_text()))
    assert moved > 0
    assert left + moved == before
    assert watched.complaints == []
    context.close()
