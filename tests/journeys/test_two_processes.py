"""Two processes of `tonearm serve` on one PostgreSQL: what ends in one has ended in the other with the next request."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from programs import Program, register
from serving import PASSWORD, set_up

_ADDRESS = re.compile(r" on (http://127\.0\.0\.1:\d+)$")
pytestmark = pytest.mark.slow


@contextmanager
def process(folder: Path, database_url: str, keys_file: Path) -> Iterator[str]:
    """Serve in a process of its own; gives the address."""
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TONEARM")},
        "TONEARM_DATA_DIR": str(folder),
        "TONEARM_DATABASE_URL": database_url,
        "TONEARM_SIGNING_KEYS_FILE": str(keys_file),
        "PYTHONUNBUFFERED": "1",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "tonearm", "serve", "--port", "0", "--no-worker"],
        env=env, cwd=folder.parent, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as server:  # fmt: skip
        try:
            lines = iter(server.stdout or ())
            found = next(filter(None, map(_ADDRESS.search, map(str.rstrip, lines))))
            yield found[1]
        finally:
            server.send_signal(signal.SIGTERM)
            server.communicate(timeout=60)


def ask(base: str, secret: str) -> int:
    headers = {"authorization": f"Bearer {secret}"}
    return httpx2.get(f"{base}/api/user/profile", headers=headers, timeout=60).status_code


def test_what_is_revoked_in_one_process_is_refused_in_the_other(
    tmp_path: Path, postgresql_url: str
) -> None:
    with ExitStack() as stack:
        one, two = (
            stack.enter_context(process(tmp_path / name, postgresql_url, tmp_path / "keys.json"))
            for name in ("one", "two")
        )
        ada = stack.enter_context(set_up(one))
        there = stack.enter_context(httpx2.Client(base_url=two, timeout=60))
        log_in = {"name": "Ada", "password": PASSWORD}
        there.post("/api/auth/login", json=log_in).raise_for_status()
        tokens = there.post("/api/auth/login", json={**log_in, "session": "token"}).json()
        wish = {"name": "phone", "scopes": ["history:read"]}
        key = ada.post("/api/user/keys", json=wish).json()
        rotated = there.post(f"/api/user/keys/{key['id']}/rotate", json={"overlap_minutes": 5})
        secrets = [key["key"], rotated.json()["key"], tokens["access_token"]]
        for base in (one, two, one, two):
            assert [ask(base, secret) for secret in secrets] == [200] * 3

        ada.delete(f"/api/user/keys/{key['id']}").raise_for_status()
        assert [ask(base, key["key"]) for base in (two, one)] == [401, 401]
        there.delete(f"/api/user/keys/{rotated.json()['id']}").raise_for_status()
        assert [ask(base, rotated.json()["key"]) for base in (one, two)] == [401, 401]

        assert there.get("/api/user/profile").status_code == 200
        ada.delete("/api/user/sessions").raise_for_status()  # all but the own one
        assert there.get("/api/user/profile").status_code == 401
        assert [ask(base, tokens["access_token"]) for base in (two, one)] == [401, 401]
        assert ada.get("/api/user/profile").status_code == 200


def test_a_grant_that_ends_in_one_process_has_ended_in_the_other(
    tmp_path: Path, postgresql_url: str
) -> None:
    with (
        process(tmp_path / "one", postgresql_url, tmp_path / "keys.json") as one,
        process(tmp_path / "two", postgresql_url, tmp_path / "keys.json") as two,
        set_up(one) as ada,
    ):
        # Both go by one name, as behind one proxy.
        host = {"host": urlsplit(one).netloc}

        def there(token: str) -> int:
            headers = {"authorization": f"Bearer {token}", **host}
            return httpx2.get(f"{two}/api/user/profile", headers=headers).status_code

        program = register(one)
        elsewhere = Program(two, program.client_id)
        code = program.code(ada)
        tokens = program.redeem(code).json()
        assert (ask(one, tokens["access_token"]), there(tokens["access_token"])) == (200, 200)
        # A code and a refresh token are good once in all of them.
        renewed = elsewhere.refresh(tokens["refresh_token"]).json()
        assert there(renewed["access_token"]) == 200
        assert program.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
        assert (ask(one, renewed["access_token"]), there(renewed["access_token"])) == (401, 401)

        tokens = program.tokens(ada)
        number = ada.get("/api/user/grants").json()["items"][0]["id"]
        ada.delete(f"/api/user/grants/{number}").raise_for_status()
        assert (there(tokens["access_token"]), ask(one, tokens["access_token"])) == (401, 401)
        tokens = program.tokens(ada)
        wish = {"current": PASSWORD, "new": "another horse battery"}
        ada.post("/api/user/password", json=wish).raise_for_status()
        assert (there(tokens["access_token"]), ask(one, tokens["access_token"])) == (401, 401)
