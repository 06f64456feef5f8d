"""Tonearm in German, in a real browser: no page says an English word, and none is broken by long ones."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from browsing import Watched, check_look, open_page
from explored import explored
from german import english_of, german_context
from import_house import wait_until
from serving import PASSWORD, serve
from simulator.simulating import SMALL
from tonearm.history.shared import SharedView
from tonearm.simulator.server import serving
from tonearm.simulator.simulator import CLIENT_ID, Simulator
from tonearm.simulator.world import Track
from tonearm.testing.export import write_export

pytestmark = pytest.mark.slow

NARROW, WIDE = 390, 1280
PAGES = (
    "/?range=all", "/?range=2024", "/?range=2010", "/top/artists?range=2024&by=time", "/top/albums",
    "/top/tracks?page=2",
    "/years/2024/03", "/years/2010/03",
    "/top/shows", "/patterns", "/years/2024", "/years/2010", "/compare?range=2024", "/history", "/plays/5",
    "/history?weekday=2&range=2024&q=a", "/artists/1", "/albums/1", "/tracks/1", "/completeness", "/imports",
    "/imports/1", "/imports/1/ledger", "/imports/1/ledger?verdict=duplicate", "/imports/1/undo", "/corrections",
    "/search?q=a", "/search?q=zzzz", "/inbox", "/account", "/account/keys/1", "/people", "/people/2",
    "/account/spotify/permissions", "/account/shares/new?view=overview&range=this_year",
    "/account/shares/new?view=artist&item=1&range=2024", "/account/shares/new?view=top-tracks&range=2024-02..2024-05",
    "/account/shares/new?view=artist", "/account/shares/1", "/account/shares/2", "/account/shares/99",
    *(f"/account/shares/{number}/preview" for number in range(1, 1 + len(SharedView))), "/offline", "/nothing",
)  # fmt: skip
DOORS = ("/login", "/forgot", "/register", "/reset?token=none", "/login?problem=oidc_denied")


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    with explored(tmp_path) as base:
        yield base


def expect_german(watched: Watched, path: str) -> None:
    watched.page.goto(f"{watched.base}{path}")
    expect(watched.page.locator("html")).to_have_attribute("lang", "de")
    assert english_of(watched.page) == [], path


def choose_german(page: Page, base: str) -> None:
    """Log in, in German since the browser is, and choose it for the pages that follow."""
    page.goto(f"{base}/login")
    expect(page.get_by_role("heading", level=1)).to_have_text("Willkommen zurück")
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("Passwort").fill("not this one at all")
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_role("alert")).to_have_text("Name oder Passwort stimmt nicht.")
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    # Somebody known reads what they prefer, whatever their browser says.
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.goto(f"{base}/account")
    page.get_by_label("Language").select_option(label="Deutsch")
    page.get_by_role("button", name="Save how you see it").click()
    expect(page.get_by_role("status")).to_contain_text("Gespeichert")


def wish_of(view: SharedView) -> dict[str, str]:
    """Give the form of a share, one of each kind of range, name and end among them."""
    wish = {"view": view.value, "range": "2024"}
    if view.item:
        return wish | {"item": "1", "range": "last_365_days", "kind": "all"}
    if view is SharedView.OVERVIEW:
        return wish | {"range": "all", "ends": "never", "shown_name": "Ada"}
    if view is SharedView.TOP_ARTISTS:
        return wish | {"range": "2024-02-03..2024-05-06", "by": "time", "has_private": "true"}
    if view.story == "month":
        return wish | {"range": "2024-03"}
    return wish | ({"kind": "podcast"} if view is SharedView.TOP_SHOWS else {})


def leave_traces(context: BrowserContext, base: str) -> None:
    """Correct something in every way, add and invite somebody: then all kinds of lines are on the pages."""
    for path, form in (
        ("/people", {"name": "Grace", "role": "listener", "zone": "UTC"}),
        ("/history/correct", {"deed": "hide", "plays": "7"}),
        ("/history/correct", {"deed": "delete", "plays": "9"}),
        ("/history/exclude", {"weekday": "2", "hour": "3", "country": "DE", "platform": "ios"}),
        ("/tracks/3/merge", {"other": "2"}),
        *(("/account/shares", wish_of(view)) for view in SharedView),
    ):
        answer = context.request.post(f"{base}{path}", form={**form}, headers={"origin": base})
        assert answer.ok, (path, answer.status)


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_every_page_is_german(browser: Browser, base: str, width: int) -> None:
    context = german_context(browser, width)
    watched = open_page(context, base)
    for path in DOORS:
        expect_german(watched, path)
        check_look(watched, width)
    choose_german(watched.page, base)
    leave_traces(context, base)
    english: dict[str, list[str]] = {}
    for path in PAGES:
        watched.page.goto(f"{base}{path}")
        expect(watched.page.locator("html")).to_have_attribute("lang", "de")
        english[path] = english_of(watched.page)
        # How shares look is for the test of those.
        if width == NARROW and not path.endswith("/preview"):
            check_look(watched, width)
    assert {path: said for path, said in english.items() if said} == {}
    expect(watched.page.get_by_role("heading", level=1)).to_have_text("Nicht gefunden")
    context.close()


def test_scripts_speak_german(browser: Browser, base: str) -> None:
    context = german_context(browser, WIDE)
    watched = open_page(context, base)
    page = watched.page
    choose_german(page, base)
    watched.complaints.clear()  # of the password that was wrong
    page.goto(f"{base}/?range=all")
    page.locator("svg.groove .s6 a").first.dispatch_event("pointerover")
    expect(page.locator("#groove-caption")).to_have_text(
        re.compile(r"\d+\..* 20\d\d: \d+.(h|min).*, \d+ Wiedergaben?$")
    )
    page.goto(f"{base}/history")
    boxes = page.locator('input[name="plays"]')
    boxes.nth(0).check()
    expect(page.locator(".ticked .note")).to_have_text("1 Wiedergabe markiert:")
    boxes.nth(1).check()
    expect(page.locator(".ticked .note")).to_have_text("2 Wiedergaben markiert:")
    assert not watched.complaints
    context.close()


def test_a_share_is_made_in_german(browser: Browser, base: str) -> None:
    context = german_context(browser, NARROW)
    watched = open_page(context, base)
    page = watched.page
    choose_german(page, base)
    page.goto(f"{base}/?range=2024")
    page.get_by_role("link", name="Diese Seite teilen").click()
    page.get_by_label("Die Freigabe endet").select_option(label="Nie")
    page.get_by_role("button", name="Link erstellen").click()
    expect(page.locator("main")).to_contain_text(
        "sieht dies, bis du ihn zurücknimmst: der Überblick,"
    )
    assert english_of(page) == []
    check_look(watched, NARROW)
    page.get_by_role("link", name="Zum Konto").click()
    part = page.get_by_role("region", name="Was du teilst")
    expect(part).to_contain_text("0 Mal")
    expect(part).to_contain_text("2024")
    part.get_by_role("link", name="Der Überblick").click()
    page.get_by_role("button", name="Freigabe widerrufen").click()
    expect(part).to_contain_text("haben am Ende „Diese Seite teilen“")
    context.close()


def test_a_share_speaks_the_language_of_the_browser_that_visits_it(
    browser: Browser, base: str
) -> None:
    with httpx2.Client(base_url=base, timeout=60, headers={"origin": base}) as client:
        client.post("/login", data={"name": "Ada", "password": PASSWORD})
        answers = [
            client.post(
                "/api/user/shares",
                json={"view": view, "range": "2024-03" if view == "month" else "2024"},
            ).raise_for_status()
            for view in (
                "overview",
                "year",
                "patterns",
                "top-tracks",
                "groove",
                "months",
                "month",
                "year-picture",
            )
        ]
    links: list[str] = [answer.json()["link"] for answer in answers]
    context = german_context(browser, NARROW)
    watched = open_page(context, base)
    for link in links:
        expect_german(watched, link.removeprefix(base))
        check_look(watched, NARROW)
    expect(watched.page.get_by_role("link", name="Bild speichern")).to_be_visible()
    expect(watched.page.locator("footer")).to_contain_text("Diese Seite endet am ")
    for language, said in (("de", "Stunden"), ("fr, de;q=0.5", "Stunden"), ("fr", "hours")):
        asked = {"accept-language": language}
        picture = httpx2.get(f"{links[-1]}/picture.svg", headers=asked)
        assert said in picture.text, language
        assert said in httpx2.get(links[0], headers=asked).text, language
    gone = httpx2.get(f"{base}/s/none", headers={"accept": "text/html", "accept-language": "de"})
    assert "Hier ist nichts. Der Link stimmt nicht" in gone.text
    context.close()


def test_files_of_charts_have_german_captions_and_the_fields_of_the_api(
    browser: Browser, base: str
) -> None:
    context = german_context(browser, WIDE)
    page = context.new_page()
    choose_german(page, base)
    picture = page.request.get(f"{base}/charts/months.svg?range=all").text()
    assert "Monat für Monat, Gesamte Zeit · Tonearm" in picture
    table = page.request.get(f"{base}/charts/artists.csv?range=2024").text()
    assert table.startswith("rank,")
    data = page.request.get(f"{base}/charts/artists.json?range=2024").json()
    assert data["items"][0]["ms_played"] > 0
    context.close()


def test_without_a_connection_a_german_browser_says_so(browser: Browser, base: str) -> None:
    context = german_context(browser, NARROW)
    watched = open_page(context, base)
    page = watched.page
    page.goto(f"{base}/login")
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    page.reload()
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    context.set_offline(True)
    expect_german(watched, "/history")
    expect(page.get_by_role("heading", level=1)).to_have_text("Die Nadel ist oben")
    check_look(watched, NARROW)
    context.close()


def test_a_german_browser_sets_up_a_german_account(browser: Browser, tmp_path: Path) -> None:
    with serve(tmp_path / "data") as base:
        context = german_context(browser, NARROW)
        watched = open_page(context, base)
        page = watched.page
        expect_german(watched, "/setup")
        check_look(watched, NARROW)
        page.get_by_label("Dein Name").fill("Ada")
        page.get_by_label("Passwort", exact=True).fill(PASSWORD)
        page.get_by_label("Passwort noch einmal").fill(PASSWORD)
        page.get_by_role("button", name="Anfangen").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Dein Schlüssel für Programme")
        for path in ("/", "/imports", "/inbox", "/history", "/patterns", "/years", "/completeness"):
            expect_german(watched, path)
            check_look(watched, NARROW)
        import_in_german(page, base, tmp_path)
        assert not watched.complaints
        context.close()


def told_something(page: Page, base: str) -> bool:
    """Look into the inbox; what has happened comes there a moment later."""
    page.goto(f"{base}/inbox")
    return page.locator("ul.inbox").count() > 0


def import_in_german(page: Page, base: str, folder: Path) -> None:
    """Bring an export in; what the page is sent while it waits is German, too."""
    export = folder / "my_spotify_data.zip"
    write_export(export, plays=300, seed=5, era="extended", years=1)
    page.goto(f"{base}/imports")
    page.locator('input[type="file"]').set_input_files(export)
    page.get_by_role("button", name="Erst hineinsehen").click()
    page.get_by_role("button", name="Das importieren").click(timeout=60_000)
    expect(page.get_by_role("link", name="Zu deinem Überblick")).to_be_visible(timeout=60_000)
    assert english_of(page) == []
    # The same event, told to a person by a page and to a program by the API.
    wait_until(lambda: told_something(page, base))
    expect(page.locator("ul.inbox")).to_contain_text("Importiert: my_spotify_data.zip, ")
    told = page.request.get(f"{base}/api/notifications").json()["items"][0]["text"]
    assert told.startswith("my_spotify_data.zip came in: ")


def test_programs_are_answered_in_english_whatever_their_person_reads(tmp_path: Path) -> None:
    with (
        serve(tmp_path / "data") as base,
        httpx2.Client(base_url=base, headers={"accept-language": "de-AT, en;q=0.5"}) as client,
    ):
        wish = {"name": "Ada", "password": PASSWORD, "zone": "UTC"}
        client.post("/api/auth/setup", json=wish).raise_for_status()
        shown = client.get("/api/user/preferences").json()
        assert (shown["language"], shown["week_start"]) == ("de", 1)
        assert "Export hierher ziehen" in client.get("/imports").text
        missing = client.get("/api/imports/77").json()
        assert missing["detail"] == "There is no import 77."
        page = client.get("/imports/77", headers={"accept": "text/html"})
        assert "Es gibt keinen Import 77." in page.text
        assert '<html lang="de"' in page.text
        client.patch("/api/user/preferences", json={"language": "en"}).raise_for_status()
        page = client.get("/imports/77", headers={"accept": "text/html"})
        assert "There is no import 77." in page.text


def test_a_link_to_spotify_is_german(browser: Browser, tmp_path: Path) -> None:
    simulator = Simulator(7, plan=SMALL)
    with (
        serving(simulator) as origin,
        serve(
            tmp_path / "data", spotify_accounts_url=origin, spotify_api_url=f"{origin}/v1"
        ) as base,
    ):
        context = german_context(browser, NARROW)
        wish = {"name": "Ada", "password": PASSWORD, "zone": "UTC"}
        german = {"accept-language": "de"}
        assert context.request.post(f"{base}/api/auth/setup", data=wish, headers=german).ok
        page = open_page(context, base).page
        page.goto(f"{base}/account")
        part = page.get_by_role("region", name="Spotify")
        part.get_by_label("Client-ID").fill("x")
        part.get_by_role("button", name="Diese App benutzen").click()
        expect(page.get_by_role("alert")).to_contain_text("Eine Client-ID hat 8 bis 64 Buchstaben")
        part.get_by_label("Client-ID").fill(CLIENT_ID)
        part.get_by_role("button", name="Diese App benutzen").click()
        part.get_by_role("link", name="Spotify verknüpfen").click()
        page.get_by_role("button", name="Cancel").click()
        # The way led through an address of the API, and yet it is a person who reads this.
        expect(page.locator("main")).to_contain_text("Du hast bei Spotify abgelehnt")
        assert english_of(page) == []
        page.get_by_role("link", name="Zurück zum Konto").click()
        part.get_by_role("link", name="Spotify verknüpfen").click()
        page.get_by_role("button", name="Agree").click()
        expect(part).to_contain_text("was du zuletzt gehört hast")
        expect(part).to_contain_text(re.compile(r"in 18\d\s(Tagen)"))
        part.get_by_role("button", name="Pausieren").click()
        expect(part).to_contain_text("Pausiert: Was du jetzt hörst, wird nicht gesammelt")
        assert english_of(page) == []
        check_look(Watched(page, base), NARROW)
        allow_and_hear(page, base, simulator)
        context.close()


def allow_and_hear(page: Page, base: str, simulator: Simulator) -> None:
    """Allow what plays now at Spotify, in German, and be told it."""
    page.goto(f"{base}/account/spotify/permissions")
    assert english_of(page) == []
    check_look(Watched(page, base), NARROW)
    page.get_by_role("link", name="Erlauben bei Spotify: Was gerade läuft").click()
    page.get_by_role("button", name="Agree").click()
    page.wait_for_url(f"{base}/**")
    page.goto(f"{base}/account/spotify/permissions")
    expect(page.locator("dl.allowing")).to_contain_text("Erlaubt")
    track = next(one for one in simulator.world.all("track") if isinstance(one, Track))
    with simulator.lock:
        player = simulator.users["listener1"].player
        player.play(simulator.clock.now_ms(), [track], 0, None, 30_000)
    page.goto(f"{base}/now-playing")
    expect(page.locator("p")).to_contain_text(
        re.compile(r"Läuft gerade.* auf .*\d:\d\d von \d:\d\d", re.DOTALL)
    )
    expect(page.locator("p")).to_contain_text(track.name)
    assert english_of(page) == []
