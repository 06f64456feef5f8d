"""The REST surface over real HTTP: from the first visit to an undone import."""

import csv
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from serving import PASSWORD, serve, set_up
from tonearm.testing.export import ExportSummary, write_export

PLAYS = 3_000


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> ExportSummary:
    path = tmp_path_factory.mktemp("export") / "my_spotify_data.zip"
    return write_export(path, plays=PLAYS, seed=11, era="extended", years=2)


@pytest.fixture
def base(tmp_path: Path, database_url: str) -> Iterator[str]:
    url = "" if database_url.startswith("sqlite") else database_url
    with serve(tmp_path / "data", url) as base:
        yield base


@pytest.fixture
def sqlite_base(tmp_path: Path) -> Iterator[str]:
    with serve(tmp_path / "data", import_zip_mb=2) as base:
        yield base


@pytest.fixture
def client(sqlite_base: str) -> Iterator[httpx2.Client]:
    with set_up(sqlite_base) as client:
        yield client


def upload(client: httpx2.Client, *paths: Path, dry_run: bool = False) -> dict[str, Any]:
    files = [("files", (path.name, path.read_bytes())) for path in paths]
    answer = client.post("/api/imports", params={"dry_run": dry_run}, files=files)
    assert answer.status_code == 202, answer.text
    record: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/api/imports/{record['id']}"
    return record


def watch(client: httpx2.Client, import_id: int) -> list[tuple[str, dict[str, Any]]]:
    """Give every event until the stream ends by itself."""
    events: list[tuple[str, dict[str, Any]]] = []
    with client.stream("GET", f"/api/imports/{import_id}/events", timeout=120) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        name = ""
        for line in stream.iter_lines():
            field, _, value = line.partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                events.append((name, json.loads(value)))
    return events


def iter_ledger(client: httpx2.Client, import_id: int, **filters: str) -> Iterator[dict[str, Any]]:
    parameters: dict[str, str] = {"limit": "700", **filters}
    while True:
        page = client.get(f"/api/imports/{import_id}/ledger", params=parameters).json()
        yield from page["items"]
        if page["next_cursor"] is None:
            return
        parameters["cursor"] = page["next_cursor"]


def test_from_the_first_visit_to_an_undone_import(base: str, export: ExportSummary) -> None:
    with set_up(base) as client:
        walk_from_preview_to_undo(client, export)


def walk_from_preview_to_undo(client: httpx2.Client, export: ExportSummary) -> None:
    preview = upload(client, export.path, dry_run=True)
    events = watch(client, preview["id"])
    assert [name for name, _ in events][-1] == "end"
    assert {name for name, _ in events[:-1]} == {"progress"}
    previewed = events[-1][1]
    assert (previewed["state"], previewed["counts"]["rows"]) == ("previewed", export.rows)
    assert client.get("/api/history/users/me/totals").json()["plays"] == 0

    client.post(f"/api/imports/{preview['id']}/publish").raise_for_status()
    record = watch(client, preview["id"])[-1][1]
    counts = record["counts"]
    assert record["state"] == "published"
    assert counts["rows"] == export.rows == sum(v for k, v in counts.items() if k != "rows")

    everything = "/api/history/users/me/totals?rule=any&kind=all"
    ledger = list(iter_ledger(client, record["id"]))
    heard = {row["play_id"] for row in ledger if row["ms_played"]}
    assert client.get(everything).json()["plays"] == len(heard) > 0
    assert len(ledger) == export.rows
    assert sum(row["verdict"] == "new" for row in ledger) == counts["new"]
    no_content = list(iter_ledger(client, record["id"], verdict="no_content"))
    assert no_content == [row for row in ledger if row["verdict"] == "no_content"]
    assert len(no_content) == counts["no_content"] > 0

    undone = client.delete(f"/api/imports/{record['id']}").json()
    assert undone["state"] == "undone"
    assert client.get(everything).json()["plays"] == 0
    assert client.get(f"/api/imports/{record['id']}/ledger").status_code == 409


def test_a_ledger_can_be_kept_as_a_file(client: httpx2.Client, export: ExportSummary) -> None:
    record = upload(client, export.path)
    watch(client, record["id"])
    path = f"/api/imports/{record['id']}/ledger"

    as_csv = client.get(path, params={"format": "csv"})
    as_lines = client.get(path, params={"format": "jsonl", "verdict": "duplicate"})

    rows = list(csv.DictReader(as_csv.text.splitlines()))
    assert len(rows) == export.rows
    assert list(rows[0])[:3] == ["position", "member", "index"]
    assert 'filename="tonearm-import-1.csv"' in as_csv.headers["content-disposition"]
    lines = [json.loads(line) for line in as_lines.text.splitlines()]
    assert len(lines) == sum(row["verdict"] == "duplicate" for row in rows)
    assert {line["verdict"] for line in lines} <= {"duplicate"}


def test_a_measure_is_asked_once_and_known_after(
    client: httpx2.Client, export: ExportSummary
) -> None:
    watch(client, upload(client, export.path)["id"])
    path = "/api/history/users/me/top-artists"

    first = client.get(path, params={"limit": 3})
    again = client.get(path, params={"limit": 3}, headers={"if-none-match": first.headers["etag"]})
    weak = client.get(
        path, params={"limit": 3}, headers={"if-none-match": f'"x", W/{first.headers["etag"]}'}
    )
    other = client.get(path, params={"limit": 4}, headers={"if-none-match": first.headers["etag"]})

    answer = first.json()
    assert [item["rank"] for item in answer["items"]] == [1, 2, 3]
    assert answer["covered"]["zone"] == "Europe/Berlin"
    assert (again.status_code, weak.status_code, other.status_code) == (304, 304, 200)
    assert again.content == b""
    assert first.headers["cache-control"] == "private, no-cache"


def test_changed_preferences_hold_from_the_next_request(
    client: httpx2.Client, export: ExportSummary
) -> None:
    watch(client, upload(client, export.path)["id"])
    address = "/api/history/users/me/totals"
    usual = client.get(address).json()
    preferences = client.get("/api/user/preferences").json()
    assert preferences == preferences | {
        "zone": "Europe/Berlin", "rule": "30s", "counts_private": True, "travels": False,
    }  # fmt: skip

    changed = client.patch("/api/user/preferences", json={"rule": "any", "zone": "Asia/Tokyo"})

    assert changed.json()["rule"] == "any"
    now = client.get(address).json()
    assert (now["covered"]["rule"], now["covered"]["zone"]) == ("any", "Asia/Tokyo")
    assert now["plays"] > usual["plays"]
    assert client.get(address, params={"rule": "30s"}).json()["plays"] == usual["plays"]
    client.patch("/api/user/preferences", json={"counts_private": False})
    fewer = client.get(address).json()["plays"]
    assert fewer < now["plays"]
    assert client.get(address, params={"private": "in"}).json()["plays"] == now["plays"]
    for bad in (
        {"zone": "Mars/Olympus"}, {"rule": "most"}, {"colour": "red"}, {"travels": "yes"}, {"travels": 1},
        {"zone": None}, {"travels": None}, {"theme": None}, {"notifications": None},
    ):  # fmt: skip
        answer = client.patch("/api/user/preferences", json=bad)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["parameter"].endswith(next(iter(bad)))


def test_imports_are_listed_page_by_page(client: httpx2.Client, tmp_path: Path) -> None:
    (tmp_path / "empty.json").write_text("[]")
    for _ in range(3):
        upload(client, tmp_path / "empty.json", dry_run=True)

    first = client.get("/api/imports", params={"limit": 2}).json()
    second = client.get("/api/imports", params={"cursor": first["next_cursor"]}).json()

    assert [record["id"] for record in first["items"] + second["items"]] == [3, 2, 1]
    assert second["next_cursor"] is None


def test_a_queued_import_can_be_cancelled(client: httpx2.Client, tmp_path: Path) -> None:
    (tmp_path / "empty.json").write_text("[]")
    record = upload(client, tmp_path / "empty.json", dry_run=True)

    cancelled = client.post(f"/api/imports/{record['id']}/cancel")
    if cancelled.status_code == 200:  # else the worker was quicker
        assert watch(client, record["id"])[-1][1]["state"] == "cancelled"
    assert client.post(f"/api/imports/{record['id']}/cancel").status_code in {200, 409}


def spooled(data: Path) -> list[str]:
    spool = data / "spool"
    return [path.name for path in spool.iterdir()] if spool.is_dir() else []


@pytest.mark.parametrize(
    ("files", "status", "word"),
    [
        ([("file", ("a.zip", b"x"))], 422, "`files`"),
        ([("files", ("a.zip", b"x" * 2_000_001))], 413, "2 MB"),
        ([("files", ("a.zip", b"x")), ("other", (None, b"y"))], 422, "`files`"),
        ([("files", ("a.json", b"[]"))] * 1_001, 422, "1,000"),
    ],
)
def test_an_upload_that_cannot_be_used_leaves_nothing(
    client: httpx2.Client, tmp_path: Path, files: list[Any], status: int, word: str
) -> None:
    answer = client.post("/api/imports", files=files)

    assert answer.status_code == status
    assert word in answer.json()["detail"]
    assert spooled(tmp_path / "data") == []
    assert client.get("/api/imports").json()["items"] == []


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "multipart/form-data", "multipart/form-data; boundary=", "", "x; y=z; ="],
)
def test_a_body_that_is_no_upload_is_refused(client: httpx2.Client, content_type: str) -> None:
    answer = client.post("/api/imports", content=b"--b\r\n", headers={"content-type": content_type})

    assert answer.status_code == 422
    assert "multipart/form-data" in answer.json()["detail"]


CUT_OFF = (
    b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.zip"\r\n\r\nPK' + b"x" * 9
)


def test_an_upload_that_ends_early_is_told_so(client: httpx2.Client, tmp_path: Path) -> None:
    answer = client.post(
        "/api/imports",
        content=CUT_OFF,
        headers={"content-type": "multipart/form-data; boundary=b"},
    )

    assert answer.status_code == 422
    assert "cut off" in answer.json()["detail"]
    assert spooled(tmp_path / "data") == []


def test_a_caller_that_hangs_up_leaves_nothing(
    client: httpx2.Client, sqlite_base: str, tmp_path: Path
) -> None:
    address = httpx2.URL(sqlite_base)
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    head = (
        f"POST /api/imports HTTP/1.1\r\nHost: {address.host}\r\nCookie: {cookie}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 1999999\r\n\r\n"
    )

    with socket.create_connection((address.host, address.port or 80)) as caller:
        caller.sendall(head.encode() + CUT_OFF + b"x" * 1_200_000)
        wait_for(lambda: len(spooled(tmp_path / "data")) == 1)

    wait_for(lambda: spooled(tmp_path / "data") == [])
    assert client.get("/api/imports").json()["items"] == []


def wait_for(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_log_in_and_out(sqlite_base: str) -> None:
    with set_up(sqlite_base):
        pass
    with httpx2.Client(base_url=sqlite_base) as client:
        wrong = client.post("/api/auth/login", json={"name": "Ada", "password": "x" * 12})
        right = client.post("/api/auth/login", json={"name": "ada", "password": PASSWORD})
        profile = client.get("/api/user/profile")
        token = dict(client.cookies)
        client.post("/api/auth/logout").raise_for_status()

        assert (wrong.status_code, right.status_code) == (401, 200)
        assert right.json() == profile.json()
        assert "httponly" in right.headers["set-cookie"].lower()
        assert "samesite=lax" in right.headers["set-cookie"].lower()
        assert client.get("/api/user/profile").status_code == 401
    stolen = httpx2.get(f"{sqlite_base}/api/user/profile", cookies=token)
    assert stolen.status_code == 401


def test_the_owner_key_opens_the_api(sqlite_base: str) -> None:
    wish = {"name": "Ada", "password": PASSWORD}
    made = httpx2.post(f"{sqlite_base}/api/auth/setup", json=wish).json()

    def ask(authorization: str) -> int:
        headers = {"authorization": authorization}
        return httpx2.get(f"{sqlite_base}/api/user/profile", headers=headers).status_code

    assert made["user"]["name"] == "Ada"
    assert ask(f"Bearer {made['key']}") == ask(f"bearer  {made['key']}") == 200
    unknown = {"authorization": "Bearer tnrm_wrong"}
    refused = httpx2.get(f"{sqlite_base}/api/user/profile", headers=unknown)
    assert "unknown, or has ended" in refused.json()["detail"]
    assert ask(f"Basic {made['key']}") == ask("Bearer tnrm_wrong") == ask("Bearer") == 401


@pytest.mark.parametrize(
    "headers", [{"x-forwarded-for": "203.0.113.7"}, {"host": "192.168.1.5"}, {"via": "1.1 proxy"}]
)
def test_a_set_up_from_afar_needs_the_token(sqlite_base: str, headers: dict[str, str]) -> None:
    wish = {"name": "Eve", "password": PASSWORD}

    without = httpx2.post(f"{sqlite_base}/api/auth/setup", json=wish, headers=headers)
    wrong = httpx2.post(
        f"{sqlite_base}/api/auth/setup", json={**wish, "token": "guess"}, headers=headers
    )

    assert without.status_code == wrong.status_code == 403
    assert "token" in without.json()["detail"]
    with set_up(sqlite_base, "Ada") as client:
        assert client.get("/api/user/profile").json()["name"] == "Ada"


def test_a_key_of_ones_own_from_its_making_to_its_end(
    client: httpx2.Client, sqlite_base: str
) -> None:
    def ask(key: str, path: str = "/api/history/users/me/totals", method: str = "GET") -> int:
        headers = {"authorization": f"Bearer {key}"}
        return httpx2.request(method, sqlite_base + path, headers=headers).status_code

    wish = {"name": "home assistant", "scopes": ["history:read"]}
    made = client.post("/api/user/keys", json=wish).json()
    assert ask(made["key"]) == 200
    assert ask(made["key"], "/api/user/keys") == ask(made["key"], "/api/imports", "POST") == 403
    assert ask(made["key"], "/account") == 303  # pages are for people
    listed = client.get("/api/user/keys").json()["items"]
    assert [item["name"] for item in listed] == ["home assistant", "owner key"]
    assert listed[0]["used_from"] == "127.0.0.1"
    assert made["key"] not in client.get("/api/user/keys").text

    rotated = client.post(f"/api/user/keys/{made['id']}/rotate", json={"overlap_minutes": 5}).json()
    assert ask(made["key"]) == ask(rotated["key"]) == 200
    assert client.delete(f"/api/user/keys/{made['id']}").status_code == 204
    assert (ask(made["key"]), ask(rotated["key"])) == (401, 200)

    for body in (
        {"name": "x"}, {"name": "x", "scopes": ["everything"]}, {"name": "", "scopes": ["mcp"]},
    ):  # fmt: skip
        assert client.post("/api/user/keys", json=body).status_code == 422


def test_health_and_description(sqlite_base: str) -> None:
    with httpx2.Client(base_url=sqlite_base) as client:
        assert client.get("/healthz").json()["status"] == "ok"
        ready = client.get("/readyz").json()
        description = client.get("/api/openapi.json").json()
        misspelled = client.get("/api/openapi.json?x=1")
        viewer = client.get("/docs")

    assert ready == {"status": "ok", "database": True, "spool": True}
    assert description["openapi"].startswith("3.")
    assert misspelled.status_code == 422
    assert misspelled.json()["errors"][0]["parameter"] == "x"
    assert "<script>" not in viewer.text
    assert "https://" not in viewer.text


def test_the_server_stops_while_somebody_watches(tmp_path: Path, export: ExportSummary) -> None:
    began = threading.Event()

    def look(client: httpx2.Client, import_id: int) -> None:
        try:
            with client.stream("GET", f"/api/imports/{import_id}/events") as stream:
                for _ in stream.iter_lines():
                    began.set()
        except httpx2.HTTPError:
            began.set()

    with serve(tmp_path / "data") as base, set_up(base) as client:
        record = upload(client, export.path)
        other = httpx2.Client(base_url=base, cookies=client.cookies)
        watcher = threading.Thread(target=look, args=(other, record["id"]))
        watcher.start()
        assert began.wait(20)
        stopped_at = time.monotonic()
    watcher.join(20)
    other.close()

    assert not watcher.is_alive()
    assert time.monotonic() - stopped_at < 20


def test_head_answers_like_get_without_a_body(client: httpx2.Client) -> None:
    """And the connection goes on: the next request comes over the same one."""
    for path, status in (("/healthz", 200), ("/api/user/profile", 200), ("/api/imports/999", 404)):
        answer = client.head(path)
        assert (answer.status_code, answer.content) == (status, b"")
        again = client.get(path)
        assert answer.headers["content-length"] == again.headers["content-length"]


def test_a_parameter_given_twice_is_refused(client: httpx2.Client) -> None:
    answer = client.get("/api/history/users/me/totals?range=2024&range=2023")
    assert answer.status_code == 422
    assert "range" in answer.text


def test_every_method_of_an_address_is_named(client: httpx2.Client) -> None:
    answer = client.put("/api/imports/1")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "DELETE, GET, HEAD"
    assert "it takes DELETE, GET, HEAD" in answer.json()["detail"]
    assert client.post("/api/user/preferences").headers["allow"] == "GET, HEAD, PATCH"
    assert client.get("/api/auth/logout").headers["allow"] == "POST"
    assert client.delete("/static/latest/styles/app.css").headers["allow"] == "GET, HEAD"
    assert client.get("/api/imports/abc").status_code == 404


def test_a_number_is_a_number_and_a_day_a_day(client: httpx2.Client, export: ExportSummary) -> None:
    watch(client, upload(client, export.path)["id"])
    for plays in ([True], ["1"], [1.5]):
        body = {"hide": {"plays": plays}}
        answer = client.post("/api/history/users/me/corrections", json=body)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["parameter"] == "hide.plays.0"
    name = client.post(
        "/api/history/users/me/corrections",
        json={"split": {"tracks": [1], "artist": "\u001b[31mred"}},
    )
    assert name.status_code == 422
    assert "printable" in name.json()["detail"]
    for query, parameter, said in (
        ({"from": "2024-02-30"}, "from", "no day of the calendar"),
        ({"from": "9999-12-31"}, "from", "between 1970 and 2200"),
        ({"from": "2024-05-01", "to": "2023-01-01"}, "to", "later than `from`"),
        ({"range": "2024", "from": "2023-01-01"}, "range", "not both"),
    ):
        answer = client.get("/api/history/users/me/totals", params=query)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["parameter"] == parameter
        assert said in answer.json()["detail"]


def test_every_document_has_an_etag_and_is_not_sent_twice(client: httpx2.Client) -> None:
    for path in (
        "/api/imports",
        "/api/user/profile",
        "/api/user/preferences",
        "/api/user/keys",
        "/api/jobs",
        "/api/openapi.json",
    ):
        first = client.get(path)
        assert first.headers["cache-control"] == "private, no-cache", path
        again = client.get(path, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), path
        assert again.headers["etag"] == first.headers["etag"]
    changed = client.get("/api/user/preferences").headers["etag"]
    client.patch("/api/user/preferences", json={"theme": "dark"}).raise_for_status()
    answer = client.get("/api/user/preferences", headers={"if-none-match": changed})
    assert (answer.status_code, answer.json()["theme"]) == (200, "dark")
