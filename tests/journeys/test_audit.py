"""The audit log from the outside: what people do is in it, who may read it, and what is never in it."""

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from commands import run_command
from serving import PASSWORD, serve, set_up
from tonearm.accounts.people import Accounts
from tonearm.ops.clock import system_clock
from tonearm.storage.database import Database
from tonearm.storage.tables import audit, events, notifications
from tonearm.testing.export import write_export

OTHER_PASSWORD = "staple the other one"
WRONG_PASSWORD = "not the battery horse"
NEW_PASSWORD = "a third one to stay with"


@pytest.fixture
def base(tmp_path: Path, database_url: str) -> Iterator[str]:
    with serve(tmp_path / "data", database_url) as base:
        yield base


@pytest.fixture
def owner(base: str) -> Iterator[httpx2.Client]:
    with set_up(base) as client:
        yield client


@pytest.fixture
def bob(base: str, owner: httpx2.Client, database_url: str) -> Iterator[httpx2.Client]:
    assert owner.get("/api/user/profile").json()["role"] == "owner"
    database = Database(database_url)
    accounts = Accounts(database, system_clock)
    accounts.set_password(accounts.add("Bob", "UTC").id, OTHER_PASSWORD)
    database.close()
    with httpx2.Client(base_url=base, timeout=60) as client:
        log_in = {"name": "Bob", "password": OTHER_PASSWORD}
        client.post("/api/auth/login", json=log_in).raise_for_status()
        yield client


def entries(client: httpx2.Client, path: str = "/api/admin/audit", **query: Any) -> Any:  # noqa: ANN401 - JSON
    return client.get(path, params=query).raise_for_status().json()["items"]


def import_something(client: httpx2.Client, folder: Path) -> int:
    path = folder / "my_spotify_data.zip"
    write_export(path, plays=200, seed=3, years=1)
    files = {"files": (path.name, path.read_bytes())}
    number = int(client.post("/api/imports", files=files).raise_for_status().json()["id"])
    deadline = time.monotonic() + 60
    while client.get(f"/api/imports/{number}").json()["state"] in ("queued", "running"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return number


def test_what_happens_to_a_history_is_written_down(
    owner: httpx2.Client, bob: httpx2.Client, tmp_path: Path
) -> None:
    number = import_something(bob, tmp_path)
    rule = {
        "exclude": {
            "artist": bob.get("/api/history/users/me/top-artists").json()["items"][0]["name"]
        }
    }
    made = bob.post("/api/history/users/me/corrections", json=rule).raise_for_status().json()
    bob.delete(f"/api/history/users/me/corrections/{made['id']}").raise_for_status()
    bob.delete(f"/api/imports/{number}").raise_for_status()
    bob.patch("/api/user/preferences", json={"rule": "half"}).raise_for_status()
    me = bob.get("/api/user/profile").json()

    found = entries(owner, subject=me["id"])
    told = {entry["action"]: entry for entry in found}
    assert [entry["action"] for entry in found][:5] == [
        "preferences.changed",
        "import.undone",
        "history.correction_undone",
        "history.corrected",
        "import.published",
    ]
    assert all(told[name]["actor_id"] == me["id"] for name in list(told)[:5])
    # A worker publishes in the name of whoever brought the files; what is asked for has an address and an id.
    assert told["import.published"]["address"] is None
    assert told["import.published"]["details"]["import_id"] == number
    assert told["import.published"]["details"]["new"] > 0
    assert told["import.undone"]["address"] == "127.0.0.1"
    assert len(told["import.undone"]["request_id"]) == 16
    assert told["history.corrected"]["details"] == {"correction_id": made["id"], "kind": "exclude"}
    assert told["history.correction_undone"]["details"] == {"correction_id": made["id"]}


def test_that_an_admin_looks_at_another_s_data_is_written_down_and_the_other_sees_it(
    owner: httpx2.Client, bob: httpx2.Client
) -> None:
    me = bob.get("/api/user/profile").json()["id"]
    path = f"/api/history/users/{me}/totals"
    for _ in range(3):
        owner.get(path).raise_for_status()
    owner.get("/api/history/users/me/totals").raise_for_status()
    bob.get(path).raise_for_status()
    assert owner.get("/api/history/users/999999/totals").status_code == 404

    (read,) = entries(owner, action="data.read")
    assert (read["actor"], read["subject_id"]) == ("Ada", me)
    assert read["details"] == {"path": "/api/history/users/{user}/totals"}
    assert read["address"] == "127.0.0.1"
    (seen,) = entries(bob, "/api/user/audit", action="data.read")
    assert seen == {**read, "address": None, "request_id": None}


def test_each_way_in_which_an_admin_looks_at_somebody_is_an_entry_of_its_own(
    owner: httpx2.Client, bob: httpx2.Client
) -> None:
    me = bob.get("/api/user/profile").json()["id"]
    asked = [
        f"/api/history/users/{me}/plays",
        f"/api/history/users/{me}/corrections",
        f"/api/admin/users/{me}",
        f"/api/admin/users/{me}/keys",
        f"/api/admin/users/{me}/sync",
        f"/api/admin/users/{me}/spotify",
        f"/people/{me}",
        "/api/admin/jobs",
    ]
    for path in asked * 2:
        query = {"user_id": me} if path == "/api/admin/jobs" else {}
        owner.get(path, params=query).raise_for_status()
    # What tells of everybody, or of oneself, is no look at somebody.
    for path in ("/api/admin/users", "/api/admin/jobs", "/api/admin/users/1", "/people"):
        owner.get(path).raise_for_status()

    found = [one["details"]["path"] for one in entries(owner, action="data.read")]
    assert found[::-1] == [
        path.replace(str(me), "{user}" if "history" in path else "{user_id}") for path in asked
    ]
    assert {one["subject_id"] for one in entries(owner, action="data.read")} == {me}


def test_tokens_that_open_nothing_are_written_down_without_them(
    base: str, database_url: str
) -> None:
    planted = "planted-and-wrong"
    wish = {"name": "Eve", "password": OTHER_PASSWORD}
    for _ in range(2):
        body = {**wish, "token": planted}
        refused = httpx2.post(f"{base}/api/auth/setup", json=body, headers={"via": "1.1 proxy"})
        assert refused.status_code == 403
    with set_up(base) as owner:
        for _ in range(2):
            body = {**wish, "invitation": planted}
            assert httpx2.post(f"{base}/api/auth/register", json=body).status_code == 403
            assert httpx2.get(f"{base}/register?invitation={planted}").status_code == 404
            body = {"token": planted, "password": OTHER_PASSWORD}
            assert httpx2.post(f"{base}/api/auth/reset", json=body).status_code == 403
            assert httpx2.get(f"{base}/reset?token={planted}").status_code == 404

        found = entries(owner, action="token.refused")

    assert [one["details"] for one in found[::-1]] == [
        {"kind": "set-up"}, {"kind": "invitation"}, {"kind": "reset"},
    ]  # fmt: skip
    assert {(one["actor"], one["address"]) for one in found} == {("visitor", "127.0.0.1")}
    database = Database(database_url)
    with database.read() as connection:
        assert planted not in str(connection.execute(select(audit)).all())
    database.close()


def test_an_import_that_fails_or_is_cancelled_is_written_down(owner: httpx2.Client) -> None:
    files = {"files": ("my_spotify_data.zip", b"no export")}
    owner.post("/api/imports", files=files).raise_for_status()
    deadline = time.monotonic() + 60
    while owner.get("/api/imports/1").json()["state"] in ("queued", "running"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    owner.patch("/api/admin/queues/imports", json={"is_paused": True}).raise_for_status()
    owner.post("/api/imports", files=files).raise_for_status()
    owner.post("/api/imports/2/cancel").raise_for_status()

    cancelled, _, failed = entries(owner)[:3]
    assert (failed["action"], failed["details"]) == ("import.failed", {"import_id": 1})
    assert (failed["actor"], failed["subject_id"]) == ("tonearm", 1)
    assert (cancelled["action"], cancelled["details"]) == ("import.cancelled", {"import_id": 2})
    assert (cancelled["actor"], cancelled["address"]) == ("Ada", "127.0.0.1")


def test_everybody_sees_what_happened_to_their_own_account_alone(
    owner: httpx2.Client, bob: httpx2.Client
) -> None:
    me = bob.get("/api/user/profile").json()["id"]

    found = entries(bob, "/api/user/audit")

    assert {entry["subject_id"] for entry in found} == {me}
    assert {"login.succeeded", "password.changed", "user.added"} <= {e["action"] for e in found}
    (begun,) = entries(bob, "/api/user/audit", action="login.succeeded")
    assert begun["address"] == "127.0.0.1"
    assert bob.get("/api/admin/audit").status_code == 403
    bob.patch("/api/user/preferences", json={"rule": "half"}).raise_for_status()
    (changed,) = entries(owner, actor=me)
    assert (changed["action"], changed["actor"]) == ("preferences.changed", "Bob")


def test_the_log_comes_in_pages(owner: httpx2.Client) -> None:
    for rule in ("half", "any", "done", "30s"):
        owner.patch("/api/user/preferences", json={"rule": rule}).raise_for_status()
    whole = entries(owner)
    assert len(whole) >= 6

    for path in ("/api/admin/audit", "/api/user/audit"):
        pages, cursor = [], None
        while True:
            query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
            page = owner.get(path, params=query).raise_for_status().json()
            assert len(page["items"]) <= 2
            pages += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert [entry["id"] for entry in pages] == [entry["id"] for entry in entries(owner, path)]
    assert owner.get("/api/admin/audit", params={"action": "no.such"}).status_code == 422
    assert owner.get("/api/admin/audit", params={"cursor": "x"}).status_code == 422
    assert owner.get("/api/admin/audit", params={"limit": 501}).status_code == 422


def secrets_of(document: object) -> Iterator[str]:
    """Give every text in an answer that might open something."""
    if isinstance(document, dict):
        for name, value in document.items():
            if (
                isinstance(value, str)
                and name != "token_type"
                and any(
                    word in name for word in ("key", "token", "secret", "link", "url", "password")
                )
            ):
                yield value
            yield from secrets_of(value)
    elif isinstance(document, list):
        for value in document:
            yield from secrets_of(value)


def do_what_has_secrets(base: str, owner: httpx2.Client) -> Iterator[str]:
    """Do everything that shows or takes a secret, and give these."""

    def ask(path: str, body: object, *, status: int | None = None, method: str = "POST") -> Any:  # noqa: ANN401 - JSON
        answer = owner.request(method, path, json=body)
        assert answer.status_code == status if status else answer.is_success, (path, answer.text)
        return answer.json() if answer.content else None

    wrong = {"name": "Ada", "password": WRONG_PASSWORD}
    ask("/api/auth/login", wrong, status=401)
    yield from owner.cookies.values()
    log_in = {"name": "Ada", "password": PASSWORD, "session": "token"}
    tokens = ask("/api/auth/login", log_in)
    renewed = ask("/api/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    ask("/api/auth/refresh", {"refresh_token": tokens["refresh_token"]}, status=401)
    key = ask("/api/user/keys", {"name": "planted-name", "scopes": ["player"]})
    rotated = ask(f"/api/user/keys/{key['id']}/rotate", None)
    ask(f"/api/user/keys/{rotated['id']}", None, method="DELETE")
    forged = {"authorization": "Bearer tnrm_planted_and_forged"}
    assert httpx2.get(f"{base}/api/user/profile", headers=forged).status_code == 401
    yield from (WRONG_PASSWORD, PASSWORD, "planted-name", "planted_and_forged")
    for document in (tokens, renewed, key, rotated):
        yield from secrets_of(document)
    yield from let_somebody_in(base, ask)
    ask("/api/user/password", {"current": WRONG_PASSWORD, "new": NEW_PASSWORD}, status=422)
    ask("/api/user/password", {"current": PASSWORD, "new": NEW_PASSWORD})
    yield NEW_PASSWORD


def let_somebody_in(base: str, ask: Callable[..., Any]) -> Iterator[str]:
    """Invite somebody who comes, forgets the password, and gets a link to another one."""
    invited = ask("/api/admin/invitations", {"note": "planted-note"})
    invitation = invited["link"].partition("invitation=")[2]
    eve = {"name": "Eve", "password": OTHER_PASSWORD, "invitation": invitation}
    come = httpx2.post(f"{base}/api/auth/register", json=eve).raise_for_status()
    again = httpx2.post(f"{base}/api/auth/register", json={**eve, "name": "Mallory"})
    assert again.status_code == 403
    link = ask(f"/api/admin/users/{come.json()['id']}/password-reset", None)["link"]
    wish = {"token": link.partition("token=")[2], "password": NEW_PASSWORD}
    httpx2.post(f"{base}/api/auth/reset", json=wish).raise_for_status()
    assert httpx2.post(f"{base}/api/auth/reset", json=wish).status_code == 403
    yield from (invitation, wish["token"], OTHER_PASSWORD, "planted-note")
    yield from come.cookies.values()


def test_no_secret_reaches_the_log(base: str, owner: httpx2.Client, database_url: str) -> None:
    planted = list(do_what_has_secrets(base, owner))
    assert len(planted) >= 15
    assert min(map(len, planted)) >= len("planted")

    database = Database(database_url)
    with database.read() as connection:
        stored = [
            str(row)
            for table in (audit, events, notifications)
            for row in connection.execute(select(table))
        ]
    database.close()

    assert len(stored) >= 6
    assert [secret for secret in planted if any(secret in row for row in stored)] == []


def test_a_start_with_other_settings_is_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(tmp_path) as base, set_up(base) as client:
        assert entries(client, action="settings.changed") == []
    monkeypatch.setenv("TONEARM_ALLOWED_HOSTS", '["music.example.org"]')
    monkeypatch.setenv("TONEARM_SESSION_DAYS", "7")
    for _ in range(2):
        with serve(tmp_path) as base, httpx2.Client(base_url=base) as client:
            log_in = {"name": "Ada", "password": PASSWORD}
            client.post("/api/auth/login", json=log_in).raise_for_status()
            (entry,) = entries(client, action="settings.changed")

    assert entry["actor"] == "tonearm"
    assert entry["details"]["settings"] == {
        "allowed_hosts": {"before": "[]", "now": "['music.example.org']"},
        "session_days": {"before": "30", "now": "7"},
    }


def run(data: Path, *words: str, code: int = 0) -> str:
    """Run `tonearm audit` on a data folder and give what it prints."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("TONEARM")}
    done = run_command("audit", *words, env={**env, "TONEARM_DATA_DIR": str(data)})
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


@pytest.mark.slow
def test_the_log_on_the_command_line(tmp_path: Path) -> None:
    with serve(tmp_path) as base, set_up(base) as client:
        client.post("/api/auth/login", json={"name": "ada", "password": WRONG_PASSWORD})
        client.post("/api/user/keys", json={"name": "phone", "scopes": ["player"]})

    listed = json.loads(run(tmp_path, "list", "--json"))["items"]
    whole = json.loads(run(tmp_path, "verify", "--json"))
    exported = [json.loads(line) for line in run(tmp_path, "export").splitlines()]
    assert whole["is_whole"] is True
    assert whole["entries"] == len(listed) == len(exported)
    assert exported == listed[::-1]
    assert whole["head"] == f"{listed[0]['id']}:{listed[0]['hash']}"
    assert f"Head: {whole['head']}" in run(tmp_path, "verify", "--expect", whole["head"])
    (failed,) = run(tmp_path, "list", "--action", "login.failed").splitlines()
    assert "by visitor from 127.0.0.1" in failed
    made = run(tmp_path, "list", "--user", "Ada", "--limit", "1")
    assert "key.made of 1  by Ada (1) from 127.0.0.1" in made
    assert run(tmp_path, "list", "--since", "2999-01-01") == ""
    assert "There is no action" in run(tmp_path, "list", "--action", "login", code=2)
    assert "--since is a day" in run(tmp_path, "list", "--since", "yesterday", code=2)
    assert "--limit lies between" in run(tmp_path, "list", "--limit", "0", code=2)
    assert "A head is" in run(tmp_path, "verify", "--expect", "17", code=2)

    check_broken(tmp_path, whole["head"])


def check_broken(data: Path, head: str) -> None:
    """Be somebody who can write the database."""
    with sqlite3.connect(data / "tonearm.db") as connection:
        connection.execute("DROP TRIGGER audit_is_not_changed")
        connection.execute(
            "UPDATE audit SET address = '198.51.100.9' WHERE action = 'login.failed'"
        )
        (number,) = connection.execute(
            "SELECT id FROM audit WHERE action = 'login.failed'"
        ).fetchone()
    connection.close()

    assert f"Entry {number} is not as it was written" in run(data, "verify", code=1)
    broken = json.loads(run(data, "verify", "--expect", head, "--json", code=1))
    assert (broken["is_whole"], broken["broken_at"]) == (False, number)
    assert broken["entries"] == number - 1
