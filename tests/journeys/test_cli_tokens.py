"""`tonearm tokens` and `tonearm sessions` beside a running server: what they change holds at once."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import jwt
import pytest
from cryptography.fernet import Fernet

from commands import run_command
from serving import PASSWORD, serve, set_up

pytestmark = pytest.mark.slow


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def base(data: Path) -> Iterator[str]:
    with serve(data) as base, set_up(base):
        yield base


def run(data: Path, *words: str, code: int = 0, **settings: str) -> str:
    """Give what a command prints: on standard output if it goes well, else on standard error."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("TONEARM")}
    done = run_command(*words, env={**env, "TONEARM_DATA_DIR": str(data), **settings})
    assert done.returncode == code, done.stderr
    return done.stderr if code else done.stdout


def log_in(base: str) -> dict[str, Any]:
    wish = {"name": "Ada", "password": PASSWORD, "session": "token"}
    found: dict[str, Any] = httpx2.post(f"{base}/api/auth/login", json=wish).json()
    return found


def status_of(base: str, tokens: dict[str, Any]) -> int:
    headers = {"authorization": f"Bearer {tokens['access_token']}"}
    return httpx2.get(f"{base}/api/user/profile", headers=headers).status_code


def key_of(tokens: dict[str, Any]) -> str:
    return str(jwt.get_unverified_header(tokens["access_token"])["kid"])


def test_a_running_server_takes_a_rotated_key_up(base: str, data: Path) -> None:
    before = log_in(base)

    told = json.loads(run(data, "tokens", "rotate-signing-key", "--json"))

    after = log_in(base)
    assert key_of(after) == told["key_id"] != key_of(before)
    assert status_of(base, before) == status_of(base, after) == 200
    assert "are signed by key" in run(data, "tokens", "rotate-signing-key")
    assert status_of(base, before) == status_of(base, after) == 200


def test_keys_that_are_settings_are_rotated_there(base: str, data: Path) -> None:
    before = log_in(base)
    given = json.dumps([Fernet.generate_key().decode()])

    said = run(data, "tokens", "rotate-signing-key", code=1, TONEARM_SIGNING_KEYS=given)

    assert "are in TONEARM_SIGNING_KEYS" in said
    assert given[2:-2] not in said
    assert (key_of(log_in(base)), status_of(base, before)) == (key_of(before), 200)


def test_keys_that_others_may_read_are_refused_in_prod(base: str, data: Path) -> None:
    assert base
    (data / "signing-keys.json").chmod(0o644)

    for words in (("serve", "--port", "0"), ("tokens", "rotate-signing-key")):
        said = run(data, *words, code=1, TONEARM_MODE="prod")
        assert "can be read by others" in said
        assert "chmod 600" in said


def test_sessions_are_listed_and_ended(base: str, data: Path) -> None:
    tokens, others = log_in(base), log_in(base)
    listed = json.loads(run(data, "sessions", "list", "--json"))["items"]
    assert [(item["id"], item["kind"]) for item in listed] == [
        (3, "token"), (2, "token"), (1, "cookie"),
    ]  # fmt: skip
    assert "python-httpx2" in run(data, "sessions", "list", "--user", "Ada")

    assert run(data, "sessions", "revoke", "2") == "1 log-in of Ada ended.\n"
    assert (status_of(base, tokens), status_of(base, others)) == (401, 200)
    assert "no session 2" in run(data, "sessions", "revoke", "2", code=1)
    assert "say --all" in run(data, "sessions", "revoke", code=2)
    assert "say --all" in run(data, "sessions", "revoke", "2", "--all", code=2)
    assert run(data, "sessions", "revoke", "--all") == "2 log-ins of Ada ended.\n"
    assert status_of(base, others) == 401
    assert run(data, "sessions", "list") == "Nobody is logged in.\n"
