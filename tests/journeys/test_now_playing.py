"""What plays now, on the overview in a real browser and through REST, at a simulated Spotify."""

import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client, StdioServerParameters
from playwright.sync_api import Browser, Page, expect

from assisting import ADAS, ERAS, over_http, refusal, speak
from browsing import check_look, open_page
from link_room import agree, count, simulated
from serving import PASSWORD, serve, set_up
from simulator.simulating import SMALL
from tonearm.simulator.clock import SimulatorClock
from tonearm.simulator.server import serving
from tonearm.simulator.simulator import Simulator
from tonearm.simulator.world import Track, uri

pytestmark = pytest.mark.slow
_SHIFTS = """() => new Promise(done => new PerformanceObserver(list => done(
    list.getEntries().reduce((sum, one) => sum + one.value, 0))
).observe({type: "layout-shift", buffered: true}) || setTimeout(() => done(0), 300))"""


@dataclass
class Scene:
    """A served Tonearm whose owner has plays, and the Spotify that it speaks to."""

    base: str
    client: httpx2.Client
    simulator: Simulator
    origin: str
    folder: Path

    def link(self, scopes: str) -> None:
        answer = self.client.get(
            "/api/auth/spotify/login", params={"scopes": scopes}, headers=FROM_HERE
        )
        assert answer.status_code == 303, answer.text
        back = agree(answer.headers["location"])
        query = {"state": back.state, "code": back.code}
        done = self.client.get("/api/auth/spotify/callback", params=query)
        assert done.status_code == 303, done.text

    def hear(self) -> Track:
        track = next(one for one in self.simulator.world.all("track") if isinstance(one, Track))
        with self.simulator.lock:
            player = self.simulator.users["listener1"].player
            player.play(self.simulator.clock.now_ms(), [track], 0, None, 30_000)
        return track

    def looks(self) -> int:
        return count(self.simulator, "GET", "/v1/me/player")


FROM_HERE = {"sec-fetch-site": "same-origin"}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    simulator = Simulator(7, SimulatorClock(), SMALL)
    with (
        serving(simulator) as origin,
        serve(tmp_path / "data", **simulated(origin)) as base,
        set_up(base) as client,
    ):
        files = {"files": ("Streaming_History_Audio_2024.json", json.dumps(ADAS).encode())}
        number = client.post("/api/imports", files=files).raise_for_status().json()["id"]
        deadline = time.monotonic() + 60
        while client.get(f"/api/imports/{number}").json()["state"] in ("queued", "running"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield Scene(base, client, simulator, origin, tmp_path / "data")


def open_overview(page: Page, base: str) -> None:
    page.goto(f"{base}/login?next=/%3Frange%3Dall")
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url(f"{base}/?range=all")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_overview_tells_what_plays_and_nothing_moves(
    browser: Browser, scene: Scene, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    watched = open_page(context, scene.base)
    page = watched.page
    open_overview(page, scene.base)
    # Not linked: no part, no script, no question.
    assert page.locator("#now").count() == 0
    assert "now.js" not in page.content()
    scene.link("user-read-playback-state")
    track = scene.hear()

    with page.expect_response("**/now-playing"):
        page.reload()
    part = page.locator("#now")
    expect(part).to_contain_text("Now playing")
    expect(part).to_contain_text(track.name)
    assert page.evaluate(_SHIFTS) < 0.01
    check_look(watched, width)
    boxes = [piece.bounding_box() for piece in (part, part.locator("svg"))]
    sizes = [(box["width"], box["height"]) for box in boxes if box is not None]
    assert [16 <= height <= 24 for _width, height in sizes] == [True, True]
    assert sizes[1][0] <= 24
    before = scene.looks()
    for _ in range(3):
        other = context.new_page()
        with other.expect_response("**/now-playing"):
            other.goto(f"{scene.base}/?range=all")
        expect(other.locator("#now")).to_contain_text(track.name)
    assert scene.looks() == before
    part.get_by_role("link").click()
    page.wait_for_url("**/search?q=*")
    assert watched.complaints == []
    context.close()


def test_nothing_is_asked_while_nobody_sees_the_page(browser: Browser, scene: Scene) -> None:
    scene.link("user-read-playback-state")
    scene.hear()
    context = browser.new_context()
    page = context.new_page()
    page.clock.install(time=datetime.now(UTC))
    open_overview(page, scene.base)
    expect(page.locator("#now")).to_contain_text("Now playing")
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url) if "now-playing" in sent.url else None)

    hide(page, hidden=True)
    page.clock.run_for(300_000)
    assert asked == []
    with page.expect_response("**/now-playing"):
        hide(page, hidden=False)
    page.clock.run_for(30_000)
    assert len(asked) == 1
    with page.expect_response("**/now-playing"):
        page.clock.run_for(40_000)
    assert len(asked) == 2
    context.close()


def hide(page: Page, *, hidden: bool) -> None:
    page.evaluate(
        """hidden => { Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
        document.dispatchEvent(new Event("visibilitychange")); }""",
        hidden,
    )


def test_it_is_told_through_rest_with_a_key_for_the_player(scene: Scene) -> None:
    def key(scope: str) -> dict[str, str]:
        wish = {"name": scope, "scopes": [scope]}
        made = scene.client.post("/api/user/keys", json=wish).raise_for_status().json()
        return {"authorization": f"Bearer {made['key']}"}

    player = key("player")
    path = f"{scene.base}/api/player/now-playing"

    missing = httpx2.get(path, headers=player)
    scene.link("")
    refused = httpx2.get(path, headers=player)
    scene.link("user-read-playback-state")
    track = scene.hear()
    told = httpx2.get(path, headers=player)
    wrong = httpx2.get(path, headers=key("history:read"))

    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    assert (refused.status_code, refused.json()["code"]) == (403, "spotify_refused")
    assert "user-read-playback-state" in refused.json()["detail"]
    assert wrong.status_code == 403
    now: dict[str, Any] = told.raise_for_status().json()["now"]
    assert (now["playing"], now["title"], now["ms_length"]) == (True, track.name, track.duration_ms)
    assert 30_000 <= now["ms_progress"] < 60_000
    assert now["device"]


def test_an_assistant_asks_spotify_over_http_and_over_standard_input(scene: Scene) -> None:
    wish = {"name": "assistant", "scopes": ["mcp", "library:write"]}
    key = scene.client.post("/api/user/keys", json=wish).raise_for_status().json()["key"]
    ways = [over_http(scene.base, {"authorization": f"Bearer {key}"}, era) for era in ERAS]
    environment = {
        **os.environ,
        "TONEARM_DATA_DIR": str(scene.folder),
        "TONEARM_DATABASE_URL": "",
        "TONEARM_API_KEY": key,
        **{f"TONEARM_{name.upper()}": value for name, value in simulated(scene.origin).items()},
    }
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "tonearm", "mcp"], env=environment
    )
    ways.append(Client(command, mode=ERAS[0]))
    said = refusal(over_http(scene.base, {"authorization": f"Bearer {key}"}, ERAS[0]), "playlists")
    assert f"{scene.base}/account#spotify" in said
    scopes = ("user-read-playback-state", "playlist-read-private", "playlist-modify-private")
    scene.link(" ".join(scopes))
    track = scene.hear()
    given = {"name": "Over the wire", "tracks": [uri(track)]}

    async def talk(client: Client) -> tuple[Any, ...]:
        asked: list[tuple[str, dict[str, Any]]] = [
            ("now_playing", {}),
            ("create_playlist", given),
            ("playlists", {"limit": 1}),
            ("spotify_lookup", {"item": uri(track)}),
        ]
        answers = [await client.call_tool(tool, arguments) for tool, arguments in asked]
        assert [answer.content for answer in answers if answer.is_error] == []
        return tuple(answer.structured_content for answer in answers)

    for number, way in enumerate(ways):
        now, made, listed, looked_up = speak(way, talk)
        assert (now["state"], now["name"]) == ("playing", track.name)
        # Whichever process and era is asked, the playlist is one.
        assert (made["added"], made["made_before"]) == (1, number > 0)
        assert listed["playlists"][0]["id"] == made["id"]
        assert looked_up["item"]["name"] == track.name
    assert count(scene.simulator, "POST", "/v1/me/playlists") == 1


@pytest.mark.parametrize("width", [1280, 390])
def test_permissions_are_explained_and_asked_for_one_by_one(
    browser: Browser, scene: Scene, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    watched = open_page(context, scene.base)
    page = watched.page
    open_overview(page, scene.base)
    page.goto(f"{scene.base}/account/spotify/permissions")
    expect(page.locator("main")).to_contain_text("No Spotify account is linked")
    assert page.get_by_role("link", name="Allow").count() == 0
    scene.link("")
    page.reload()
    check_look(watched, width)

    page.get_by_role("link", name="Allow at Spotify: Your playlists").click()
    page.get_by_role("button", name="Agree").click()
    page.wait_for_url(f"{scene.base}/account#spotify")
    page.goto(f"{scene.base}/account/spotify/permissions")
    expect(page.locator("dl.allowing > div", has_text="Your playlists")).to_contain_text("Allowed")
    assert page.get_by_text("Allowed", exact=True).count() == 1
    page.get_by_role("link", name="Allow all of it at Spotify").click()
    page.get_by_role("button", name="Agree").click()
    page.wait_for_url(f"{scene.base}/account#spotify")
    page.goto(f"{scene.base}/account/spotify/permissions")
    assert page.get_by_text("Allowed", exact=True).count() == 4
    check_look(watched, width)
    granted = set(scene.client.get("/api/auth/spotify/status").json()["link"]["scopes"])
    assert {"playlist-read-private", "playlist-modify-private", "user-top-read"} <= granted
    context.close()
