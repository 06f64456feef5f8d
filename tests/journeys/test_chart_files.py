"""Charts taken along from their pages, in a real browser and over HTTP."""

import csv
import io
import re
import struct
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

import httpx2
import pytest
from playwright.sync_api import Browser, expect

from browsing import check_look, open_page
from explored import explored, log_in
from serving import PASSWORD

pytestmark = pytest.mark.slow

API = "/api/history/users/me"
LINKS = re.compile(r'href="(/charts/[^"]+)"')


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with explored(tmp_path_factory.mktemp("data")) as base:
        yield base


@pytest.fixture
def ada(base: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=base, timeout=60, headers={"origin": base}) as client:
        client.post("/login", data={"name": "Ada", "password": PASSWORD})
        yield client


def check_png(content: bytes) -> None:
    """Expect a whole PNG that is two pixels for each unit of a picture, and no larger than that."""
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert content.endswith(b"IEND\xaeB`\x82")
    width, height = struct.unpack(">II", content[16:24])
    assert 800 < max(width, height) <= 2400


def test_every_file_of_every_page_is_there(ada: httpx2.Client) -> None:
    artist = ada.get(f"{API}/top-artists").json()["items"][0]["id"]
    pages = ("/?range=2024", "/patterns?range=2024", "/top/tracks?range=2024", "/years/2024")
    month = "/years/2024/03"
    shows = "/top/shows?range=2024"
    seen: set[str] = set()
    for page in (*pages, month, shows, f"/artists/{artist}?range=2024"):
        links = {link.replace("&amp;", "&") for link in LINKS.findall(ada.get(page).text)}
        assert links, page
        for link in links - seen:
            answer = ada.get(link)
            assert answer.status_code == 200, (page, link, answer.text)
            assert answer.headers["content-disposition"].startswith(
                'attachment; filename="tonearm-'
            )
            assert answer.headers["cache-control"] == "private, no-store"
            if ".png" in link:
                check_png(answer.content)
            elif ".svg" in link:
                ET.fromstring(answer.text)  # noqa: S314 - our own
            elif ".json" in link:
                for told in answer.json() if "/concentration." in link else [answer.json()]:
                    assert told["covered"]["range"]
            else:
                assert answer.text.count("\n") > 1, link
        seen |= links
    assert len(seen) > 50


def test_a_table_holds_what_the_measure_tells(ada: httpx2.Client) -> None:
    asked = {"range": "2024", "kind": "music"}
    told = ada.get(f"{API}/heatmap", params=asked).json()["items"]
    text = ada.get("/charts/heatmap.csv", params=asked).text
    lines = list(csv.DictReader(io.StringIO(text)))
    assert [int(line["plays"]) for line in lines] == [cell["plays"] for cell in told]
    assert ada.get("/charts/heatmap.json", params=asked).json() == (
        ada.get(f"{API}/heatmap", params=asked).json()
    )
    top: list[Any] = []
    cursor: dict[str, str] = {}
    while len(top) == int(cursor.get("cursor", 0)):
        part = ada.get(f"{API}/top-tracks", params=asked | {"limit": "100"} | cursor).json()
        top += part["items"]
        cursor = {"cursor": part["next_cursor"] or "-1"}
    assert len(top) == part["total"] > 200
    names = csv.DictReader(io.StringIO(ada.get("/charts/tracks.csv", params=asked).text))
    assert [line["name"].removeprefix("'") for line in names] == [item["name"] for item in top]


@pytest.mark.parametrize(
    "query", ["artists.csv?limit=3", "discovery.csv?unit=year", "heatmap.csv?range=2024&range=2023"]
)
def test_what_a_file_cannot_be_asked_is_refused(ada: httpx2.Client, query: str) -> None:
    assert ada.get(f"/charts/{query}").status_code == 422


def test_what_the_first_ones_hold_is_one_table_of_artists_and_tracks(ada: httpx2.Client) -> None:
    asked = {"range": "2024", "kind": "music"}
    both = [
        ada.get(f"{API}/concentration", params=asked | {"item": item}).json()
        for item in ("artists", "tracks")
    ]
    assert ada.get("/charts/concentration.json", params=asked).json() == both
    text = ada.get("/charts/concentration.csv", params=asked).text
    lines = [list(line.values()) for line in csv.DictReader(io.StringIO(text))]
    assert lines == [
        [one["item"], *(str(line[name]) for name in ("first", "amount", "share"))]
        for one in both
        for line in one["items"]
    ]
    assert float(lines[-1][-1]) == 1
    # Of a time without plays there is a picture as well.
    for name in ("concentration", "discovery", "skips", "session-hours"):
        answer = ada.get(f"/charts/{name}.svg", params={"range": "1999"})
        assert answer.status_code == 200, name
        ET.fromstring(answer.text)  # noqa: S314 - our own


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/charts/bogus.csv", 404),
        ("/charts/artists.svg", 404),
        ("/charts/artists.png", 404),
        ("/charts/heatmap.gif", 404),
        ("/charts/heatmap.png?theme=pink", 422),
        ("/charts/heatmap.csv?range=bogus", 422),
        ("/charts/heatmap.csv?bogus=1", 422),
        ("/charts/heatmap.csv?artist=999999", 422),
    ],
)
def test_what_cannot_be_had_is_told(ada: httpx2.Client, address: str, status: int) -> None:
    assert ada.get(address, headers={"accept": "text/html"}).status_code == status


@pytest.mark.parametrize("width", [1280, 390])
def test_a_chart_is_taken_along_from_below_it(browser: Browser, base: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    watched = open_page(context, base)
    page = watched.page
    log_in(page, base)
    page.goto(f"{base}/patterns?range=2024")
    below = page.locator("section", has=page.get_by_role("heading", name="In the week")).locator(
        ".files"
    )
    for form in ("CSV", "JSON", "PNG", "SVG"):
        with page.expect_download() as download:
            below.get_by_role("link", name=form).click()
        assert download.value.suggested_filename == f"tonearm-heatmap.{form.lower()}"
    picture = download.value.path()
    page.get_by_text(re.compile("numbers along$")).click()
    expect(page.get_by_role("link", name="CSV of Days in a row")).to_be_visible()
    check_look(watched, width)
    assert not watched.complaints
    # As whoever gets the file opens it.
    page.goto(picture.rename(picture.with_suffix(".svg")).as_uri())
    shown = page.evaluate("getComputedStyle(document.querySelector('rect.s6')).fill")
    assert shown == "rgb(143, 58, 14)"
    context.close()
