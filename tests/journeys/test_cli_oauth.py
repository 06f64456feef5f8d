"""`tonearm clients` and `tonearm grants` beside a running server: what they change holds at once."""

import json
import os
from pathlib import Path

import httpx2
import pytest

from commands import run_command
from programs import Program
from serving import serve, set_up

pytestmark = pytest.mark.slow
GPT = "https://chatgpt.com/aip/g-1/oauth/callback"


def run(data: Path, *words: str, code: int = 0) -> str:
    """Give what a command prints: on standard output if it goes well, else on standard error."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("TONEARM")}
    done = run_command(*words, env={**env, "TONEARM_DATA_DIR": str(data)})
    assert done.returncode == code, done.stderr
    return done.stderr if code else done.stdout


def test_clients_and_grants_are_looked_after_at_a_terminal(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serve(data) as base, set_up(base) as ada:
        assert "No grants" in run(data, "grants", "list")
        assert "No clients yet" in run(data, "clients", "list")
        made = json.loads(run(data, "clients", "create", "My GPT", "--json"))
        gpt = Program(base, made["client_id"], GPT, made["client_secret"])

        def status(token: str) -> int:
            headers = {"authorization": f"Bearer {token}"}
            return httpx2.get(f"{base}/api/user/profile", headers=headers).status_code

        tokens = [gpt.tokens(ada)["access_token"] for _ in range(2)]
        assert [status(token) for token in tokens] == [200, 200]
        listed = run(data, "grants", "list").splitlines()
        assert [line.split()[0] for line in listed] == ["2", "1"]
        assert "My GPT: mcp, answered at https://chatgpt.com" in listed[0]
        items = json.loads(run(data, "grants", "list", "--user", "ada", "--json"))["items"]
        assert [item["client_id"] for item in items] == [made["client_id"]] * 2

        run(data, "grants", "revoke", "1")
        assert [status(token) for token in tokens] == [401, 200]
        assert "There is no grant 1" in run(data, "grants", "revoke", "1", code=1)
        assert made["client_secret"] not in run(data, "clients", "list")
        assert "is gone" in run(data, "clients", "remove", str(made["id"]))
        assert [status(token) for token in tokens] == [401, 401]
        assert "There is no client" in run(data, "clients", "remove", str(made["id"]), code=1)

        own = ("--redirect", "https://app.example.org/a", "--redirect", "https://app.example.org/b")
        shown = run(data, "clients", "create", "Script", *own)
        assert shown.startswith("Client id: tonearm-")
        assert "\nClient secret: tncs_" in shown
        assert "answered at https://app.example.org/a, https://app.example.org/b" in run(
            data, "clients", "list"
        )
        wrong = run(data, "clients", "create", "x", "--redirect", "http://evil.example/", code=2)
        assert "redirect_uris: an address must be https" in wrong
