"""Collecting over HTTP and on the command line: a server with its worker, at a simulated Spotify."""

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from collecting import PLAYBACK
from commands import run_command
from link_room import decide, simulated
from serving import serve, set_up
from simulator.simulating import SMALL
from tonearm.simulator.server import serving
from tonearm.simulator.simulator import Simulator

SYNC = "/api/sync/plays"
AGREE = {"user": "listener1", "decision": "agree"}
SECONDS = 30


@pytest.fixture
def origin() -> Iterator[str]:
    with serving(Simulator(7, plan=SMALL)) as origin:
        yield origin


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def ada(origin: str, folder: Path) -> Iterator[httpx2.Client]:
    with serve(folder, **simulated(origin)) as base, set_up(base) as client:
        yield client


def link(client: httpx2.Client, scopes: str = "") -> None:
    answer = client.get(
        "/api/auth/spotify/login",
        params={"scopes": scopes} if scopes else None,
        headers={"sec-fetch-site": "same-origin"},
    )
    back = client.get(decide(str(answer.headers["location"]), AGREE))
    assert back.status_code == 303, back.text


def status(client: httpx2.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"{SYNC}/status").raise_for_status().json()
    return found


def jobs(client: httpx2.Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/jobs").raise_for_status().json()["items"]
    return found


def wait_for(look: Callable[[], bool]) -> None:
    until = time.monotonic() + SECONDS
    while not look():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_plays_arrive_after_linking_and_whenever_somebody_asks(ada: httpx2.Client) -> None:
    before = status(ada)
    assert (before["standing"], before["link_id"], before["gaps"]) == ("not_linked", None, [])
    assert ada.post(f"{SYNC}/trigger").status_code == 404
    assert ada.post(f"{SYNC}/pause").status_code == ada.post(f"{SYNC}/resume").status_code == 404

    link(ada)

    wait_for(lambda: status(ada)["standing"] == "collecting")
    found = status(ada)
    assert (found["fetched"], found["new"]) == (50, 50)
    assert found["next_at"] > found["polled_at"]
    totals = ada.get("/api/history/users/me/totals?rule=any&kind=all").json()
    assert totals["plays"] == 50
    assert totals["covered"]["estimated_share"] == 1.0

    job = ada.post(f"{SYNC}/trigger")
    assert (job.status_code, job.json()["name"]) == (202, "collector.poll")
    place = f"/api/jobs/{job.json()['id']}"
    wait_for(lambda: bool(ada.get(place).json()["state"] == "succeeded"))
    assert ada.get(place).json()["result"]["known"] >= 49

    assert ada.post(f"{SYNC}/pause").json()["standing"] == "paused"
    refused = ada.post(f"{SYNC}/trigger")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert ada.post(f"{SYNC}/resume").json()["paused_at"] is None


def test_sampling_is_switched_on_with_its_permission_and_off(ada: httpx2.Client) -> None:
    def switch(*, is_on: object) -> httpx2.Response:
        return ada.post(f"{SYNC}/sampling", json={"is_on": is_on})

    assert status(ada)["sampling"] == {"is_on": False, "missing_scope": None}
    assert switch(is_on=True).status_code == 404
    assert switch(is_on="true").status_code == ada.post(f"{SYNC}/sampling").status_code == 422
    link(ada)
    refused = switch(is_on=True)
    assert (refused.status_code, refused.json()["code"]) == (403, "spotify_refused")
    assert f"/api/auth/spotify/login?scopes={PLAYBACK}" in refused.json()["detail"]
    assert status(ada)["sampling"] == {"is_on": False, "missing_scope": PLAYBACK}

    link(ada, PLAYBACK)
    found = switch(is_on=True)

    assert found.json()["sampling"] == {"is_on": True, "missing_scope": None}
    wait_for(lambda: any(job["name"] == "collector.sample" for job in jobs(ada)))
    assert switch(is_on=False).json()["sampling"]["is_on"] is False


def test_an_admin_looks_pauses_and_lets_go_on(ada: httpx2.Client) -> None:
    link(ada)
    wait_for(lambda: status(ada)["standing"] == "collecting")
    place = "/api/admin/users/1"

    assert ada.get(f"{place}/sync").json()["standing"] == "collecting"
    assert ada.post(f"{place}/pause").json()["paused_by"] == "admin"
    assert ada.post(f"{SYNC}/resume").status_code == 403
    assert ada.post(f"{place}/trigger-sync").status_code == 409
    assert ada.post(f"{place}/resume").json()["paused_by"] is None
    assert ada.post(f"{place}/trigger-sync").status_code == 202
    for path in ("sync", "pause", "resume", "trigger-sync"):
        method = "GET" if path == "sync" else "POST"
        assert ada.request(method, f"/api/admin/users/77/{path}").status_code == 404
    actions = [one["action"] for one in ada.get("/api/admin/audit").json()["items"]]
    assert actions[:3] == ["collecting.triggered", "collecting.resumed", "collecting.paused"]


def test_unlinking_erases_what_came_if_asked(ada: httpx2.Client) -> None:
    link(ada)
    wait_for(lambda: status(ada)["standing"] == "collecting")
    assert ada.delete("/api/auth/spotify", params={"plays": "erase"}).status_code == 204
    asked = "/api/history/users/me/totals?rule=any&kind=all"
    wait_for(lambda: bool(ada.get(asked).json()["plays"] == 0))


def test_the_command_line_collects_too(ada: httpx2.Client, origin: str, folder: Path) -> None:
    link(ada)
    wait_for(lambda: status(ada)["standing"] == "collecting")
    told = {f"TONEARM_{name.upper()}": value for name, value in simulated(origin).items()}
    env = {**os.environ, **told, "TONEARM_DATA_DIR": str(folder)}

    def run(*words: str, code: int = 0) -> str:
        done = run_command("sync", *words, env=env)
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    assert run().startswith("Ada: collecting, asked at ")
    assert json.loads(run("status", "--json"))["standing"] == "collecting"
    assert json.loads(run("now", "--json"))["state"] == "succeeded"
    assert "plays fetched" in run("now")
    assert "until `tonearm sync resume`" in run("pause")
    assert status(ada)["standing"] == "paused"
    assert run("status").startswith("Ada: paused, asked at ")
    assert "Collecting is paused" in run("now", code=1)
    assert "collected again" in run("resume")
    assert f"{PLAYBACK} was not granted" in run("sampling", "on", code=1)
    link(ada, PLAYBACK)
    assert "Ada plays is sampled from now on" in run("sampling", "on")
    assert "Sampling is on." in run("status")
    assert "not sampled any more" in run("sampling", "off")
    assert "Sampling" not in run("status")
    assert "no user 'Bob'" in run("now", "--user", "Bob", code=1)
