"""Shares: made by a listener, looked at by a stranger, taken back; in a browser, over HTTP and on the command line."""

import json
import os
import re
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, expect
from sqlalchemy import update

from browsing import Watched, check_look, open_page
from commands import run_command
from explored import explored, log_in
from serving import PASSWORD, database_at, serve, set_up
from tonearm.accounts.people import Accounts
from tonearm.domain.vocabulary import Role
from tonearm.history.shared import SharedView
from tonearm.ops.clock import system_clock
from tonearm.storage.tables import users

pytestmark = pytest.mark.slow

WIDTHS = (1280, 390)
SHARES = "/api/user/shares"
API = "/api/history/users/me"
ITEMS = ("artist", "album", "track")
# What of a page leads anywhere, or could be asked for by its number.
LEADS = re.compile(r"""(?:href|src|action|content)=["']([^"']*)["']""")


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    with explored(tmp_path) as base:
        yield base


@pytest.fixture
def ada(base: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=base, timeout=60, headers={"origin": base}) as client:
        client.post("/login", data={"name": "Ada", "password": PASSWORD})
        yield client


def make(client: httpx2.Client, view: str, **wish: Any) -> str:  # noqa: ANN401 - any field
    """Make a share and give its link."""
    answer = client.post(SHARES, json={"view": view, **wish})
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return str(answer.json()["link"])


def visit(address: str, **headers: str) -> httpx2.Response:
    """Come as somebody who has nothing but the link."""
    return httpx2.get(address, headers={"accept": "text/html", **headers}, timeout=60)


def wish_of(client: httpx2.Client, view: SharedView) -> dict[str, Any]:
    if view in ITEMS:
        items = client.get(f"{API}/top-{view}s").json()["items"]
        return {"item": items[0]["id"], "kind": "all", "range": "2024"}
    if view is SharedView.TOP_SHOWS:
        return {"kind": "podcast"}
    return {"range": days_of(view)}


def days_of(view: SharedView) -> str:
    return "2024-03" if view.story == "month" else "2024"


def share_this(watched: Watched, own: BrowserContext, width: int) -> str:
    """Share the page that is open, having looked at what visitors will see; gives the link."""
    page = watched.page
    page.get_by_role("link", name="Share this page").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Share a page")
    check_look(watched, width)
    page.get_by_label("What stands above it").fill("My loudest year")
    page.get_by_label("Whose it is").fill("Jo of the hills")
    with own.expect_page() as opened:
        page.get_by_role("button", name="See it as visitors will").click()
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("My loudest year")
    opened.value.close()
    page.get_by_role("button", name="Make the link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your link")
    check_look(watched, width)
    return page.locator("#link").inner_text()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_page_is_shared_looked_at_by_a_stranger_and_taken_back(
    browser: Browser, base: str, width: int
) -> None:
    viewport = {"width": width, "height": 900}
    own = browser.new_context(viewport=viewport, reduced_motion="reduce")  # type: ignore[arg-type] # a size
    watched = open_page(own, base)
    page = watched.page
    log_in(page, base)
    page.goto(f"{base}/?range=2024")
    hours = page.get_by_role("heading", level=1).inner_text()
    link = share_this(watched, own, width)

    stranger = browser.new_context(viewport=viewport, reduced_motion="reduce")  # type: ignore[arg-type] # a size
    seen = open_page(stranger, base)
    seen.page.goto(link)
    expect(seen.page.get_by_role("heading", level=1)).to_have_text("My loudest year")
    expect(seen.page.get_by_text("Jo of the hills")).to_be_visible()
    expect(seen.page.locator(".facts")).to_contain_text(hours.split()[0])
    assert seen.page.locator("a:not(.skip)").count() == 0
    assert stranger.cookies() == []
    check_look(seen, width)
    assert not seen.complaints

    page.get_by_role("link", name="To the account").click()
    row = page.locator("tr", has_text="My loudest year")
    expect(row).to_contain_text("1 time")
    check_look(watched, width)
    row.get_by_role("link").click()
    check_look(watched, width)
    page.get_by_label("What stands above it").fill("Quieter now")
    page.get_by_role("button", name="Save").click()
    seen.page.reload()
    expect(seen.page.get_by_role("heading", level=1)).to_have_text("Quieter now")
    page.get_by_role("link", name="Quieter now").click()
    page.get_by_role("link", name="See it as visitors do").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Quieter now")
    page.go_back()
    page.get_by_role("button", name="Revoke the share").click()
    expect(page.get_by_text("Quieter now")).to_have_count(0)

    gone = seen.page.reload()
    assert gone is not None
    assert gone.status == 404
    expect(seen.page.get_by_text("There is nothing here")).to_be_visible()
    check_look(seen, width)
    assert not watched.complaints
    own.close()
    stranger.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_whatever_is_shared_is_fit_to_be_seen(
    browser: Browser, base: str, ada: httpx2.Client, width: int
) -> None:
    links = {view: make(ada, view, **wish_of(ada, view)) for view in SharedView}
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        reduced_motion="reduce",
    )
    watched = open_page(context, base)
    for view, link in links.items():
        watched.page.goto(link)
        expect(watched.page.get_by_role("heading", level=1)).to_be_visible()
        check_look(watched, width)
        assert not watched.complaints, view
    context.close()


def test_a_share_leads_nowhere_and_tells_nothing_of_the_account(
    ada: httpx2.Client,
) -> None:
    for view in SharedView:
        link = make(ada, view, **wish_of(ada, view))
        answer = visit(link)
        assert answer.status_code == 200
        assert (answer.headers["referrer-policy"], answer.headers["cache-control"]) == (
            "no-referrer",
            "private, no-store",
        )
        assert answer.headers["x-robots-tag"].startswith("noindex, nofollow")
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "set-cookie" not in answer.headers
        token = urlsplit(link).path
        leads = set(LEADS.findall(answer.text))
        own = {lead for lead in leads if lead.startswith("/")}
        assert {lead for lead in own if not lead.startswith("/static/")} <= {
            f"{token}/picture.{form}{theme}"
            for form in ("png", "svg")
            for theme in ("", "?theme=dark")
        }
        assert [lead for lead in leads if "://" in lead] == [f"{link}/card.png"]
        assert not re.search(r"/(artists|albums|tracks|history|top|years|api|login)\b", answer.text)
        assert "Ada" not in answer.text
        assert "<script" not in answer.text
        # What is shown does not depend on who looks.
        log_in_cookie = f"tonearm_session={ada.cookies['tonearm_session']}"
        assert visit(link, cookie=log_in_cookie).text == answer.text


def test_the_picture_of_a_year_or_month_can_be_saved_by_whoever_has_the_link(
    ada: httpx2.Client,
) -> None:
    for view, name in ((SharedView.YEAR_PICTURE, "2024"), (SharedView.MONTH_PICTURE, "March")):
        link = make(ada, view, range=days_of(view))
        picture = visit(f"{link}/picture.svg")
        assert picture.headers["content-type"] == "image/svg+xml"
        title = next(ET.fromstring(picture.text).iter("{http://www.w3.org/2000/svg}title"))  # noqa: S314 - our own
        assert name in str(title.text)
        dark = visit(f"{link}/picture.svg?theme=dark").text
        assert ('fill="#faf7f1"' in dark, 'fill="#141210"' in dark) == (False, True)
        assert f'href="{urlsplit(link).path}/picture.png?theme=dark"' in visit(link).text
        assert visit(f"{link}/picture.svg?theme=pink").status_code == 422
        assert f'download="tonearm-{days_of(view)}.png"' in visit(link).text
    assert visit(f"{make(ada, 'overview')}/picture.svg").status_code == 404
    # A picture is no look at the page.
    assert [share["views"] for share in ada.get(SHARES).json()["items"]] == [0, 2, 2]


def test_a_link_has_a_picture_that_is_gone_with_it(ada: httpx2.Client) -> None:
    for view in (
        SharedView.OVERVIEW, SharedView.TOP_ARTISTS, SharedView.YEAR_PICTURE, SharedView.MONTH_PICTURE,
    ):  # fmt: skip
        link = make(ada, view, range=days_of(view), title='Loud & "clear" <b>', shown_name="Jo")
        html = visit(link).text
        told = dict(re.findall(r'<meta (?:property|name)="([\w:]+)" content="([^"]*)">', html))
        assert told["og:title"] == "Loud &amp; &#34;clear&#34; &lt;b&gt;"
        assert "by Jo" in told["og:description"]
        assert (told["og:image:width"], told["og:image:height"]) == ("1200", "630")
        assert told["twitter:card"] == "summary_large_image"
        card = visit(told["og:image"])
        assert card.headers["content-type"] == "image/png"
        assert card.headers["cache-control"] == "private, no-store"
        assert card.headers["x-robots-tag"].startswith("noindex")
        assert "set-cookie" not in card.headers
        assert struct.unpack(">II", card.content[16:24]) == (1200, 630)
        share = ada.get(SHARES).json()["items"][0]
        assert share["views"] == 1  # the page, not its picture
        pictures = [told["og:image"], f"{link}/picture.png", f"{link}/picture.svg"]
        status = 200 if view.is_picture else 404
        assert [visit(one).status_code for one in pictures[1:]] == [status] * 2
        ada.delete(f"{SHARES}/{share['id']}").raise_for_status()
        assert {visit(one).status_code for one in pictures} == {404}


def test_numbers_are_those_of_the_measure_within_the_range(ada: httpx2.Client) -> None:
    asked = {"range": "2024-05", "private": "out"}
    told = ada.get(f"{API}/totals", params=asked).json()
    html = visit(make(ada, "overview", range="2024-05")).text
    assert f"{told['plays']:,}\xa0plays" in html
    top = ada.get(f"{API}/top-tracks", params=asked | {"limit": "7"}).json()["items"]
    assert all(item["name"].replace("&", "&amp;") in html for item in top)
    year = visit(make(ada, "year", range="2024")).text
    assert "against the year before" not in year
    told = ada.get(f"{API}/month", params={"month": "2024-05", "private": "out"}).json()
    month = visit(make(ada, "month", range="2024-05")).text
    assert f"{told['totals']['plays']:,}\xa0plays" in month
    assert month.count('<rect class="bar in"') == 2 * len(told["days"])
    assert "against the month before" not in month
    for story in (year, month):
        assert not re.search(r"\b[Yy]ou", re.sub(r"<bdi.*?</bdi>", "", story))


def test_private_and_hidden_plays_are_not_shared(tmp_path: Path) -> None:
    def row(number: int, title: str, *, private: bool = False) -> dict[str, object]:
        return {
            "ts": f"2024-03-0{number}T12:00:00Z",
            "ms_played": 200_000,
            "master_metadata_track_name": title,
            "master_metadata_album_artist_name": f"Band of {title}",
            "master_metadata_album_album_name": f"Record of {title}",
            "spotify_track_uri": f"spotify:track:{number:022}",
            "reason_end": "trackdone",
            "incognito_mode": private,
        }

    rows = [row(1, "Plain"), row(2, "Secretive", private=True), row(3, "Shameful")]
    with serve(tmp_path / "data") as base, set_up(base) as client:
        files = {"files": ("Streaming_History_Audio_2024.json", json.dumps(rows).encode())}
        client.post("/api/imports", files=files).raise_for_status()
        assert '"published"' in client.get("/api/imports/1/events").text
        plays = client.get(f"{API}/plays").json()["items"]
        shameful = next(play["id"] for play in plays if play["track"]["name"] == "Shameful")
        tracks = {play["track"]["name"]: play["track"]["id"] for play in plays}
        client.post(f"{API}/corrections", json={"hide": {"plays": [shameful]}}).raise_for_status()
        for view in SharedView:
            if view in (*ITEMS, SharedView.TOP_SHOWS):
                continue
            usual = visit(make(client, view, range=days_of(view))).text
            chosen = visit(make(client, view, range=days_of(view), has_private=True)).text
            assert "Secretive" not in usual, view
            assert "Shameful" not in usual + chosen, view
            shows_names = "Plain" in usual
            assert ("Secretive" in chosen) is shows_names, view
        secret = visit(make(client, "track", item=tracks["Secretive"], kind="all"))
        assert "Nothing was played" in secret.text


def test_a_month_is_shared_for_good_or_as_time_goes_on(tmp_path: Path) -> None:
    this = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    last = this - timedelta(days=3)
    rows = [
        {
            "ts": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
            "ms_played": 200_000,
            "master_metadata_track_name": title,
            "master_metadata_album_artist_name": f"Band of {title}",
            "spotify_track_uri": f"spotify:track:{title:0>22}",
            "reason_end": "trackdone",
        }
        for moment, title in ((this, "Present"), (last, "Former"))
    ]
    with serve(tmp_path / "data") as base, set_up(base, zone="UTC") as client:
        files = {"files": ("Streaming_History_Audio_2024.json", json.dumps(rows).encode())}
        client.post("/api/imports", files=files).raise_for_status()
        assert '"published"' in client.get("/api/imports/1/events").text
        form = client.get(f"/account/shares/new?view=month&range={last:%Y-%m}").text
        offered = re.findall(r'<option value="([\w-]+)"[^>]*>(?:Last|[A-Z]\w+\xa020)', form)
        assert offered == [f"{last:%Y-%m}", "last_month"]
        assert "The picture of a month" in form
        for days, is_last in (
            (f"{last:%Y-%m}", True), ("last_month", True), (f"{this:%Y-%m}", False), ("this_month", False),
        ):  # fmt: skip
            html = visit(make(client, "month", range=days)).text
            shown, other = ("Former", "Present") if is_last else ("Present", "Former")
            assert f"Band of {shown}" in html, days
            assert f"Band of {other}" not in html, days
            # A month that is over has its name, whether or not another one takes its place.
            assert f"{last if is_last else this:%B}\xa0" in html, days


def test_every_link_that_leads_nowhere_gets_the_same_answer(
    tmp_path: Path, base: str, ada: httpx2.Client
) -> None:
    revoked = make(ada, "overview")
    number = ada.get(SHARES).json()["items"][0]["id"]
    ada.delete(f"{SHARES}/{number}").raise_for_status()
    with database_at(tmp_path / "data") as database:
        bob = Accounts(database, system_clock).add("Bob", "UTC")
        Accounts(database, system_clock).set_password(bob.id, PASSWORD)
    with httpx2.Client(base_url=base, headers={"origin": base}) as other:
        other.post("/login", data={"name": "Bob", "password": PASSWORD})
        disabled = make(other, "patterns")
        assert visit(disabled).status_code == 200
        ada.patch(f"/api/admin/users/{bob.id}", json={"disabled": True}).raise_for_status()
    unknown = f"{base}/s/tnsh_{'x' * 43}"

    gone = (f"{link}/card.png" for link in (revoked, disabled))
    answers = [
        visit(link) for link in (revoked, disabled, unknown, f"{unknown}/picture.svg", *gone)
    ]

    assert {answer.status_code for answer in answers} == {404}
    bodies = {re.sub(answer.headers["x-request-id"], "", answer.text) for answer in answers}
    assert len(bodies) == 1
    for answer in answers:
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-robots-tag"].startswith("noindex")
        assert "no-store" in answer.headers["cache-control"]
    told = httpx2.get(unknown)  # somebody who wants no page
    assert (told.status_code, told.json()["code"]) == (404, "not_found")
    assert told.headers["cache-control"] == "no-store"


def test_who_looks_too_often_is_told_to_wait_whoever_they_are(tmp_path: Path) -> None:
    with serve(tmp_path, rate_sharing=3) as base, set_up(base) as client:
        link = make(client, "overview")
        cookie = f"tonearm_session={client.cookies['tonearm_session']}"
        statuses = [visit(link, cookie=shown).status_code for shown in ("", cookie, "", cookie)]
        assert statuses == [200, 200, 200, 429]
        assert visit(f"{base}/s/unknown").status_code == 429
        assert client.get("/account").status_code == 200


def test_a_share_is_made_listed_changed_and_revoked_over_the_api(
    ada: httpx2.Client,
) -> None:
    wish = {"view": "top-artists", "range": "this_year", "by": "time", "days": None}
    made = ada.post(SHARES, json=wish).json()
    assert made["share"]["ends_at"] is None
    (listed,) = ada.get(SHARES).json()["items"]
    assert listed == made["share"]
    assert made["link"].rpartition("/")[2] not in ada.get(SHARES).text
    changed = ada.patch(f"{SHARES}/{listed['id']}", json={"title": "Loud", "days": 2}).json()
    assert (changed["title"], changed["ends_at"] is None) == ("Loud", False)
    assert "<title>Loud</title>" in visit(made["link"]).text
    assert ada.get(SHARES).json()["items"][0]["views"] == 1
    assert ada.delete(f"{SHARES}/{listed['id']}").status_code == 204
    assert ada.get(SHARES).json()["items"] == []
    for bad in (
        {"view": "everything"},
        {"view": "year"},
        {"view": "month", "range": "2024"},
        {"view": "artist"},
        {"view": "overview", "days": 0},
        {"view": "overview", "range": "bogus"},
        {"view": "overview", "title": "x" * 101},
    ):
        assert ada.post(SHARES, json=bad).status_code == 422, bad
    assert ada.post(SHARES, json={"view": "artist", "item": 999_999}).status_code == 404


def test_whoever_only_looks_now_can_still_take_back_what_they_showed(
    tmp_path: Path, ada: httpx2.Client
) -> None:
    link = make(ada, "overview")
    with database_at(tmp_path / "data") as database, database.write() as connection:
        connection.execute(update(users).values(role=Role.VIEWER.value))
    assert ada.post(SHARES, json={"view": "overview"}).status_code == 403
    assert ada.patch(f"{SHARES}/1", json={"title": "x"}).status_code == 403
    assert ada.get("/account/shares/new?view=overview").status_code == 403
    assert "Share this page" not in ada.get("/").text
    html = ada.get("/account/shares/1").text
    assert ("Revoke the share" in html, "Change it" in html) == (True, False)
    assert ada.post("/account/shares/1/revoke").status_code == 303
    assert visit(link).status_code == 404


def test_a_form_that_cannot_be_used_says_why_and_keeps_what_was_typed(ada: httpx2.Client) -> None:
    form = {"view": "overview", "range": "2024", "title": "x" * 101, "ends": "30"}
    answer = ada.post("/account/shares", data=form)
    assert answer.status_code == 422
    assert "100 printable characters" in answer.text
    assert f'value="{"x" * 101}"' in answer.text
    assert ada.post("/account/shares", data=form | {"title": "", "ends": "1"}).status_code == 422
    assert ada.get("/account/shares/new?view=overview&range=bogus").status_code == 422
    assert ada.get("/account/shares/new?view=artist&item=999999").status_code == 404
    moving = ada.get("/account/shares/new?view=overview&range=this_month").text
    assert "This month, as time goes on" in moving
    week = ada.get("/account/shares/new?view=overview&range=last_week").text
    assert "Last week, as time goes on" in week
    assert ", for good" in moving


def test_shares_on_the_command_line(tmp_path: Path) -> None:
    others = {name: value for name, value in os.environ.items() if "TONEARM" not in name}
    env = others | {
        "TONEARM_DATA_DIR": str(tmp_path),
        "TONEARM_PUBLIC_URL": "https://m.example.org",
    }

    def run(*words: str, code: int = 0) -> str:
        done = run_command("shares", *words, env=env)
        assert done.returncode == code, (words, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    assert "No shares" in run("list")
    assert run("create", "groove", "--title", "All").startswith("https://m.example.org/s/tnsh_")
    made = json.loads(run("create", "year", "--range", "2024", "--never-ends", "--json"))
    assert made["share"]["ends_at"] is None
    run("change", "1", "--title", "Better", "--days", "3")
    listed = run("list")
    assert "“Better”: ends" in listed
    assert "year, 2024: never ends, seen 0 times" in listed
    assert "leads nowhere" in run("revoke", "2")
    assert "There is no share 2" in run("revoke", "2", code=1)
    assert "There is no view" in run("create", "film", code=2)
    assert "not both" in run("create", "groove", "--never-ends", "--days", "3", code=2)
    assert {"year-picture", "month-picture"} <= set(run("views").split())
    with serve(tmp_path) as base:
        path = urlsplit(run("create", "patterns")).path.strip()
        assert visit(base + path).status_code == 200
