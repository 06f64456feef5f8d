"""Driving the simulator: over HTTP, from the command line, and twice with the same seed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from simulator.simulating import START, make_simulator, open_api
from tonearm.cli.commands.simulate import simulate
from tonearm.cli.session import UsageError
from tonearm.domain.errors import UnavailableError
from tonearm.simulator import server
from tonearm.simulator.simulator import CLIENT_ID, Simulator


@pytest.fixture
def control(origin: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=f"{origin}/_simulator", timeout=30) as client:
        yield client


def test_the_clock_moves_over_http(simulator: Simulator, control: httpx2.Client) -> None:
    shown = control.post("/clock", json={"advance_seconds": 90, "skew_seconds": -5}).json()

    assert shown["now"] == "2026-05-01T12:01:30Z"
    assert shown["skew_seconds"] == -5
    assert (simulator.clock() - START).total_seconds() == 90
    assert control.post("/clock", json={"advance_seconds": -1}).status_code == 400
    assert control.post("/clock", json={"forward": 1}).status_code == 400
    assert control.post("/clock", content=b"{").status_code == 400


def test_tokens_users_apps_limits_and_faults_are_set_over_http(
    simulator: Simulator, origin: str, control: httpx2.Client
) -> None:
    tokens = control.post("/tokens", json={"user": "listener2"}).json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}

    def me() -> int:
        return httpx2.get(f"{origin}/v1/me", headers=headers, timeout=30).status_code

    assert me() == 200
    control.post("/faults", json={"kind": "status", "status": 500, "times": 2})
    assert me() == 500
    assert control.get("/state").json()["faults"] == [{"kind": "status", "path": "", "left": 1}]
    control.delete("/faults")
    assert me() == 200
    control.post("/limits", json={"block_seconds": 60})
    assert me() == 429
    control.post("/clock", json={"advance_seconds": 60})
    assert me() == 200
    control.post("/limits", json={"rate": 0, "quota": 5})
    assert (simulator.limits.rate, simulator.limits.quota) == (0, 5)
    control.post("/limits", json={"rate": 100, "quota": 500})
    control.post("/behaviour", json={"mark": "start", "rotate": True})
    assert (simulator.mark, simulator.accounts.rotate) == ("start", True)
    control.post("/users/listener2", json={"premium": False, "advert_seconds": 9})
    now = {"headers": headers, "timeout": 30}
    playing: Any = httpx2.get(f"{origin}/v1/me/player", **now).json()  # type: ignore[arg-type]  # of several kinds
    assert playing["currently_playing_type"] == "ad"
    assert not simulator.users["listener2"].premium
    wish = {"client_id": "mine", "secret": "s", "users": ["listener1"], "owner_premium": False}
    shown = control.post("/apps", json=wish).json()
    assert shown["apps"] == {CLIENT_ID: ["listener1", "listener2"], "mine": ["listener1"]}
    control.post("/users/listener2", json={"revoke": True})
    assert me() == 401
    assert control.get("/state").json()["answers"]["GET /v1/me 200"] == 3


@pytest.mark.parametrize(
    ("path", "wish", "status"),
    [
        ("/tokens", {"user": "nobody"}, 404),
        ("/tokens", {"client_id": "nothing"}, 404),
        ("/users/nobody", {}, 404),
        ("/limits", {"client_id": "nothing"}, 404),
        ("/faults", {"kind": "flood"}, 400),
        ("/faults", {"kind": "status", "status": 404}, 400),
        ("/apps", {"client_id": "a", "users": ["nobody"]}, 400),
        ("/behaviour", {"mark": "middle"}, 400),
    ],
)
def test_wrong_wishes_are_told(
    control: httpx2.Client, path: str, wish: dict[str, Any], status: int
) -> None:
    answer = control.post(path, json=wish)

    assert answer.status_code == status
    assert answer.json()["error"]


def test_the_truth_is_told_over_http(simulator: Simulator, control: httpx2.Client) -> None:
    listens = simulator.listens()
    told = control.get("/users/listener1/listens").json()["items"]

    assert [each["uri"] for each in told] == [each.uri for each in listens]
    assert [each["ms_played"] for each in told] == [each.ms_played for each in listens]
    since = {"since_ms": listens[-3].started_at}
    assert control.get("/users/listener1/listens", params=since).json()["items"] == told[-3:]
    assert control.get("/users/nobody/listens").status_code == 404
    bad = {"since_ms": "then"}
    assert control.get("/users/listener1/listens", params=bad).status_code == 400


def record(seed: int) -> list[Any]:
    """Give the answers to a row of calls, the port of the server made the same."""
    simulator = make_simulator(seed=seed)
    found: list[Any] = []
    with server.serving(simulator) as origin, open_api(simulator, origin) as api:
        for path in ("/me", "/me/player", "/me/player/recently-played?limit=50", "/me/tracks",
                     "/me/playlists", "/me/top/tracks", "/search?q=the&type=track,album"):  # fmt: skip
            found.append(api.get(path).text.replace(origin, ""))
            simulator.clock.advance(minutes=7)
        found.append(api.post("/me/playlists", json={"name": "A"}).text.replace(origin, ""))
        found.append(api.headers["Authorization"])
    found += [(each.uri, each.started_at, each.ms_played) for each in simulator.listens()]
    return found


def test_the_same_seed_gives_the_same_answers_and_another_one_others() -> None:
    first = record(7)

    assert record(7) == first
    other = record(8)
    assert all(one != another for one, another in zip(first[:9], other[:9], strict=True))


def test_listeners_are_different_people(simulator: Simulator) -> None:
    one, other = simulator.users.values()

    assert one.account_id != other.account_id
    assert {(each.uri, each.started_at) for each in simulator.listens(one.id)}.isdisjoint(
        (each.uri, each.started_at) for each in simulator.listens(other.id)
    )


def test_wrong_options_are_refused() -> None:
    for options in ({"port": -1}, {"port": 70_000}, {"users": 0}, {"seed": -1}):
        with pytest.raises(UsageError, match="--"):
            simulate(**options)  # type: ignore[arg-type]  # numbers all
    with server.listen() as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UnavailableError, match=f"Port {port}"):
            simulate(port=port)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for other processes")
@pytest.mark.parametrize("as_json", [True, False])
def test_the_command_prints_addresses_and_serves_until_interrupted(
    tmp_path: Path,
    as_json: bool,  # noqa: FBT001 - a case
) -> None:
    words = [sys.executable, "-m", "tonearm", "simulate", "--seed", "5"]
    with subprocess.Popen(  # noqa: S603 - our own command
        words + ["--json"] * as_json, stdout=subprocess.PIPE, cwd=tmp_path, text=True
    ) as process:
        assert process.stdout is not None
        told: dict[str, str] = {}
        lines = ""
        while len(told) < 7:
            line = process.stdout.readline()
            assert line, lines
            lines += line
            if as_json:
                told = json.loads(lines) if line == "}\n" else {}
            else:
                name, _, value = line.strip().rpartition(" ")
                told[name.strip().replace(" ", "_")] = value
        headers = {"Authorization": f"Bearer {told['access_token']}"}
        assert told["accounts"].startswith("http://127.0.0.1:")
        me = httpx2.get(f"{told['api']}/me", headers=headers, timeout=30).json()
        assert me["id"] == told["user"] == "listener1"
        playing = httpx2.get(f"{told['api']}/me/player", headers=headers, timeout=30)
        assert playing.json()["is_playing"]
        form = {"grant_type": "refresh_token", "client_id": told["client_id"],
                "refresh_token": told["refresh_token"]}  # fmt: skip
        answer = httpx2.post(f"{told['accounts']}/api/token", data=form, timeout=30)
        assert answer.status_code == 200
        assert httpx2.get(told["control"] + "/state", timeout=30).json()["seed"] == 5
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode in {0, 130}
