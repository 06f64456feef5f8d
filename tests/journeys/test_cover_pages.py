"""Covers in a real browser: they come with a link to Spotify, from Tonearm alone, and where none is, initials stay."""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from browsing import check_look, open_page
from link_room import agree, simulated
from serving import PASSWORD, serve, set_up
from simulator.simulating import SMALL
from tonearm.accounts.people import Accounts
from tonearm.ops.clock import system_clock
from tonearm.simulator.clock import SimulatorClock
from tonearm.simulator.server import serving
from tonearm.simulator.simulator import Simulator
from tonearm.simulator.world import Track, uri
from tonearm.storage.database import Database

pytestmark = pytest.mark.slow
FROM_HERE = {"sec-fetch-site": "same-origin"}
LOST = "A record that Spotify has lost"
_SHIFTS = """() => new Promise(done => new PerformanceObserver(list => done(
    list.getEntries().reduce((sum, one) => sum + one.value, 0))
).observe({type: "layout-shift", buffered: true}) || setTimeout(() => done(0), 300))"""
_DRAWN = """() => [...document.querySelectorAll("main .m img")].map(
    each => [each.complete, each.naturalWidth, each.clientWidth, each.parentElement.clientWidth])"""


@dataclass
class Scene:
    """A served Tonearm whose owner has heard six albums, one of which Spotify does not know."""

    base: str
    client: httpx2.Client
    folder: Path

    def link(self) -> None:
        answer = self.client.get("/api/auth/spotify/login", headers=FROM_HERE)
        assert answer.status_code == 303, answer.text
        back = agree(answer.headers["location"])
        query = {"state": back.state, "code": back.code}
        done = self.client.get("/api/auth/spotify/callback", params=query)
        assert done.status_code == 303, done.text

    def wait_for_covers(self, path: str) -> None:
        """Look at a page until what it lacked was looked for."""
        deadline = time.monotonic() + 60
        self.client.get(path).raise_for_status()
        while True:
            assert time.monotonic() < deadline
            time.sleep(0.2)
            jobs = self.client.get("/api/jobs?limit=100").json()["items"]
            mine = [job for job in jobs if job["name"] == "covers.seek"]
            if mine and all(job["state"] == "succeeded" for job in mine):
                return


def rows_of(tracks: list[Track]) -> list[dict[str, Any]]:
    """Write plays of tracks as an export has them, of the first the most, and last of a record that is lost."""
    told = [
        (uri(one), one.name, one.album.artist.name, one.album.name, len(tracks) - place)
        for place, one in enumerate(tracks)
    ]
    told.append(("spotify:track:" + "0" * 22, "Lost song", "Nobody known", LOST, 1))
    return [
        {
            "ts": f"2024-03-{place + 1:02}T{hour + 8:02}:00:00Z",
            "ms_played": 200_000,
            "spotify_track_uri": address,
            "master_metadata_track_name": name,
            "master_metadata_album_artist_name": artist,
            "master_metadata_album_album_name": album,
            "reason_end": "trackdone",
        }
        for place, (address, name, artist, album, plays) in enumerate(told)
        for hour in range(plays)
    ]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("data")
    simulator = Simulator(7, SimulatorClock(), SMALL)
    albums: dict[str, Track] = {}
    for one in simulator.world.all("track"):
        if isinstance(one, Track):
            albums.setdefault(one.album.artist.name, one)
    heard = json.dumps(rows_of(list(albums.values())[:5])).encode()
    with (
        serving(simulator) as origin,
        serve(folder, **simulated(origin)) as base,
        set_up(base) as client,
    ):
        files = {"files": ("Streaming_History_Audio_2024.json", heard)}
        number = client.post("/api/imports", files=files).raise_for_status().json()["id"]
        deadline = time.monotonic() + 60
        while client.get(f"/api/imports/{number}").json()["state"] in ("queued", "running"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield Scene(base, client, folder)


def enter(page: Page, base: str, path: str, name: str = "Ada") -> None:
    page.goto(f"{base}/login?next={path}")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url(f"{base}{path}")


def test_covers_come_with_a_link_and_nobody_else_is_asked(browser: Browser, scene: Scene) -> None:
    albums = "/top/albums?range=2024"
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    watched = open_page(context, scene.base)
    page = watched.page
    enter(page, scene.base, "/top/albums")
    page.goto(scene.base + albums)
    letters = page.locator("main .m")
    expect(letters).to_have_count(6)
    assert page.locator("main img").count() == 0

    scene.link()
    scene.wait_for_covers(albums)
    scene.wait_for_covers("/top/artists?range=2024")
    page.reload()

    rows = page.locator("table.top tbody tr")
    expect(rows).to_have_count(6)
    assert [rows.nth(place).locator(".m img").count() for place in range(6)] == [1, 1, 1, 1, 1, 0]
    expect(rows.nth(5)).to_contain_text(LOST)
    page.wait_for_load_state("networkidle")
    assert page.evaluate(_DRAWN) == [[True, 300, 36, 36]] * 5
    assert page.evaluate(_SHIFTS) < 0.01
    check_look(watched, 1280)
    found = "/search?q=" + quote(rows.first.locator("a.name").inner_text())
    for path in ("/?range=2024", "/history?range=2024", "/top/artists?range=2024", found):
        page.goto(scene.base + path)
        page.wait_for_load_state("networkidle")
        drawn = [one for one in page.evaluate(_DRAWN) if one[0]]
        assert drawn, path
        assert all(natural == 300 for _, natural, _, _ in drawn), path
    page.goto(scene.base + albums)
    page.locator("table.top a.name").first.click()
    page.wait_for_load_state("networkidle")
    assert page.evaluate(_DRAWN)[0] == [True, 300, 132, 132]
    page.set_viewport_size({"width": 390, "height": 844})
    check_look(watched, 390)
    assert watched.complaints == []

    address = page.locator(".portrait .m img").get_attribute("src")
    assert address is not None
    check_answers(scene, address)
    context.close()


def check_answers(scene: Scene, address: str) -> None:
    """Expect a picture that says what it is, is kept by this browser alone, and is nobody else's."""
    answer = scene.client.get(address)
    assert answer.status_code == 200
    told = answer.headers
    assert told["content-type"] == "image/png"
    assert told["x-content-type-options"] == "nosniff"
    assert told["cache-control"] == "private, max-age=31536000, immutable"
    assert "img-src 'self'" in told["content-security-policy"]
    bare = scene.client.get(address.partition("?")[0], headers={"if-none-match": told["etag"]})
    assert (bare.status_code, bare.content) == (304, b"")
    assert bare.headers["cache-control"] == "private, no-cache"
    assert scene.client.get("/covers/albums/4711").status_code == 404
    number = address.partition("?")[0].rpartition("/")[2]
    html = scene.client.get(f"/albums/{number}").text
    name = unescape(re.findall(r'<h1 class="title"><bdi dir="auto">(.*?)</bdi>', html)[0])
    suggested = scene.client.get("/search/suggestions", params={"q": name}).text
    assert f'<img src="{address}"' in suggested
    # Visitors of a share see initials.
    wish = {"view": "top-albums", "range": "2024"}
    link = scene.client.post("/api/user/shares", json=wish).raise_for_status().json()["link"]
    shared = httpx2.get(link).text
    assert ('<span class="m ' in shared, "<img" in shared) == (True, False)
    assert httpx2.get(scene.base + address).status_code == 303

    database = Database(f"sqlite:///{scene.folder / 'tonearm.db'}")
    accounts = Accounts(database, system_clock)
    accounts.set_password(accounts.add("Bob", "UTC").id, PASSWORD)
    database.close()
    with httpx2.Client(base_url=scene.base, headers=FROM_HERE) as bob:
        entered = bob.post("/login", data={"name": "Bob", "password": PASSWORD})
        assert entered.status_code == 303
        assert bob.get(address).status_code == 404
