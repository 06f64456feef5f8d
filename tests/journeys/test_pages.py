"""A person's way through the pages, in a real browser: set-up, import, overview, undo."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from browsing import Watched, check_look, open_page
from serving import PASSWORD, serve
from tonearm.testing.export import write_export

pytestmark = pytest.mark.slow

PLAYS = 3_000
WIDTHS = (1280, 390)


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "my_spotify_data.zip"
    write_export(path, plays=PLAYS, seed=5, era="extended", years=3)
    return path


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    with serve(tmp_path / "data") as base:
        yield base


def pass_set_up(page: Page, base: str) -> None:
    page.goto(base)
    expect(page).to_have_url(f"{base}/setup")
    expect(page.get_by_label("Time zone")).to_have_value("Pacific/Auckland")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Begin").click()
    expect(page.locator("#key")).to_have_text(re.compile("^tnrm_"))


def import_export(page: Page, export: Path) -> None:
    page.locator('input[type="file"]').set_input_files(export)
    page.get_by_role("button", name="Look inside first").click()
    # The page follows the import by itself, from the queue to its end.
    expect(page.get_by_role("button", name="Import this")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Import this").click()
    expect(page.get_by_role("link", name="See your overview")).to_be_visible(timeout=60_000)


@pytest.mark.parametrize("width", WIDTHS)
def test_from_the_first_visit_to_the_overview_and_back(
    browser: Browser, base: str, export: Path, width: int
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        timezone_id="Pacific/Auckland",
        reduced_motion="reduce",
    )
    watched = open_page(context, base)
    page = watched.page
    pass_set_up(page, base)
    check_look(watched, width)
    page.goto(f"{base}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your years go here")
    check_look(watched, width)
    page.get_by_role("link", name="Import an export").click()
    check_look(watched, width)

    import_export(page, export)
    check_look(watched, width)
    counts = page.locator("table.counts")
    rows = [int(text.replace(",", "")) for text in counts.locator("tbody td.n").all_inner_texts()]
    assert sum(rows) == int(counts.locator("tfoot td.n").inner_text().replace(",", ""))
    page.get_by_role("link", name="Browse every row").click()
    expect(page.locator("table.ledger tbody tr")).to_have_count(100)
    page.get_by_role("link", name="Rows after").click()
    expect(page.locator("table.ledger tbody tr")).to_have_count(100)
    check_look(watched, width)

    page.goto(f"{base}/?range=all")
    expect(page.get_by_role("heading", level=1)).to_contain_text("hours")
    check_look(watched, width)
    check_groove(page)
    for ranking in ("artists", "albums", "tracks"):
        page.goto(f"{base}/top/{ranking}?range=all&by=time")
        places = page.locator("table.top tbody tr").count()
        assert places > 0
        # What was never heard for long enough to count has no line.
        silent = page.locator("table.top tbody tr", has_text=re.compile(r"\b0\splays")).count()
        assert page.locator("table.top svg.spark").count() == places - silent
        check_look(watched, width)
    change_preferences(watched, base, width)
    undo(page, base)
    assert not watched.complaints
    context.close()


def check_groove(page: Page) -> None:
    """Expect every segment of the record in its table, and one click to open its days."""
    marks = page.locator("svg.groove a")
    drawn = marks.evaluate_all("links => links.map(link => link.getAttribute('href'))")
    listed = page.locator(".data.year tbody a").evaluate_all(
        "links => links.map(link => link.getAttribute('href'))"
    )
    assert sorted(drawn) == sorted(listed)
    marks.nth(len(drawn) // 2).click()
    assert urlsplit(page.url).query == drawn[len(drawn) // 2].partition("?")[2]
    expect(page.locator("svg.groove .near a")).to_have_count(1)


def change_preferences(watched: Watched, base: str, width: int) -> None:
    """Count everything that was played at all: the overview shows it with the next request."""
    page = watched.page

    def plays() -> int:
        page.goto(f"{base}/?range=all")
        said = page.get_by_role("heading", level=1).locator("em").inner_text()
        return int(re.sub(r"\D", "", said))

    before = plays()
    page.goto(f"{base}/account")
    check_look(watched, width)
    page.get_by_label("What counts as a play").select_option("any")
    page.get_by_label("I travel").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    expect(page.get_by_label("What counts as a play")).to_have_value("any")
    expect(page.get_by_label("I travel")).to_be_checked()
    assert plays() > before


def undo(page: Page, base: str) -> None:
    page.goto(f"{base}/imports/1")
    page.get_by_role("link", name="Undo this import").click()
    page.get_by_role("button", name="Undo the import").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Undone")
    page.goto(f"{base}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your years go here")


def test_everything_works_without_scripts(browser: Browser, base: str, export: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    watched = open_page(context, base)
    page = watched.page
    page.goto(base)
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("link", name="Go on to your first import").click()
    page.locator('input[type="file"]').set_input_files(export)
    page.get_by_role("button", name="Import at once").click()
    # Without a script the page asks again every few seconds.
    page.get_by_role("link", name="See your overview").wait_for(timeout=60_000)
    page.get_by_role("link", name="See your overview").click()
    page.locator(".picker > summary").click()
    page.get_by_label("From", exact=True).fill("2024-03-06")
    page.get_by_label("To", exact=True).fill("2024-03-04")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page).to_have_url(f"{base}/?range=2024-03-04..2024-03-07")
    page.goto(f"{base}/account")
    page.get_by_role("button", name="Log out").click()
    expect(page).to_have_url(f"{base}/login")
    page.goto(f"{base}/top/tracks?range=2024")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill("not this one at all")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_have_text("Name or password is wrong.")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(f"{base}/top/tracks?range=2024")
    context.close()


def delay(route: Route) -> None:
    time.sleep(0.7)
    route.continue_()


def test_an_import_is_followed_however_late_its_scripts_come(
    browser: Browser, base: str, export: Path
) -> None:
    context = browser.new_context()
    pass_set_up_quietly(context, base)
    for script in ("htmx.min.js", "hx-sse.min.js"):
        context.unroute_all()
        context.route(f"**/{script}", delay)
        page = context.new_page()
        page.goto(f"{base}/imports")
        page.locator('input[type="file"]').set_input_files(export)
        page.get_by_role("button", name="Look inside first").click()
        expect(page.get_by_role("button", name="Import this")).to_be_visible(timeout=30_000)
    context.close()


def test_errors_are_pages_that_name_their_request(browser: Browser, base: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    pass_set_up_quietly(context, base)
    for path, status in (
        ("/nothing", 404), ("/imports/77", 404), ("/imports/abc", 404), ("/?range=bogus", 422),
    ):  # fmt: skip
        answer = page.goto(f"{base}{path}")
        assert answer is not None
        assert answer.status == status
        expect(page.locator("code")).to_have_text(answer.headers["x-request-id"])
    context.close()


def pass_set_up_quietly(context: BrowserContext, base: str) -> None:
    wish = {"name": "Ada", "password": PASSWORD, "zone": "UTC"}
    assert context.request.post(f"{base}/api/auth/setup", data=wish).ok


def test_overview_is_light_enough(browser: Browser, base: str, export: Path) -> None:
    context = browser.new_context()
    pass_set_up_quietly(context, base)
    page = context.new_page()
    page.goto(f"{base}/imports")
    import_export(page, export)
    sizes: list[int] = []
    page.on("requestfinished", lambda sent: sizes.append(sent.sizes()["responseBodySize"]))
    page.goto(f"{base}/?range=all", wait_until="networkidle")
    assert sum(sizes) < 350_000
    context.close()
