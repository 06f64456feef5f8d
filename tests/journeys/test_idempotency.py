"""Requests that are sent twice do what they do once."""

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from serving import PASSWORD, serve, set_up
from tonearm.accounts.digest import digest
from tonearm.storage.database import Database
from tonearm.storage.tables import idempotency_keys

ROWS: list[dict[str, Any]] = [
    {
        "endTime": "2023-05-01 10:00",
        "artistName": "Nina",
        "trackName": "Song",
        "msPlayed": 200_000,
    }
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def base(folder: Path) -> Iterator[str]:
    with serve(folder) as base:
        yield base


@pytest.fixture(scope="module")
def ada(base: str) -> Iterator[httpx2.Client]:
    with set_up(base) as client:
        yield client


def problem(answer: httpx2.Response, status: int, code: str) -> str:
    assert answer.status_code == status, answer.text
    assert answer.json()["code"] == code
    return str(answer.json()["detail"])


def correction(day: int = 1) -> dict[str, Any]:
    return {"exclude": {"from_day": f"2023-01-{day:02}", "to_day": "2023-02-01"}}


def correct(
    client: httpx2.Client, key: str | None, body: dict[str, Any] | None = None
) -> httpx2.Response:
    headers = {} if key is None else {"idempotency-key": key}
    return client.post(
        "/api/history/users/me/corrections", json=body or correction(), headers=headers
    )


def corrections(client: httpx2.Client) -> int:
    page = client.get("/api/history/users/me/corrections", params={"limit": 500}).json()
    return len(page["items"])


def upload(
    client: httpx2.Client, key: str, rows: list[dict[str, Any]] = ROWS, query: str = ""
) -> httpx2.Response:
    content = json.dumps(rows).encode()
    files = [("files", ("StreamingHistory_music_0.json", content, "application/json"))]
    return client.post(f"/api/imports{query}", files=files, headers={"idempotency-key": key})


def test_a_repeat_gets_the_same_answer_and_does_nothing(ada: httpx2.Client) -> None:
    before = corrections(ada)
    first = correct(ada, "same")
    repeat = correct(ada, "same")

    assert first.status_code == repeat.status_code == 201
    assert first.content == repeat.content
    assert first.headers["location"] == repeat.headers["location"]
    assert first.headers["content-type"] == repeat.headers["content-type"]
    assert "idempotency-replayed" not in first.headers
    assert repeat.headers["idempotency-replayed"] == "true"
    assert first.headers["x-request-id"] != repeat.headers["x-request-id"]
    assert corrections(ada) == before + 1


def test_without_a_key_a_repeat_is_another_request(ada: httpx2.Client) -> None:
    before = corrections(ada)
    for _ in range(2):
        assert correct(ada, None).status_code == 201
    assert corrections(ada) == before + 2


def test_quotation_marks_of_structured_fields_are_no_part_of_the_key(ada: httpx2.Client) -> None:
    first = correct(ada, '"quoted \\" key"')

    assert correct(ada, '"quoted \\" key"').headers["idempotency-replayed"] == "true"
    assert correct(ada, '"plain"').status_code == first.status_code == 201
    assert correct(ada, "plain").headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize("key", ["", '"', '""', "a b", "a" * 256, '"open', "tab\tin"])
def test_a_key_that_is_none_is_refused(ada: httpx2.Client, key: str) -> None:
    before = corrections(ada)

    assert "255" in problem(correct(ada, key), 422, "invalid_input")
    assert corrections(ada) == before


def test_two_keys_are_refused(ada: httpx2.Client) -> None:
    answer = ada.post(
        "/api/history/users/me/corrections",
        json=correction(),
        headers=[("idempotency-key", "one"), ("idempotency-key", "two")],
    )

    problem(answer, 422, "invalid_input")


def test_another_request_under_the_same_key_is_refused(ada: httpx2.Client) -> None:
    assert correct(ada, "reused").status_code == 201
    before = corrections(ada)

    detail = problem(correct(ada, "reused", correction(2)), 422, "idempotency_key_reused")
    assert "new one" in detail
    other = ada.post(
        "/api/user/keys",
        json={"name": "x", "scopes": ["history:read"]},
        headers={"idempotency-key": "reused"},
    )
    problem(other, 422, "idempotency_key_reused")
    assert corrections(ada) == before


def test_what_failed_may_be_sent_again(ada: httpx2.Client) -> None:
    problem(correct(ada, "failing", {"exclude": {"zone": "Nowhere"}}), 422, "invalid_input")

    assert correct(ada, "failing").status_code == 201


@pytest.mark.parametrize(
    ("path", "wish", "secret"),
    [
        ("/api/user/keys", {"name": "phone", "scopes": ["history:read"]}, "key"),
        ("/api/user/keys/1/rotate", {}, "key"),
        ("/api/admin/invitations", {}, "link"),
        ("/api/admin/users/{other}/password-reset", None, "link"),
    ],
)
def test_a_secret_is_shown_once_and_is_not_kept(
    ada: httpx2.Client, folder: Path, path: str, wish: dict[str, Any] | None, secret: str
) -> None:
    other = ada.post("/api/admin/users", json={"name": f"other{len(path)}"}).json()["id"]

    def make() -> httpx2.Response:
        headers = {"idempotency-key": path}
        return ada.post(path.replace("{other}", str(other)), json=wish, headers=headers)

    first = make()
    assert first.status_code == 201, first.text
    assert "secret" in problem(make(), 409, "answer_not_kept")

    database = Database(f"sqlite:///{folder / 'tonearm.db'}")
    with database.read() as connection:
        kept = connection.execute(idempotency_keys.select()).all()
    database.close()
    assert first.json()[secret][-12:] not in repr(kept)


def test_a_repeat_makes_no_second_key(ada: httpx2.Client) -> None:
    wish = {"name": "only one", "scopes": ["history:read"]}
    for _ in range(3):
        ada.post("/api/user/keys", json=wish, headers={"idempotency-key": "only-one"})

    names = [key["name"] for key in ada.get("/api/user/keys").json()["items"]]
    assert names.count("only one") == 1


def test_an_upload_is_imported_once_although_its_form_is_written_anew(ada: httpx2.Client) -> None:
    first = upload(ada, "upload")
    assert first.status_code == 202
    before = len(ada.get("/api/imports").json()["items"])
    repeat = upload(ada, "upload")

    boundaries = {
        answer.request.headers["content-type"].partition("boundary=")[2]
        for answer in (first, repeat)
    }
    assert len(boundaries) == 2
    assert repeat.status_code == 202
    assert repeat.json()["id"] == first.json()["id"]
    assert repeat.headers["idempotency-replayed"] == "true"
    assert len(ada.get("/api/imports").json()["items"]) == before


def test_other_files_or_parameters_under_the_same_key_are_refused(
    ada: httpx2.Client, folder: Path
) -> None:
    assert upload(ada, "files").status_code == 202
    other = [{**ROWS[0], "artistName": "Nena"}]

    problem(upload(ada, "files", other), 422, "idempotency_key_reused")
    problem(upload(ada, "files", query="?dry_run=true"), 422, "idempotency_key_reused")
    spooled = {item["id"] for item in ada.get("/api/imports").json()["items"]}
    assert len(list((folder / "spool").iterdir())) <= len(spooled)


def test_a_large_upload_is_compared_too(ada: httpx2.Client) -> None:
    rows = [
        {**ROWS[0], "endTime": f"2022-01-01 {i // 60 % 24:02}:{i % 60:02}"} for i in range(20_000)
    ]

    assert upload(ada, "large", rows).status_code == 202
    assert upload(ada, "large", rows).headers["idempotency-replayed"] == "true"
    rows[-1] = {**ROWS[0], "trackName": "Sonk"}
    problem(upload(ada, "large", rows), 422, "idempotency_key_reused")


def test_a_key_is_the_callers_own(ada: httpx2.Client, base: str) -> None:
    correct(ada, "mine")
    made = ada.post("/api/user/keys", json={"name": "r", "scopes": ["history:read"]}).json()
    reader = {"authorization": f"Bearer {made['key']}", "idempotency-key": "mine"}

    # A key of the same person that may not do this gets no answer to it either.
    url = f"{base}/api/history/users/me/corrections"
    problem(httpx2.post(url, json=correction(), headers=reader), 403, "forbidden")
    anonymous = {"idempotency-key": "mine"}
    problem(httpx2.post(url, json=correction(), headers=anonymous), 401, "unauthenticated")


def test_while_the_first_is_at_work_a_repeat_waits(
    ada: httpx2.Client, base: str, folder: Path
) -> None:
    """The first request claims its key with its head, and is at work as long as its body is on its way."""
    host, port = base.removeprefix("http://").split(":")
    body = json.dumps(correction(3), separators=(",", ":")).encode()
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in ada.cookies.jar)
    head = (
        "POST /api/history/users/me/corrections HTTP/1.1\r\n"
        f"host: {host}:{port}\r\ncookie: {cookies}\r\nidempotency-key: slow\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=30) as first:
        first.sendall(head.encode() + body[:5])
        wait_until_claimed(folder, "slow")
        problem(correct(ada, "slow", correction(3)), 409, "request_at_work")
        first.sendall(body[5:])
        answer = first.recv(65_536).decode()

    assert answer.startswith("HTTP/1.1 201")
    assert correct(ada, "slow", correction(3)).headers["idempotency-replayed"] == "true"


def wait_until_claimed(folder: Path, key: str) -> None:
    database = Database(f"sqlite:///{folder / 'tonearm.db'}")
    claimed = select(idempotency_keys).where(idempotency_keys.c.key_hash == digest(key))
    deadline = time.monotonic() + 30
    row = None
    while row is None:
        assert time.monotonic() < deadline
        with database.read() as connection:
            row = connection.execute(claimed).first()
    database.close()


def test_of_many_at_once_one_is_done(base: str, ada: httpx2.Client) -> None:
    before = corrections(ada)

    def send(_: int) -> int:
        with httpx2.Client(base_url=base, cookies=ada.cookies, timeout=60) as client:
            return correct(client, "at-once").status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(send, range(16)))

    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert corrections(ada) == before + 1


def test_log_in_takes_no_key(base: str, ada: httpx2.Client) -> None:
    """Nobody is known yet whose key it could be."""
    del ada
    wish = {"name": "Ada", "password": PASSWORD}
    answer = httpx2.post(f"{base}/api/auth/login", json=wish, headers={"idempotency-key": "login"})

    assert "belongs to a caller" in problem(answer, 422, "invalid_input")
    assert "set-cookie" not in answer.headers


def test_what_makes_nothing_is_done_once_too(ada: httpx2.Client) -> None:
    """An answer of 200 is given again as it was, whatever has become of the thing since."""
    uploaded = upload(ada, "to-be-cancelled", query="?dry_run=true").json()["id"]
    place = f"/api/imports/{uploaded}/cancel"
    while ada.get(f"/api/imports/{uploaded}").json()["state"] in ("queued", "running"):
        time.sleep(0.05)
    first = ada.post(place, headers={"idempotency-key": "cancel"})
    repeat = ada.post(place, headers={"idempotency-key": "cancel"})

    assert first.status_code == repeat.status_code == 200
    assert first.content == repeat.content
    assert repeat.headers["idempotency-replayed"] == "true"
    assert ada.post(place).status_code == 409
    other = ada.post("/api/notifications/read", headers={"idempotency-key": "cancel"})
    problem(other, 422, "idempotency_key_reused")


def test_of_a_password_no_digest_is_kept(ada: httpx2.Client, folder: Path) -> None:
    """The digest of a request that has one would be quick to guess it by."""
    wish = {"current": PASSWORD, "new": "staple the other one"}
    answer = ada.post("/api/user/password", json=wish, headers={"idempotency-key": "password"})

    assert "nothing of a password is kept" in problem(answer, 422, "invalid_input")
    database = Database(f"sqlite:///{folder / 'tonearm.db'}")
    claimed = select(idempotency_keys).where(idempotency_keys.c.key_hash == digest("password"))
    with database.read() as connection:
        assert connection.execute(claimed).first() is None
    database.close()


def test_a_body_that_is_refused_does_nothing_and_leaves_its_key(ada: httpx2.Client) -> None:
    """Also where the operation needs no body, and so would not read it."""
    place, key = "/api/user/keys", {"idempotency-key": "too-large"}
    wish = {"name": "after all", "scopes": ["history:read"]}
    before = len(ada.get(place).json()["items"])

    answer = ada.post(place, json=wish | {"name": "x" * 2_000_000}, headers=key)

    assert answer.status_code == 413
    assert len(ada.get(place).json()["items"]) == before
    answer = ada.post(place, json=wish, headers=key)
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")


def test_an_operation_without_a_body_is_not_done_either(ada: httpx2.Client) -> None:
    number = ada.post("/api/admin/users", json={"name": "Reset me"}).json()["id"]
    place = f"/api/admin/users/{number}/password-reset"
    before = resets(ada)

    answer = ada.post(place, content=b"x" * 2_000_000, headers={"idempotency-key": "large-too"})

    assert answer.status_code == 413
    assert resets(ada) == before
    assert ada.post(place, headers={"idempotency-key": "large-too"}).status_code == 201
    assert resets(ada) == before + 1


def resets(ada: httpx2.Client) -> int:
    entries = ada.get("/api/admin/audit").raise_for_status().json()["items"]
    return sum(one["action"] == "password.reset_made" for one in entries)
