"""What a real server does about those who are slow, too often, or not who they say."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPResponse
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI, Request

from serving import PASSWORD, running, serve, set_up
from tonearm.accounts.audit import Audit
from tonearm.ops.clock import system_clock
from tonearm.storage.database import Database
from tonearm.web.bodies import Patience, allow_body
from tonearm.web.connections import MOST_HEAD_BYTES, BoundedProtocol
from tonearm.web.errors import Errors
from tonearm.web.gate import Gate, GateRules

VISITOR = "203.0.113.7"
PROXIED = {"x-forwarded-for": VISITOR}
OVER_TLS = {**PROXIED, "x-forwarded-proto": "https", "x-forwarded-host": "localhost"}
LOG_IN = {"name": "Ada", "password": PASSWORD}


class Hasty(BoundedProtocol):
    """The server's protocol, with less patience than people need."""

    head_seconds = 0.2


@pytest.fixture(scope="module")
def hasty() -> Iterator[tuple[str, int]]:
    """Serve an app that reads bodies, and waits for nothing long."""
    app = FastAPI()
    errors = Errors(None)
    errors.install(app)
    patience = Patience(idle_seconds=0.2, whole_seconds=0.5)
    app.add_middleware(Gate, errors=errors, rules=GateRules(patience=patience))

    async def take(request: Request, *, large: bool = False) -> dict[str, int]:
        if large:
            allow_body(request, 10_000_000)
        return {"bytes": len(await request.body())}

    async def refuse() -> dict[str, int]:
        return {"bytes": 0}

    app.add_api_route("/api/take", take, methods=["POST"])
    app.add_api_route("/api/refuse", refuse, methods=["POST"])
    with running(app, Hasty) as base:
        host, port = base.removeprefix("http://").split(":")
        yield host, int(port)


@contextmanager
def connected(address: tuple[str, int]) -> Iterator[socket.socket]:
    with socket.create_connection(address, timeout=20) as connection:
        yield connection


def received(connection: socket.socket) -> bytes:
    """Give all that comes until the server hangs up."""
    parts = []
    try:
        while part := connection.recv(65_536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def head(path: str, length: int, *more: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "host: localhost", f"content-length: {length}", *more, "", ""]
    return "\r\n".join(lines).encode()


@pytest.mark.parametrize("path", ["/api/take", "/api/take?large=true"])
def test_a_body_that_stops_is_given_up_on(hasty: tuple[str, int], path: str) -> None:
    with connected(hasty) as connection:
        connection.sendall(head(path, 100) + b"begun")
        answer = received(connection)

    assert answer.startswith(b"HTTP/1.1 408")
    assert b"application/problem+json" in answer
    assert b'"code":"too_slow"' in answer


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"G",
        b"GET / HTTP/1.1\r\nhost: localhost\r\n",
        b"GET / HTTP/1.1\r\nhost: localhost\r\nx: ",
    ],
)
def test_a_head_that_does_not_come_is_given_up_on(hasty: tuple[str, int], begun: bytes) -> None:
    with connected(hasty) as connection:
        connection.sendall(begun)

        assert received(connection) == b""


def test_a_head_that_does_not_end_is_given_up_on(hasty: tuple[str, int]) -> None:
    line = b"x-more: " + b"a" * 1_000 + b"\r\n"
    with connected(hasty) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nhost: localhost\r\n")
        with pytest.raises(OSError, match=r"reset|pipe|closed"):
            connection.sendall(line * (100 * MOST_HEAD_BYTES // len(line)))


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS begins so
        b"GET /\x00 HTTP/1.1\r\nhost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: localhost\r\ncontent-length: many\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: localhost\r\nspace : before\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused_in_the_words_of_all_refusals(
    hasty: tuple[str, int], sent: bytes
) -> None:
    with connected(hasty) as connection:
        connection.sendall(sent)
        answer = HTTPResponse(connection)
        answer.begin()
        problem = json.loads(answer.read())

    assert answer.status == HTTPStatus.BAD_REQUEST
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert problem["code"] == "bad_request"
    assert problem["request_id"] == answer.headers["x-request-id"] != ""


def test_who_is_done_in_time_may_go_on(hasty: tuple[str, int]) -> None:
    """Several requests over one connection, heads and bodies in parts."""
    with connected(hasty) as connection:
        for _ in range(3):
            whole = head("/api/take", 4) + b"body"
            for start in range(0, len(whole), 40):
                connection.sendall(whole[start : start + 40])
            answer = b""
            while not answer.endswith(b'{"bytes":4}'):
                answer += connection.recv(65_536)
        connection.sendall(head("/api/take", 4, "connection: close") + b"body")
        assert received(connection).endswith(b'{"bytes":4}')


def test_an_early_answer_is_read_before_its_body_is_sent(hasty: tuple[str, int]) -> None:
    size = 4 * MOST_HEAD_BYTES
    with connected(hasty) as connection:
        connection.sendall(head("/api/refuse", size))
        answer = b""
        while not answer.endswith(b'{"bytes":0}'):
            answer += connection.recv(65_536)
        connection.sendall(b" " * size + head("/api/take", 4, "connection: close") + b"body")
        assert received(connection).endswith(b'{"bytes":4}')


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a data folder with an owner."""
    folder = tmp_path_factory.mktemp("data")
    with serve(folder) as base, set_up(base):
        pass
    return folder


@pytest.fixture(scope="module")
def proxied(folder: Path) -> Iterator[str]:
    with serve(folder, trusted_proxies=["127.0.0.1"]) as base:
        yield base


def last_log_in(folder: Path) -> str | None:
    database = Database(f"sqlite:///{folder / 'tonearm.db'}")
    entries = Audit(database, system_clock).list(limit=10)
    database.close()
    return next(entry.address for entry in entries if "log" in entry.action)


def test_behind_a_trusted_proxy_the_visitor_s_address_is_known(proxied: str, folder: Path) -> None:
    with httpx2.Client(base_url=proxied, headers=PROXIED) as client:
        client.post("/api/auth/login", json=LOG_IN).raise_for_status()
        wish = {"name": "phone", "scopes": ["history:read"]}
        made = client.post("/api/user/keys", json=wish).raise_for_status().json()
        key = {"authorization": f"Bearer {made['key']}"}
        httpx2.get(f"{proxied}/api/user/profile", headers={**key, **PROXIED}).raise_for_status()
        keys = client.get("/api/user/keys").json()["items"]

    assert last_log_in(folder) == VISITOR
    assert next(key["used_from"] for key in keys if key["id"] == made["id"]) == VISITOR


def test_without_trusted_proxies_nobody_is_somebody_else(folder: Path) -> None:
    with serve(folder) as base:
        answer = httpx2.post(f"{base}/api/auth/login", json=LOG_IN, headers=OVER_TLS)

    assert last_log_in(folder) == "127.0.0.1"
    assert "secure" not in answer.headers["set-cookie"].lower()
    assert "strict-transport-security" not in answer.headers


def test_over_tls_at_the_proxy_cookies_are_secure_and_the_browser_stays_there(proxied: str) -> None:
    with httpx2.Client(base_url=proxied, headers=OVER_TLS) as client:
        answer = client.post("/api/auth/login", json=LOG_IN)
        token = answer.headers["set-cookie"].partition(";")[0]
        known = client.get("/api/user/profile", headers={"cookie": token})

    assert token.startswith("__Host-tonearm_session=")
    assert "; secure" in answer.headers["set-cookie"].lower()
    assert "max-age" in answer.headers["strict-transport-security"]
    assert known.status_code == 200


@pytest.mark.parametrize("headers", [{}, PROXIED, {"x-forwarded-for": "127.0.0.1"}])
def test_the_set_up_wants_its_token_through_a_proxy(
    tmp_path: Path, headers: dict[str, str]
) -> None:
    with serve(tmp_path, trusted_proxies=["127.0.0.0/8"]) as base:
        wish = {**LOG_IN, "zone": "UTC"}
        answer = httpx2.post(f"{base}/api/auth/setup", json=wish, headers=headers)

    assert answer.status_code == 403


def test_who_comes_too_often_is_told_how_long_to_wait(folder: Path) -> None:
    with serve(folder, trusted_proxies=["127.0.0.1"], rate_entering=2) as base:

        def log_in(address: str) -> httpx2.Response:
            headers = {"x-forwarded-for": address}
            return httpx2.post(f"{base}/api/auth/login", json=LOG_IN, headers=headers)

        answers = [log_in(VISITOR) for _ in range(6)]
        other = log_in("203.0.113.8")
        page = httpx2.post(
            f"{base}/login",
            data=LOG_IN,
            headers={"x-forwarded-for": VISITOR, "accept": "text/html"},
        )

    # The window may have ended once in between.
    assert [answer.status_code for answer in answers].count(200) in {2, 4}
    refused = answers[-1]
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["code"] == "rate_limited"
    seconds = int(refused.headers["retry-after"])
    assert 1 <= seconds <= 60
    assert f"{seconds} s" in refused.json()["detail"]
    assert refused.headers["ratelimit-policy"] == '"entering";q=2;w=60'
    assert refused.headers["ratelimit"] == f'"entering";r=0;t={seconds}'
    assert other.status_code == 200
    assert page.status_code == 429
    assert page.headers["content-type"].startswith("text/html")


def test_who_guesses_passwords_is_told_how_long_to_wait(proxied: str) -> None:
    guess = {**LOG_IN, "name": "Nobody"}
    # More than one window allows, should one end on the way.
    answers = [httpx2.post(f"{proxied}/api/auth/login", json=guess) for _ in range(22)]
    refused = next(answer for answer in answers if answer.status_code != 401)

    assert refused.status_code == 429
    assert refused.json()["code"] == "too_many_attempts"
    assert f"{refused.headers['retry-after']} s" in refused.json()["detail"]


def test_counting_can_be_turned_off(folder: Path) -> None:
    with serve(folder, rate_limits=False, rate_reading=1) as base:
        answers = [httpx2.get(f"{base}/api/user/profile") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert not any("ratelimit" in answer.headers for answer in answers)


SECURITY = {
    "content-security-policy": "script-src 'self'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@pytest.mark.parametrize(
    "path",
    [
        "/login",
        "/",
        "/nothing",
        "/static/nothing.css",
        "/static/latest/styles/app.css",
        "/docs",
        "/healthz",
        "/api/openapi.json",
        "/api/user/profile",
        "/api/nothing",
        "/api/user/profile?unknown=1",
    ],
)
def test_every_answer_has_the_headers_that_protect_it(proxied: str, path: str) -> None:
    answer = httpx2.get(proxied + path, headers=OVER_TLS)

    for name, part in SECURITY.items():
        assert part in answer.headers[name]
    policy = answer.headers["content-security-policy"]
    for part in ("default-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action"):
        assert part in policy
    assert "unsafe" not in policy
    assert "strict-transport-security" in answer.headers
    assert "server" not in answer.headers
    assert "x-request-id" in answer.headers
