"""Calls are written down whichever way an assistant comes, also by a process that ends right after."""

import os
import sys
from pathlib import Path

import httpx2
import pytest
from mcp import Client, StdioServerParameters

from assisting import ERAS, ask, over_http
from serving import serve, set_up

pytestmark = pytest.mark.slow


def started(folder: Path, *options: str, **more: str) -> Client:
    """Give a client that starts `tonearm mcp`."""
    environment = {
        **os.environ,
        "TONEARM_DATA_DIR": str(folder),
        "TONEARM_DATABASE_URL": "",
        **more,
    }
    parameters = StdioServerParameters(
        command=sys.executable, args=["-m", "tonearm", "mcp", *options], env=environment
    )
    return Client(parameters, mode=ERAS[0])


def test_every_way_is_told_apart_and_none_is_forgotten(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serve(data) as base, set_up(base) as ada:
        wish = {"name": "asking", "scopes": ["mcp", "history:read"]}
        key = ada.post("/api/user/keys", json=wish).json()["key"]
        bearer = {"authorization": f"Bearer {key}"}

        ask(over_http(base, bearer, ERAS[0]), "habits")
        httpx2.get(f"{base}/api/mcp/habits", headers=bearer).raise_for_status()
        ask(started(tmp_path / "elsewhere", "--server", base, TONEARM_API_KEY=key), "habits")
        ask(started(data, "--user", "Ada"), "habits")
        ask(started(data, TONEARM_API_KEY=key), "habits")

        calls = httpx2.get(f"{base}/api/user/assistants/calls", headers=bearer).json()["items"]

    # A bridge is the protocol over HTTP.
    ways = [call["way"] for call in reversed(calls)]
    assert ways == ["mcp", "rest", "mcp", "stdio", "stdio"]
    assert {(call["tool"], call["outcome"]) for call in calls} == {("habits", "answered")}
