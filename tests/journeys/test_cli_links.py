"""`tonearm vault`, `tonearm links` and the Spotify of `tonearm demo`, beside servers that run."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from commands import run_command
from link_room import decide
from serving import serve, set_up
from simulator.simulating import SMALL
from tonearm.simulator.server import serving
from tonearm.simulator.simulator import CLIENT_ID, Simulator

pytestmark = pytest.mark.slow
SPOTIFY = "/api/auth/spotify"
OURS = {"sec-fetch-site": "same-origin"}
AGREE = {"user": "listener1", "decision": "agree"}
FOUND = re.compile(r"(?:Spotify to link runs|Tonearm \S+) on (http://127\.0\.0\.1:\d+)")


def environment(data: Path) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("TONEARM")}
    return {**env, "TONEARM_DATA_DIR": str(data)}


def run(data: Path, *words: str, code: int = 0) -> str:
    """Give what a command prints: on standard output if it goes well, else on standard error."""
    done = run_command(*words, env=environment(data))
    assert done.returncode == code, done.stderr
    return done.stderr if code else done.stdout


def link(client: httpx2.Client) -> None:
    left = client.get(f"{SPOTIFY}/login", headers=OURS)
    back = client.get(decide(left.headers["location"], AGREE))
    assert (back.status_code, back.headers["location"]) == (303, "/account#spotify")


@pytest.fixture
def linked(tmp_path: Path) -> Iterator[httpx2.Client]:
    """Give Ada, who is linked on a server that runs."""
    with serving(Simulator(7, plan=SMALL)) as origin:
        settings: dict[str, Any] = {
            "spotify_client_id": CLIENT_ID,
            "spotify_accounts_url": origin,
            "spotify_api_url": f"{origin}/v1",
        }
        with serve(tmp_path / "data", **settings) as base, set_up(base) as ada:
            link(ada)
            yield ada


def test_a_running_server_goes_on_by_a_rotated_key(linked: httpx2.Client, tmp_path: Path) -> None:
    data = tmp_path / "data"
    (before,) = json.loads((data / "vault-keys.json").read_text())["keys"]

    done = json.loads(run(data, "vault", "rotate", "--json"))

    assert (done["resealed"], done["lost"], done["dropped"] + done["kept"]) == (2, 0, 1)
    assert json.loads((data / "vault-keys.json").read_text())["keys"][0] != before
    linked.post(f"{SPOTIFY}/refresh").raise_for_status()
    assert "seals by key" in run(data, "vault", "rotate")
    linked.post(f"{SPOTIFY}/refresh").raise_for_status()


def test_links_are_listed_and_ended(linked: httpx2.Client, tmp_path: Path) -> None:
    data = tmp_path / "data"
    name = linked.get(f"{SPOTIFY}/status").json()["link"]["display_name"]

    assert run(data, "links", "list").startswith(f"Ada: {name}, linked, until 20")
    (item,) = json.loads(run(data, "links", "list", "--json"))["items"]
    assert (item["user"], item["link"]["state"]) == ("Ada", "linked")
    assert "token" not in str(item)
    assert "Ada is not linked" in run(data, "links", "unlink", "--user", "Ada")
    assert linked.get(f"{SPOTIFY}/status").json()["linked"] is False
    assert "Nobody is linked" in run(data, "links", "list")
    assert "no link to Spotify" in run(data, "links", "unlink", code=1)


def test_the_demo_brings_a_spotify_along(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "tonearm", "demo", "--port", "0"]
    with subprocess.Popen(  # noqa: S603 - our own program
        words, env=environment(tmp_path), stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        said = ""
        while len(FOUND.findall(said)) < 2:
            line = process.stderr.readline()
            assert line, said
            said += line
        spotify, base = FOUND.findall(said)
        with httpx2.Client(base_url=base, timeout=60) as visitor:
            password = re.search(r"with the password: (.+)", said)
            assert password
            wish = {"name": "demo", "password": password[1]}
            visitor.post("/api/auth/login", json=wish).raise_for_status()
            link(visitor)
            assert visitor.get(f"{SPOTIFY}/status").json()["linked"] is True
        assert httpx2.get(f"{spotify}/_simulator/state").status_code == 200
        process.send_signal(signal.SIGINT)
        process.stderr.read()
        process.wait(timeout=30)
    # The next demo knows nothing of it: its Spotify is another one.
    assert (
        "Log in as demo"
        in subprocess.run(  # noqa: S603 - our own program
            [*words[:4], "--no-serve"],
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stderr
    )
    assert "Nobody is linked" in run(tmp_path / "demo", "links", "list")
