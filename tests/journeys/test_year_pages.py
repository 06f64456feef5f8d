"""The stories of years and months, and what is known of all of them, in a real browser."""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from browsing import Watched, check_look, open_page
from explored import explored, log_in
from serving import PASSWORD

pytestmark = pytest.mark.slow

WIDTHS = (1280, 390)
API = "/api/history/users/me"


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    with explored(tmp_path) as base:
        yield base


@pytest.fixture
def ada(base: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=base, timeout=60, headers={"origin": base}) as client:
        client.post("/login", data={"name": "Ada", "password": PASSWORD})
        yield client


@pytest.mark.parametrize("width", WIDTHS)
def test_years_and_completeness_are_looked_at(browser: Browser, base: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    watched = open_page(context, base)
    page = watched.page
    log_in(page, base)
    page.get_by_role("link", name="Your latest year as a story").click()
    expect(page).to_have_url(re.compile(r"/years/20\d\d$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("hours")
    check_look(watched, width)
    with page.expect_download() as download:
        page.get_by_role("link", name="Picture to share").click()
    assert download.value.path().read_bytes().startswith(b"\x89PNG")
    with page.expect_download() as download:
        page.get_by_role("link", name="As a drawing").click()
    picture = ET.fromstring(download.value.path().read_text(encoding="utf-8"))  # noqa: S314 - our own
    first = page.locator("section", has_text="Artist of the year").locator("h2").inner_text()
    assert first[:20] in "".join(picture.itertext())
    assert "Ada" not in "".join(picture.itertext())
    page.locator("[rel=prev]").click()
    check_look(watched, width)
    look_at_months(watched, width)
    page.goto(f"{base}/years/2007")
    expect(page.get_by_text("No music was heard in 2007")).to_be_visible()
    check_look(watched, width)

    page.goto(f"{base}/compare?range=2024&other=2023")
    expect(page.get_by_role("heading", level=1)).to_contain_text("2024 and 2023")
    check_look(watched, width)
    page.get_by_label("Compare with").fill("")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("2024 and 2023")

    page.goto(base)
    page.get_by_role("link", name=re.compile("known$")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Completeness")
    check_look(watched, width)
    look_at_days(page)
    page.goto(f"{base}/completeness")
    page.locator("table.gaps a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("History")
    assert not watched.complaints
    context.close()


def look_at_months(watched: Watched, width: int) -> None:
    """Go from a year to a month of it, take its picture, and step over the turn of the year."""
    page = watched.page
    page.get_by_text("Show as a table").click()
    page.locator("table.grid").get_by_role("link", name="December").click()
    expect(page).to_have_url(re.compile(r"/years/20\d\d/12$"))
    expect(page.locator(".first-card .eyebrow")).to_contain_text("December")
    check_look(watched, width)
    with page.expect_download() as download:
        page.get_by_role("link", name="Picture to share").click()
    assert re.fullmatch(r"tonearm-20\d\d-12\.png", download.value.suggested_filename)
    assert download.value.path().read_bytes().startswith(b"\x89PNG")
    page.locator("[rel=next]").click()
    expect(page).to_have_url(re.compile(r"/years/20\d\d/01$"))
    page.locator("[rel=prev]").click()
    page.get_by_role("link", name="The month in numbers").click()
    page.get_by_role("link", name=re.compile(r"December 20\d\d as a story")).click()
    page.get_by_role("link", name="All of 20").click()
    expect(page).to_have_url(re.compile(r"/years/20\d\d$"))


def look_at_days(page: Page) -> None:
    """Follow a day of the calendar to its plays, and a missing one to its gap."""
    known = page.locator("svg[data-first='2024-01-01'] [data-look=export]")
    known.scroll_into_view_if_needed()
    box = known.bounding_box()
    assert box is not None
    pitch = box["height"] / 7
    place = {"x": 2.5 * pitch, "y": 2.5 * pitch}
    page.mouse.move(box["x"] + place["x"], box["y"] + place["y"])
    expect(page.locator("#day-said")).to_have_text(
        "Wednesday, 17 January 2024: Known from an export"
    )
    page.locator("a[href^='#gap-'] [data-look=gap]").first.click()
    expect(page).to_have_url(re.compile(r"#gap-\d+$"))
    known.click(position=place)  # type: ignore[arg-type] # a point
    expect(page).to_have_url(re.compile(r"/history\?.*range=2024-01-17$"))
    expect(page.get_by_text("Wednesday, 17 January 2024")).to_be_visible()


def test_a_session_leads_to_as_many_plays_as_it_has(ada: httpx2.Client) -> None:
    html = ada.get("/patterns?range=2024").text
    links = re.findall(
        r'href="(/history\?[^"]*session=[^"]*)">.*?</a></th><td class="n">(\d+)<', html
    )
    assert len(links) > 2
    for link, plays in links:
        listed = ada.get(link.replace("&amp;", "&")).text
        assert f"{plays}\xa0plays" in listed
        assert "one session" in listed


def test_a_year_tells_what_the_measure_does(ada: httpx2.Client) -> None:
    address = ada.get("/years").headers["location"]
    number = address.rpartition("/")[2]
    year = ada.get(f"{API}/year", params={"year": number}).json()
    html = ada.get(address).text
    assert f"{year['totals']['plays']:,}\xa0plays" in html
    for place in ("artists", "albums", "tracks"):
        for item in year[place]:
            assert f'href="/{place}/{item["id"]}?range={number}"' in html
    totals = ada.get(f"{API}/totals", params={"range": number}).json()
    assert totals["plays"] == year["totals"]["plays"]


def test_a_month_tells_what_the_measure_does(ada: httpx2.Client) -> None:
    month = ada.get(f"{API}/month", params={"month": "2024-02"}).json()
    html = ada.get("/years/2024/02").text
    assert f"{month['totals']['plays']:,}\xa0plays" in html
    for place in ("artists", "albums", "tracks"):
        for item in month[place]:
            assert f'href="/{place}/{item["id"]}?range=2024-02"' in html
    assert len(month["days"]) == 29
    for day in month["days"]:
        assert html.count(f'range={day["starts_on"]}"') > 2, "two drawings and a table"
    totals = ada.get(f"{API}/totals", params={"range": "2024-02"}).json()
    assert totals["plays"] == month["totals"]["plays"] == sum(day["plays"] for day in month["days"])
    picture = ada.get("/years/2024/02/picture.svg")
    assert picture.headers["content-disposition"] == 'inline; filename="tonearm-2024-02.svg"'
    assert "February\xa02024" in picture.text
    for address in ("/years/2024", "/years/2024/02"):
        dark = ada.get(address + "/picture.svg?theme=dark&kind=all").text
        assert ('fill="#faf7f1"' in dark, 'fill="#141210"' in dark) == (False, True)
        assert (
            f'href="{address}/picture.png?theme=dark" download="tonearm-' in ada.get(address).text
        )
        asked = f'href="{address}/picture.svg?kind=all&amp;theme=dark"'
        assert asked in ada.get(f"{address}?kind=all").text
    silent = ada.get("/years/2007/02?kind=podcast").text
    assert "No podcasts were heard in February\xa02007." in silent
    assert 'rel="next" href="/years/2007/03?kind=podcast"' in silent
    assert 'rel="prev"' not in ada.get("/years/2006/01").text
    assert 'rel="next"' not in ada.get("/years/2200/12").text
    # Links of a year's bars carry what else was asked.
    assert (
        'href="/years/2024/02?kind=all&amp;rule=any"'
        in ada.get("/years/2024?kind=all&rule=any").text
    )


def test_an_overview_leads_to_the_story_of_its_days(ada: httpx2.Client) -> None:
    ranges = {
        "2024": "/years/2024", "2024-03": "/years/2024/03", "2024-W10": "/years",
        "2024-03-01..2024-04-01": "/years", "all": "/years",
    }  # fmt: skip
    for asked, story in ranges.items():
        assert f'<p class="more"><a href="{story}">' in ada.get(f"/?range={asked}").text, asked


def test_every_gap_and_source_of_the_measure_stands_on_the_page(ada: httpx2.Client) -> None:
    known = ada.get(f"{API}/completeness").json()
    html = ada.get("/completeness").text
    assert known["items"]
    for number, gap in enumerate(known["items"], 1):
        assert f'id="gap-{number}"' in html
        assert f'href="#gap-{number}"' in html
        assert gap["remedy"] in html
    for source in known["sources"]:
        assert f'<td class="n">{source["plays"]:,}</td>' in html


def test_two_ranges_stand_side_by_side_as_the_measure_tells(ada: httpx2.Client) -> None:
    asked = {"range": "2024-05", "other": "2024-02", "limit": "8"}
    told = ada.get(f"{API}/compare", params=asked).json()
    html = ada.get("/compare?range=2024-05&other=2024-02").text
    for side in ("totals", "other_totals"):
        assert f'<td class="n">{told[side]["plays"]:,}</td>' in html
    for item in told["artists"]["movers"]:
        # What was not played in the first range leads to the second one.
        played_in = "2024-05" if item["plays"] else "2024-02"
        assert f'href="/artists/{item["id"]}?range={played_in}"' in html


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/compare?other=bogus", 422),
        ("/compare?range=all", 422),
        ("/years/1999", 404),
        ("/years/x", 404),
        ("/years?kind=bogus", 422),
        ("/years/2024?rule=bogus", 422),
        ("/years/2300/picture.svg", 404),
        ("/years/2024/13", 404),
        ("/years/2024/3", 404),
        ("/years/1999/03", 404),
        ("/years/2024/00/picture.png", 404),
        ("/years/2024/03?kind=bogus", 422),
        ("/years/2024/picture.png?theme=pink", 422),
        ("/completeness?range=bogus", 422),
    ],
)
def test_what_cannot_be_asked_is_told(ada: httpx2.Client, address: str, status: int) -> None:
    assert ada.get(address).status_code == status


def test_names_are_found_from_anywhere_by_keys_alone(browser: Browser, base: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    watched = open_page(context, base)
    page = watched.page
    log_in(page, base)
    page.keyboard.press("g")
    page.keyboard.press("a")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Artists")
    name = page.locator("table.top a.name").first.inner_text()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    check_look(watched, 1280)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("/")
    page.keyboard.type(name.upper())
    page.keyboard.press("Enter")
    artists = page.locator("section", has=page.get_by_role("heading", name="Artists"))
    expect(artists.locator("a.name").first).to_have_text(name)
    check_look(watched, 1280)
    # In a field these keys are letters.
    page.get_by_role("searchbox").fill("")
    page.keyboard.type("g?/h")
    expect(page.get_by_role("searchbox")).to_have_value("g?/h")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing you have heard is called that")).to_be_visible()
    check_look(watched, 1280)
    assert not watched.complaints
    context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_palette_goes_anywhere(browser: Browser, base: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    watched = open_page(context, base)
    page = watched.page
    log_in(page, base)
    page.goto(f"{base}/top/artists")
    name = page.locator("table.top a.name").first.inner_text()
    palette = page.get_by_role("dialog", name="Go anywhere")
    field = palette.get_by_role("combobox")
    options = palette.get_by_role("option")
    chosen = palette.get_by_role("option", selected=True)

    page.keyboard.press("Control+k")
    expect(field).to_be_focused()
    expect(options.first).to_have_text("Overview")
    assert {"Patterns", "People", "Inbox", "Account"} <= set(options.all_inner_texts())
    check_look(watched, width)
    # Pages are found by parts of their names, in the moment of typing.
    page.keyboard.type("COMP")
    expect(options.first).to_have_text("Completeness")
    expect(options.last).to_contain_text("All plays with “COMP”")
    expect(options.filter(has_text="Overview")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{base}/completeness")

    page.keyboard.press("Control+k")
    page.keyboard.type(name.upper())
    artist = options.filter(has=page.get_by_text("Artist")).filter(has_text=name).first
    expect(artist).to_be_visible()
    expect(chosen).to_have_count(1)
    expect(field).to_have_attribute("aria-activedescendant", str(chosen.get_attribute("id")))
    check_look(watched, width)
    # Up from the first one leads to the last, and down from there back to the first.
    page.keyboard.press("ArrowUp")
    expect(chosen).to_contain_text("All plays with")
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    place = options.all_inner_texts().index(artist.inner_text())
    for _ in range(place):
        page.keyboard.press("ArrowDown")
    expect(chosen).to_have_text(artist.inner_text())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    assert httpx2.URL(page.url).path.startswith("/artists/")
    assert watched.complaints == []
    context.close()


def test_the_palette_is_left_as_easily_and_hurried_safely(browser: Browser, base: str) -> None:
    context = browser.new_context(reduced_motion="reduce")
    watched = open_page(context, base)
    page = watched.page
    log_in(page, base)
    palette = page.get_by_role("dialog", name="Go anywhere")
    # Whoever types faster than anything is found is not led to what they do not mean.
    page.keyboard.press("Control+k")
    page.keyboard.type("azzzz")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/history\?q=.*zzzz$"))

    address = page.url
    page.keyboard.press("Control+k")
    page.keyboard.type("x")
    page.keyboard.press("Escape")
    expect(palette).to_be_hidden()
    page.keyboard.press("Control+k")
    expect(palette.get_by_role("combobox")).to_have_value("")
    page.keyboard.press("Control+k")
    expect(palette).to_be_hidden()
    assert page.url == address
    assert watched.complaints == []
    context.close()
