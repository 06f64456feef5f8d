"""What somebody would try who means no good, tried on a real server; docs/explanation/security.md lists it all."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from cast import Cast, gather
from doors import CLOSED, DOORS, Door, send
from serving import PASSWORD, serve, set_up
from tonearm.domain.vocabulary import Role, Scope
from tonearm.storage.tables import users

CHANGES = [door for door in DOORS if door.method != "GET"]
each_change = pytest.mark.parametrize("door", CHANGES, ids=str)
EVIL = "https://evil.example"


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with gather(tmp_path_factory.mktemp("data")) as cast:
        yield cast


@each_change
def test_another_site_changes_nothing_in_a_browser_that_is_logged_in(
    cast: Cast, door: Door
) -> None:
    """Also where it is a log-in, by which somebody could be let into an account that is not theirs."""
    shown = cast.session(cast.people[Role.OWNER])
    for asked_by in (
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "origin": cast.base},
        {"origin": EVIL},
        {"origin": "null"},
        {"origin": f"{cast.base}.evil.example"},
        {"referer": f"{EVIL}/{cast.base}"},
    ):
        headers = {**shown, **asked_by, "accept": "application/json"}
        answer = send(door.method, cast.base + door.address(), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "cross_origin"), asked_by


def everybody(cast: Cast) -> list[dict[str, Any]]:
    """Give what nobody may change of an account by sending fields along with something else."""
    columns = (users.c.id, users.c.name, users.c.role, users.c.password_hash, users.c.disabled_at)
    with cast.database.read() as connection:
        return [dict(row) for row in connection.execute(select(*columns)).mappings()]


@pytest.mark.parametrize("door", [door for door in CLOSED if door.method != "GET"], ids=str)
def test_fields_that_nobody_asked_for_make_nobody_more_than_they_are(
    cast: Cast, door: Door
) -> None:
    caller, victim = cast.people[Role.LISTENER], cast.people[Role.OWNER]
    fields: dict[str, Any] = {
        "role": "owner",
        "id": victim.id,
        "user_id": victim.id,
        "user": victim.id,
        "is_admin": True,
        "is_owner": True,
        "is_disabled": False,
        "has_password": False,
        "password_hash": "x",
        "scopes": list(Scope),
        "zone": "UTC",
        "rule": "30s",
    }
    before = everybody(cast)

    for body in ({"json": fields}, {"data": {name: str(value) for name, value in fields.items()}}):
        headers = cast.session(caller)
        answer = send(door.method, cast.base + door.address(), headers=headers, **body)
        assert answer.status_code < 500

    assert everybody(cast) == before


def test_whoever_registers_is_a_listener_whatever_they_send(tmp_path: Path) -> None:
    with serve(tmp_path, registration="open") as base, set_up(base):
        wish: dict[str, Any] = {"name": "Eve", "password": PASSWORD, "zone": "UTC", "role": "owner"}
        refused = send("POST", f"{base}/api/auth/register", json=wish)
        assert refused.status_code == 422
        assert [fault["parameter"] for fault in refused.json()["errors"]] == ["role"]

        send(
            "POST",
            f"{base}/register",
            data={**wish, "again": PASSWORD, "id": "1", "is_admin": "true"},
        )
        log_in = {"name": "Eve", "password": PASSWORD}
        known = send("POST", f"{base}/api/auth/login", json=log_in)
    assert known.status_code == 200
    assert (known.json()["role"], known.json()["id"]) == ("listener", 2)


@pytest.mark.parametrize(
    ("wanted", "location"),
    [
        ("/imports?x=a.b:80#c", "/imports?x=a.b:80#c"),
        ("{base}/top/artists?range=2024", "/top/artists?range=2024"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("{base}.evil.example/", "/"),
        ("{base}@evil.example/", "/"),
        ("{base}//evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/imports\r\nset-cookie: tonearm_session=chosen", "/"),
    ],
)
def test_a_log_in_leads_to_this_site_and_nowhere_else(
    cast: Cast, wanted: str, location: str
) -> None:
    next_ = wanted.format(base=cast.base)
    form = {"name": "Ada", "password": PASSWORD, "next": next_}
    page = send("GET", f"{cast.base}/login", params={"next": next_})
    answer = send("POST", f"{cast.base}/login", data=form)

    assert answer.status_code == 303
    assert answer.headers["location"] == location
    assert [*answer.headers.get_list("set-cookie")] == [answer.headers["set-cookie"]]
    assert "evil.example" not in page.text
    assert "chosen" not in page.text


def test_a_site_with_dots_and_a_port_is_led_back_to_itself(cast: Cast) -> None:
    """Under the name by which it was asked; the gate lets only names pass that are the site's."""
    port = urlsplit(cast.base).port
    form = {"name": "Ada", "password": PASSWORD, "next": f"http://127.0.0.1:{port}/imports"}
    headers = {"host": f"127.0.0.1:{port}"}

    assert send("POST", f"{cast.base}/login", data=form, headers=headers).headers["location"] == (
        "/imports"
    )
    other = {**form, "next": f"http://localhost:{port}/imports"}
    assert send("POST", f"{cast.base}/login", data=other).headers["location"] == "/"


INJECTED = "x\r\nset-cookie: tonearm_session=chosen\r\n\r\n<script>"


@pytest.mark.parametrize("door", DOORS, ids=str)
def test_no_value_that_is_sent_becomes_a_header(cast: Cast, door: Door) -> None:
    """What an address, a query or a header holds, with line breaks, spelled or as they are."""
    owner = cast.session(cast.people[Role.OWNER])
    address = cast.base + door.address(number="1%0D%0Aset-cookie:%20tonearm_session=chosen")
    query = {"next": INJECTED, "cursor": INJECTED, "zone": INJECTED, "range": INJECTED}
    form = {"next": INJECTED, "name": INJECTED, "password": INJECTED}

    for headers in ({}, owner, {"x-request-id": "a%0d%0ab", "x-api-version": "1%0d%0a"}):
        body = {} if door.method == "GET" else {"data": form}
        answer = send(door.method, address, params=query, headers=headers, **body)
        assert answer.status_code < 500
        cookies = answer.headers.get_list("set-cookie")
        assert not any("chosen" in cookie for cookie in cookies)
        told = [value for name, value in answer.headers.items() if name.lower() != "location"]
        assert not any("\r" in value or "\n" in value or "<script>" in value for value in told)
        assert "\n" not in answer.headers.get("location", "")


def test_a_line_break_inside_a_header_is_no_request(cast: Cast) -> None:
    parts = urlsplit(cast.base)
    lines = (
        b"GET /api/user/profile HTTP/1.1",
        f"host: {parts.netloc}".encode(),
        b"x-request-id: abc\rx-forged: 1",
        b"connection: close",
    )
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), 10) as connection:
        connection.sendall(b"\r\n".join(lines) + b"\r\n\r\n")
        answer = b""
        while part := connection.recv(65_536):
            answer += part

    status, _, rest = answer.partition(b"\r\n")
    assert status.split()[1] in (b"400", b"401")
    assert b"x-forged" not in rest.lower()


PLANTED = "planted-and-secret-0123456789abcdefghij"


@pytest.mark.slow
def test_a_secret_in_an_address_a_header_or_a_body_stays_out_of_the_logs(tmp_path: Path) -> None:
    """A real server that logs all it can, with a file and a terminal."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("TONEARM")}
    env |= {"TONEARM_DATA_DIR": str(tmp_path), "TONEARM_LOG_LEVEL": "debug"}
    command = [sys.executable, "-m", "tonearm", "serve", "--port", "0"]
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as server:  # noqa: S603 - our own command
        assert server.stderr is not None
        said = [server.stderr.readline()]
        base = said[0].split()[-1]
        with set_up(base) as client:
            sent = {"name": "Ada", "password": PLANTED, "token": PLANTED, "key": PLANTED}
            client.get("/reset", params={"token": PLANTED})
            client.get("/register", params={"invitation": PLANTED})
            client.get("/login", params={"next": f"/?token={PLANTED}", "password": PLANTED})
            client.get("/api/user/profile", params={"key": PLANTED, PLANTED: "1"})
            client.get(f"/tnrm_{PLANTED}")
            client.get(f"/api/nothing?access_token={PLANTED}")
            for path in ("login", "refresh", "reset", "register", "setup"):
                client.post(f"/api/auth/{path}", json=sent)
            for path in ("/login", "/reset", "/register", "/setup", "/account/password"):
                client.post(path, data=sent)
            shown = {"authorization": f"Bearer tnrm_{PLANTED}"}
            refused = send("GET", f"{base}/api/user/profile", headers=shown)
            send(
                "GET", f"{base}/api/user/profile", headers={"cookie": f"tonearm_session={PLANTED}"}
            )
        server.send_signal(signal.SIGTERM)
        said += server.stderr.readlines()

    logged = "".join(path.read_text() for path in (tmp_path / "logs").rglob("*") if path.is_file())
    assert refused.json()["request_id"] in logged
    assert PLANTED not in refused.text
    assert PLANTED not in logged
    assert PLANTED not in "".join(said)
