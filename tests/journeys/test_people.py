"""People over REST: roles, invitations, passwords, as administrators and newcomers meet them."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx2
import pytest

from mailbox_server import SECRET, USER, Mailbox, mail_server, trust
from serving import PASSWORD, serve, set_up

OTHER_PASSWORD = "staple the other one"


@pytest.fixture(scope="module")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    folder = tmp_path_factory.mktemp("mail")
    with mail_server(folder) as mailbox, pytest.MonkeyPatch.context() as patch:
        trust(folder, patch)
        yield mailbox


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TONEARM_RATE_LIMITS", "false")
        url = f"smtp://{USER}:{quote(SECRET, safe='')}@127.0.0.1:{mailbox.port}"
        patch.setenv("TONEARM_SMTP_URL", url)
        patch.setenv("TONEARM_SMTP_FROM", "Tonearm <tonearm@example.org>")
        patch.setenv("TONEARM_PUBLIC_URL", "https://music.example.org")
        with serve(tmp_path_factory.mktemp("data")) as base, set_up(base):
            yield base


@pytest.fixture
def ada(base: str) -> Iterator[httpx2.Client]:
    with log_in(base, "Ada") as client:
        yield client


@contextmanager
def log_in(base: str, name: str, password: str = PASSWORD) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=base, timeout=60) as client:
        wish = {"name": name, "password": password}
        client.post("/api/auth/login", json=wish).raise_for_status()
        yield client


def secret_of(link: str, name: str) -> str:
    assert link.startswith("https://music.example.org/")
    return parse_qs(urlsplit(link).query)[name][0]


@contextmanager
def join(
    ada: httpx2.Client, base: str, name: str, role: str = "listener"
) -> Iterator[httpx2.Client]:
    link = ada.post("/api/admin/invitations", json={"role": role}).json()["link"]
    wish = {"name": name, "password": PASSWORD, "invitation": secret_of(link, "invitation")}
    with httpx2.Client(base_url=base, timeout=60) as client:
        client.post("/api/auth/register", json=wish).raise_for_status()
        yield client


def me(client: httpx2.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/user/profile").raise_for_status().json()
    return found


def test_an_invitation_is_made_used_listed_and_revoked(ada: httpx2.Client, base: str) -> None:
    wish = {"role": "developer", "days": 3, "note": "for Joan"}
    made = ada.post("/api/admin/invitations", json=wish)
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    (listed,) = ada.get("/api/admin/invitations").json()["items"]
    assert (listed["id"], listed["note"], listed["made_by"]) == (
        made.json()["id"],
        "for Joan",
        "Ada",
    )
    secret = secret_of(made.json()["link"], "invitation")
    assert secret not in str(listed)

    with httpx2.Client(base_url=base) as joan:
        new = {"name": "Joan", "password": PASSWORD, "zone": "UTC", "invitation": secret}
        answer = joan.post("/api/auth/register", json=new)
        assert (answer.status_code, answer.json()["role"]) == (201, "developer")
        assert me(joan)["name"] == "Joan"  # logged in
        again = joan.post("/api/auth/register", json=new | {"name": "Eve"})
        assert again.status_code == 403
        assert joan.post("/api/admin/invitations", json={}).status_code == 403
    assert ada.get("/api/admin/invitations").json()["items"] == []
    other = ada.post("/api/admin/invitations", json={}).json()
    assert ada.delete(f"/api/admin/invitations/{other['id']}").status_code == 204
    assert ada.delete(f"/api/admin/invitations/{other['id']}").status_code == 404


@pytest.mark.parametrize(
    "extra", [{"role": "admin"}, {"id": 1}, {"is_disabled": False}, {"email": "eve@example.org"}]
)
def test_nobody_gives_themselves_more_than_they_are_asked_for(
    base: str, ada: httpx2.Client, extra: dict[str, Any]
) -> None:
    with join(ada, base, f"Mass {next(iter(extra))}") as client:
        role = me(client)["role"]
        assert client.patch("/api/user/profile", json=extra).status_code == 422
        wish = {"name": "Eve", "password": PASSWORD, "invitation": "tniv_x"} | extra
        assert httpx2.post(f"{base}/api/auth/register", json=wish).status_code == 422
        assert me(client)["role"] == role == "listener"


def test_people_are_looked_after(ada: httpx2.Client, base: str) -> None:
    added = ada.post("/api/admin/users", json={"name": "Bob", "role": "viewer"})
    assert added.status_code == 201
    address = f"/api/admin/users/{added.json()['id']}"
    assert ada.get(address).json() == added.json()
    assert ada.post("/api/admin/users", json={"name": "BOB"}).status_code == 409
    assert ada.post("/api/admin/users", json={"name": "Eve", "role": "owner"}).status_code == 403

    link = ada.post(f"{address}/password-reset").json()["link"]
    reset = {"token": secret_of(link, "token"), "password": PASSWORD}
    assert httpx2.post(f"{base}/api/auth/reset", json=reset).status_code == 204
    assert httpx2.post(f"{base}/api/auth/reset", json=reset).status_code == 403
    with log_in(base, "Bob") as bob:
        assert ada.patch(address, json={"role": "listener"}).json()["role"] == "listener"
        assert me(bob)["role"] == "listener"
        scopes = ["history:read"]
        key = bob.post("/api/user/keys", json={"name": "k", "scopes": scopes}).json()["key"]
        headers = {"authorization": f"Bearer {key}"}
        assert httpx2.get(f"{base}/api/user/profile", headers=headers).status_code == 200
        tokens = bob.post(
            "/api/auth/login", json={"name": "Bob", "password": PASSWORD, "session": "token"}
        ).json()
        bearer = {"authorization": f"Bearer {tokens['access_token']}"}
        assert httpx2.get(f"{base}/api/user/profile", headers=bearer).status_code == 200

        assert ada.patch(address, json={"disabled": True}).json()["is_disabled"]
        assert bob.get("/api/user/profile").status_code == 401
        for shown in (headers, bearer):
            assert httpx2.get(f"{base}/api/user/profile", headers=shown).status_code == 401
        refresh = {"refresh_token": tokens["refresh_token"]}
        assert httpx2.post(f"{base}/api/auth/refresh", json=refresh).status_code == 401
        wrong = {"name": "Bob", "password": PASSWORD}
        assert httpx2.post(f"{base}/api/auth/login", json=wrong).status_code == 401
    assert not ada.patch(address, json={"disabled": False}).json()["is_disabled"]
    assert httpx2.get(f"{base}/api/user/profile", headers=headers).status_code == 200

    assert ada.request("DELETE", address).status_code == 422
    assert ada.request("DELETE", address, json={"confirm": "bob"}).status_code == 422
    assert ada.request("DELETE", address, json={"confirm": "Bob"}).status_code == 204
    assert ada.get(address).status_code == 404
    assert httpx2.get(f"{base}/api/user/profile", headers=headers).status_code == 401


def test_a_name_that_is_no_text_is_refused_by_its_field(ada: httpx2.Client) -> None:
    """JSON can carry half a character, which no database can keep."""
    before = ada.get("/api/admin/users").json()["items"]
    json_type = {"content-type": "application/json"}
    for method, path in (
        ("POST", "/api/admin/users"),
        ("PATCH", "/api/user/profile"),
        ("POST", "/api/auth/register"),
    ):
        body = b'{"name": "Half \\ud800", "password": "' + PASSWORD.encode() + b'"}'
        content = body if "auth" in path else b'{"name": "Half \\ud800"}'
        refused = ada.request(method, path, content=content, headers=json_type)
        assert refused.status_code == 422, path
        (fault,) = refused.json()["errors"]
        assert (fault["parameter"], "UTF-8" in fault["detail"]) == ("name", True)
    assert ada.get("/api/admin/users").json()["items"] == before


def test_a_listener_s_key_changes_what_they_prefer(ada: httpx2.Client, base: str) -> None:
    address = f"{base}/api/user/preferences"
    with join(ada, base, "Scripting") as client:
        read, write = (
            client.post("/api/user/keys", json={"name": "script", "scopes": [scope]}).json()["key"]
            for scope in ("history:read", "history:write")
        )

    def choose(key: str, **wish: object) -> httpx2.Response:
        return httpx2.patch(address, json=wish, headers={"authorization": f"Bearer {key}"})

    assert choose(read, rule="half").status_code == 403
    changed = choose(write, rule="half", theme="dark").raise_for_status().json()
    assert (changed["rule"], changed["theme"]) == ("half", "dark")
    refused = choose(write, rule=None, theme="light")
    assert refused.status_code == 422
    assert "`rule`: must not be null; leave it out" in refused.json()["detail"]
    shown = {"authorization": f"Bearer {read}"}
    assert httpx2.get(address, headers=shown).json() == changed


def test_people_come_in_pages(ada: httpx2.Client) -> None:
    for name in ("Page one", "Page two", "Page three"):
        ada.post("/api/admin/users", json={"name": name}).raise_for_status()
    everybody = ada.get("/api/admin/users").json()
    assert everybody["next_cursor"] is None
    found, cursor = [], None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        answer = ada.get("/api/admin/users", params=params).json()
        assert len(answer["items"]) <= 2
        found += answer["items"]
        cursor = answer["next_cursor"]
        if cursor is None:
            break
    assert found == everybody["items"]
    assert ada.get("/api/admin/users", params={"cursor": "x"}).status_code == 422


def test_an_admin_reaches_nobody_at_or_above_their_role(ada: httpx2.Client, base: str) -> None:
    with join(ada, base, "Grace", "admin") as grace, join(ada, base, "Edith", "admin") as edith:
        owner, peer = me(ada), me(edith)
        for person in (owner, peer, me(grace)):
            address = f"/api/admin/users/{person['id']}"
            assert grace.get(address).status_code == 200
            for change in ({"role": "viewer"}, {"disabled": True}):
                assert grace.patch(address, json=change).status_code == 403
            assert grace.post(f"{address}/password-reset").status_code == 403
            gone = grace.request("DELETE", address, json={"confirm": person["name"]})
            assert gone.status_code == 403
        assert grace.post("/api/admin/invitations", json={"role": "admin"}).status_code == 403
        assert (
            grace.post("/api/admin/users", json={"name": "x", "role": "admin"}).status_code == 403
        )
        made = grace.post("/api/admin/users", json={"name": "Below", "role": "viewer"}).json()
        raised = grace.patch(f"/api/admin/users/{made['id']}", json={"role": "admin"})
        assert raised.status_code == 403
        assert me(edith) == peer


def test_a_password_is_changed_here_and_ends_elsewhere(ada: httpx2.Client, base: str) -> None:
    with join(ada, base, "Carol") as here, log_in(base, "Carol") as there:
        tokens = there.post(
            "/api/auth/login", json={"name": "Carol", "password": PASSWORD, "session": "token"}
        ).json()
        before = dict(here.cookies)
        wish = {"current": PASSWORD, "new": OTHER_PASSWORD}
        assert here.post("/api/user/password", json=wish | {"current": "x"}).status_code == 422
        assert here.post("/api/user/password", json=wish | {"new": "1234567890"}).status_code == 422
        assert me(there)["name"] == "Carol"

        assert here.post("/api/user/password", json=wish).status_code == 204

        assert me(here)["name"] == "Carol"
        assert dict(here.cookies) != before
        assert there.get("/api/user/profile").status_code == 401
        assert httpx2.get(f"{base}/api/user/profile", cookies=before).status_code == 401
        bearer = {"authorization": f"Bearer {tokens['access_token']}"}
        assert httpx2.get(f"{base}/api/user/profile", headers=bearer).status_code == 401
        with log_in(base, "Carol", OTHER_PASSWORD):
            pass


def test_tokens_that_change_the_password_go_on_and_others_end(
    ada: httpx2.Client, base: str
) -> None:
    with join(ada, base, "Dora"):
        pass

    def tokens() -> dict[str, Any]:
        wish = {"name": "Dora", "password": PASSWORD, "session": "token"}
        found: dict[str, Any] = httpx2.post(f"{base}/api/auth/login", json=wish).json()
        return found

    here, there = tokens(), tokens()
    wish = {"current": PASSWORD, "new": OTHER_PASSWORD}
    bearer = {"authorization": f"Bearer {here['access_token']}"}
    answer = httpx2.post(f"{base}/api/user/password", json=wish, headers=bearer)
    assert answer.status_code == 204
    assert "set-cookie" not in answer.headers

    def refresh(token: str) -> int:
        return httpx2.post(f"{base}/api/auth/refresh", json={"refresh_token": token}).status_code

    assert refresh(there["refresh_token"]) == 401
    assert refresh(here["refresh_token"]) == 200


def test_a_forgotten_password_is_reset_by_mail(
    ada: httpx2.Client, base: str, mailbox: Mailbox
) -> None:
    with join(ada, base, "Fay") as fay:
        wish = {"email": "fay@example.org"}
        assert fay.patch("/api/user/profile", json=wish).status_code == 422
        changed = fay.patch("/api/user/profile", json=wish | {"password": PASSWORD})
        assert changed.json()["email"] == "fay@example.org"
        assert me(fay)["email"] == "fay@example.org"

    answers = [
        httpx2.post(f"{base}/api/auth/reset-request", json={"name": name})
        for name in ("nobody", "nobody@example.org", "Ada", "fay@example.org")
    ]
    assert {answer.status_code for answer in answers} == {202}
    assert {answer.content for answer in answers} == {b""}
    strange = {"x-request-id", "date"}
    told = [
        {name: value for name, value in answer.headers.items() if name not in strange}
        for answer in answers
    ]
    assert all(one == told[0] for one in told)

    text = mailbox.wait().get_content()
    assert len(mailbox.messages) == 1
    link = next(line for line in text.split() if line.startswith("https://"))
    # The Host header of whoever asks has no say in where the link leads.
    reset = {"token": secret_of(link, "token"), "password": OTHER_PASSWORD}
    assert httpx2.post(f"{base}/api/auth/reset", json=reset).status_code == 204
    with log_in(base, "Fay", OTHER_PASSWORD):
        pass


def test_a_link_leads_where_the_admin_came_from_unless_told_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TONEARM_PUBLIC_URL", "TONEARM_SMTP_URL"):
        monkeypatch.delenv(name, raising=False)
    with serve(tmp_path / "data") as base, set_up(base) as ada:
        link = ada.post("/api/admin/invitations", json={}).json()["link"]
        assert link.startswith(f"{base}/register?invitation=tniv_")
        assert (
            httpx2.post(f"{base}/api/auth/reset-request", json={"name": "Ada"}).status_code == 409
        )
        page = httpx2.get(link)
        assert (page.status_code, "You are invited" in page.text) == (200, True)
        assert page.headers["cache-control"] == "private, no-store"
        assert httpx2.get(f"{base}/register").status_code == 404
        assert httpx2.get(f"{base}/reset?token=tnpr_x").status_code == 404
        assert "/register" not in httpx2.get(f"{base}/login").text


def test_where_registration_is_open_the_log_in_leads_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TONEARM_REGISTRATION", "open")
    with serve(tmp_path / "data") as base:
        early = {"name": "Eve", "password": PASSWORD}
        assert httpx2.post(f"{base}/api/auth/register", json=early).status_code == 403
        with set_up(base):
            pass
        assert 'href="/register"' in httpx2.get(f"{base}/login").text
        answer = httpx2.post(f"{base}/api/auth/register", json=early)
        assert (answer.status_code, answer.json()["role"]) == (201, "listener")


def test_where_registration_is_closed_nobody_comes_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TONEARM_REGISTRATION", "closed")
    with serve(tmp_path / "data") as base, set_up(base) as ada:
        assert ada.post("/api/admin/invitations", json={}).status_code == 409
        new = {"name": "Eve", "password": PASSWORD}
        assert httpx2.post(f"{base}/api/auth/register", json=new).status_code == 403
        # An admin adds people all the same.
        assert ada.post("/api/admin/users", json={"name": "Bob"}).status_code == 201


def test_an_admin_imports_for_others_and_it_is_written_down(base: str, ada: httpx2.Client) -> None:
    row = {"ts": "2024-03-01T12:00:00Z", "ms_played": 200_000, "master_metadata_track_name": "Song"}
    row |= {"master_metadata_album_artist_name": "Band"}
    files = [("files", ("Streaming_History_Audio_2024_0.json", json.dumps([row])))]
    with join(ada, base, "Gus") as gus, join(ada, base, "Hal", "admin") as hal:
        number = gus.get("/api/user/profile").json()["id"]
        place = f"/api/admin/users/{number}/import"
        answer = hal.post(place, files=files)
        assert answer.status_code == 202, answer.text
        until = time.monotonic() + 30
        while gus.get(f"/api/imports/{answer.json()['id']}").json()["state"] != "published":
            assert time.monotonic() < until
            time.sleep(0.05)
        assert gus.get("/api/history/users/me/totals?rule=any").json()["plays"] == 1
        (entry,) = [
            one
            for one in ada.get("/api/admin/audit").json()["items"]
            if one["action"] == "import.brought"
        ]
        assert (entry["actor"], entry["subject_id"]) == ("Hal", number)
        assert gus.post(place, files=files).status_code == 403
        assert hal.post("/api/admin/users/1/import", files=files).status_code == 403
        assert hal.post("/api/admin/users/99999/import", files=files).status_code == 404
        assert hal.post("/api/admin/users/1/pause").status_code == 403
