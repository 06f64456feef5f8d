"""Log-ins, tokens and keys over real HTTP: what opens, what ends it, and where else it ends with it."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography.fernet import Fernet

from cast import add_person
from serving import PASSWORD, database_at, serve, set_up, url_of
from tonearm.accounts.people import Accounts
from tonearm.domain.vocabulary import Role
from tonearm.ops.clock import system_clock

PROFILE = "/api/user/profile"
TOTALS = "/api/history/users/me/totals"
KEYS = "/api/user/keys"
SESSIONS = "/api/user/sessions"
LOG_IN = {"name": "Ada", "password": PASSWORD}
COOKIE = "tonearm_session"


@pytest.fixture
def base(tmp_path: Path, database_url: str) -> Iterator[str]:
    with serve(tmp_path / "data", url_of(database_url)) as base:
        yield base


@pytest.fixture
def ada(base: str) -> Iterator[httpx2.Client]:
    with set_up(base) as client:
        yield client


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


def tokens_for(base: str, **wish: object) -> dict[str, Any]:
    answer = httpx2.post(
        f"{base}/api/auth/login", json={**LOG_IN, "session": "token", **wish}
    ).raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def ask(base: str, secret: str, path: str = PROFILE, method: str = "GET") -> httpx2.Response:
    return httpx2.request(method, base + path, headers=bearer(secret), timeout=30)


def refresh(base: str, tokens: dict[str, Any]) -> httpx2.Response:
    body = {"refresh_token": tokens["refresh_token"]}
    return httpx2.post(f"{base}/api/auth/refresh", json=body)


# Tokens -----------------------------------------------------------------------------------------------------------


def test_tokens_from_the_log_in_to_the_log_out(base: str, ada: httpx2.Client) -> None:
    answer = httpx2.post(f"{base}/api/auth/login", json={**LOG_IN, "session": "token"})
    tokens = answer.json()

    assert list(tokens) == [
        "access_token", "token_type", "expires_in", "refresh_token", "refresh_expires_at",
    ]  # fmt: skip
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    assert ask(base, tokens["access_token"]).json()["name"] == "Ada"
    assert ask(base, tokens["access_token"], KEYS).status_code == 200
    assert ask(base, tokens["access_token"], "/account").status_code == 303  # pages are for people

    renewed = refresh(base, tokens)
    assert renewed.headers["cache-control"] == "no-store"
    assert ask(base, tokens["access_token"]).status_code == 200
    assert ask(base, renewed.json()["access_token"]).status_code == 200
    body = {"refresh_token": renewed.json()["refresh_token"]}
    assert httpx2.post(f"{base}/api/auth/logout", json=body).status_code == 204
    for secret in (tokens["access_token"], renewed.json()["access_token"]):
        refused = ask(base, secret)
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        assert "has ended. Log in anew" in refused.json()["detail"]
    assert refresh(base, renewed.json()).status_code == 401
    assert ada.get(PROFILE).status_code == 200


def test_a_refresh_token_that_is_shown_twice_ends_the_log_in(base: str, ada: httpx2.Client) -> None:
    tokens = tokens_for(base)
    renewed = refresh(base, tokens).json()

    again = refresh(base, tokens)

    assert (again.status_code, again.json()["code"]) == (401, "token_reused")
    assert ask(base, renewed["access_token"]).status_code == 401
    assert refresh(base, renewed).json()["code"] == "unauthenticated"
    (entry,) = ada.get("/api/admin/audit", params={"action": "token.reused"}).json()["items"]
    assert entry["details"] == {"session": 2}


def test_tokens_may_be_narrowed(base: str, ada: httpx2.Client) -> None:
    assert ada
    tokens = tokens_for(base, scopes=["history:read"])
    for secret in (tokens["access_token"], refresh(base, tokens).json()["access_token"]):
        assert ask(base, secret, TOTALS).status_code == 200
        refused = ask(base, secret, KEYS)
        assert refused.status_code == 403
        assert "access token does not have the scope admin" in refused.json()["detail"]


def test_a_wish_that_cannot_be_is_refused(base: str, ada: httpx2.Client) -> None:
    wishes: list[dict[str, Any]] = [
        {"session": "token", "scopes": []},
        {"session": "token", "scopes": ["everything"]},
        {"session": "cookie", "scopes": ["player"]},
        {"scopes": ["player"]},
        {"session": "jwt"},
    ]
    for wish in wishes:
        answer = httpx2.post(f"{base}/api/auth/login", json={**LOG_IN, **wish})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["parameter"].split(".")[0] in {"session", "scopes"}
    assert len(ada.get(SESSIONS).json()["items"]) == 1


def test_a_refresh_token_opens_nothing_by_itself(base: str, ada: httpx2.Client) -> None:
    assert ada
    refused = ask(base, tokens_for(base)["refresh_token"])
    assert refused.status_code == 401
    assert "POST /api/auth/refresh" in refused.json()["detail"]
    with httpx2.Client(base_url=base) as thief:
        thief.cookies.set(COOKIE, tokens_for(base)["refresh_token"][5:48])
        assert thief.get(PROFILE).status_code == 401


def test_nothing_secret_is_logged_or_told(
    base: str, ada: httpx2.Client, capfd: pytest.CaptureFixture[str]
) -> None:
    tokens = tokens_for(base)
    answers = [
        ask(base, tokens["access_token"] + "x"),
        httpx2.post(f"{base}/api/auth/refresh", json={"refresh_token": [tokens["refresh_token"]]}),
        refresh(base, {"refresh_token": tokens["refresh_token"] + "x"}),
        ada.get(SESSIONS),
        ada.get("/api/admin/audit"),
    ]
    told = "".join(answer.text for answer in answers) + "".join(capfd.readouterr())
    for secret in tokens["refresh_token"].removeprefix("tnrf_").split("."):
        assert secret not in told
    assert tokens["access_token"].rpartition(".")[2] not in told


# Sessions ---------------------------------------------------------------------------------------------------------


def test_sessions_are_listed_and_revoked(base: str, ada: httpx2.Client) -> None:
    tokens = tokens_for(base, scopes=["player"])
    with httpx2.Client(base_url=base, headers={"user-agent": "Phone"}) as phone:
        phone.post("/api/auth/login", json=LOG_IN).raise_for_status()
        listed = ada.get(SESSIONS).json()
        assert [
            (item["id"], item["kind"], item["is_current"], item["address"]) for item in listed["items"]
        ] == [
            (3, "cookie", False, "127.0.0.1"),
            (2, "token", False, "127.0.0.1"),
            (1, "cookie", True, "127.0.0.1"),
        ]  # fmt: skip
        assert listed["items"][0]["agent"] == "Phone"
        assert listed["items"][1]["scopes"] == ["player"]
        assert [item["is_current"] for item in phone.get(SESSIONS).json()["items"]] == [
            True, False, False,
        ]  # fmt: skip

        assert ada.delete(f"{SESSIONS}/3").status_code == 204
        assert phone.get(PROFILE).status_code == 401
        assert ada.delete(f"{SESSIONS}/3").status_code == 404
        assert ada.delete(SESSIONS).status_code == 204
        assert ask(base, tokens["access_token"]).status_code == 401
        assert [item["id"] for item in ada.get(SESSIONS).json()["items"]] == [1]


def test_who_logs_out_everywhere_else_by_token_stays(base: str, ada: httpx2.Client) -> None:
    tokens = tokens_for(base)

    assert ask(base, tokens["access_token"], SESSIONS, "DELETE").status_code == 204

    assert ada.get(PROFILE).status_code == 401
    assert ask(base, tokens["access_token"]).status_code == 200


def test_sessions_of_others_are_not_there(tmp_path: Path, database_url: str) -> None:
    data, url = tmp_path / "data", url_of(database_url)
    with serve(data, url) as base, set_up(base) as ada, database_at(data, url) as database:
        add_person(database, "Bob")
        with httpx2.Client(base_url=base) as bob:
            bob.post("/api/auth/login", json={"name": "Bob", "password": PASSWORD})
            for _ in range(2):
                tokens_for(base)
            assert bob.delete(f"{SESSIONS}/3").status_code == 404
            assert bob.delete(SESSIONS).status_code == 204
        assert [item["id"] for item in ada.get(SESSIONS).json()["items"]] == [3, 2, 1]


def test_a_session_that_was_foisted_on_a_browser_ends_at_the_log_in(
    tmp_path: Path, database_url: str
) -> None:
    data, url = tmp_path / "data", url_of(database_url)
    with serve(data, url) as base, set_up(base), database_at(data, url) as database:
        add_person(database, "Eve")
        with httpx2.Client(base_url=base) as eve, httpx2.Client(base_url=base) as victim:
            eve.post("/api/auth/login", json={"name": "Eve", "password": PASSWORD})
            foisted = eve.cookies[COOKIE]
            victim.cookies.set(COOKIE, foisted, domain="127.0.0.1", path="/")
            victim.post("/api/auth/login", json=LOG_IN).raise_for_status()

            assert [cookie.value for cookie in victim.cookies.jar] != [foisted]
            assert victim.get(PROFILE).json()["name"] == "Ada"
            assert eve.get(PROFILE).status_code == 401
            # A name of one's own choice begins nothing either.
            made_up = httpx2.post(
                f"{base}/api/auth/login", json=LOG_IN, headers={"cookie": f"{COOKIE}=made-up"}
            )
            assert "made-up" not in made_up.headers["set-cookie"]
            assert httpx2.get(f"{base}{PROFILE}", cookies={COOKIE: "made-up"}).status_code == 401


@pytest.mark.parametrize("is_secure", [False, True])
def test_the_cookie_is_for_this_site_and_no_script(tmp_path: Path, is_secure: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    with serve(tmp_path / "data", secure_cookies=is_secure) as base:
        wish = {"name": "Ada", "password": PASSWORD}
        httpx2.post(f"{base}/api/auth/setup", json=wish).raise_for_status()
        cookie = httpx2.post(f"{base}/api/auth/login", json=LOG_IN).headers["set-cookie"]

    name, _, rest = cookie.partition("=")
    told = {word.strip().lower() for word in rest.split(";")[1:]}
    assert name == ("__Host-tonearm_session" if is_secure else "tonearm_session")
    assert {"httponly", "samesite=lax", "path=/"} <= told
    assert ("secure" in told) is is_secure
    assert not any(word.startswith("domain") for word in told)


# Keys of others ---------------------------------------------------------------------------------------------------


def test_admins_look_after_the_keys_of_others(tmp_path: Path, database_url: str) -> None:
    data, url = tmp_path / "data", url_of(database_url)
    with serve(data, url) as base, set_up(base) as ada, database_at(data, url) as database:
        admin, bob = add_person(database, "Admin", Role.ADMIN), add_person(database, "Bob")
        owner = ada.get(PROFILE).json()["id"]
        with httpx2.Client(base_url=base) as client:
            client.post("/api/auth/login", json={"name": "Admin", "password": PASSWORD})
            keys = f"/api/admin/users/{bob.id}/keys"
            wish = {"name": "his scale", "scopes": ["history:read"]}
            made = client.post(keys, json=wish)
            assert made.status_code == 201
            assert ask(base, made.json()["key"]).json()["name"] == "Bob"
            assert [key["name"] for key in client.get(keys).json()["items"]] == ["his scale"]
            assert made.json()["key"] not in client.get(keys).text
            rotated = client.post(f"{keys}/{made.json()['id']}/rotate").json()
            assert ask(base, made.json()["key"]).status_code == 401
            assert ask(base, rotated["key"]).status_code == 200
            assert client.delete(f"{keys}/{rotated['id']}").status_code == 204
            assert ask(base, rotated["key"]).status_code == 401

            above = f"/api/admin/users/{owner}/keys"
            for refused in (
                client.post(keys, json={"name": "x", "scopes": ["admin"]}),
                client.post(above, json=wish),
                client.post(f"{above}/1/rotate"),
                client.delete(f"{above}/1"),
            ):
                assert refused.status_code == 403, refused.text
            assert len(ada.get(KEYS).json()["items"]) == 1
            own = f"/api/admin/users/{admin.id}/keys"
            assert client.post(own, json={"name": "x", "scopes": ["admin"]}).status_code == 201
            for missing in (
                client.get("/api/admin/users/99/keys"),
                client.post("/api/admin/users/99/keys", json=wish),
                client.post(f"{keys}/99/rotate"),
                client.delete(f"{keys}/99"),
            ):
                assert missing.status_code == 404
        log = ada.get("/api/admin/audit").json()["items"]
        deeds = [
            (entry["action"], entry["actor"]) for entry in log if entry["subject_id"] == bob.id
        ]
        assert [deed for deed in deeds if deed[0].startswith("key.")] == [
            ("key.revoked", "Admin"), ("key.rotated", "Admin"), ("key.made", "Admin"),
        ]  # fmt: skip


def test_a_key_of_another_with_the_scope_admin_is_not_rotated_by_an_admin(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    with serve(data) as base, set_up(base), database_at(data, "") as database:
        add_person(database, "Admin", Role.ADMIN)
        other = add_person(database, "Other", Role.ADMIN)
        with httpx2.Client(base_url=base) as theirs, httpx2.Client(base_url=base) as client:
            theirs.post("/api/auth/login", json={"name": "Other", "password": PASSWORD})
            made = theirs.post(KEYS, json={"name": "all", "scopes": ["admin"]}).json()
            client.post("/api/auth/login", json={"name": "Admin", "password": PASSWORD})
            keys = f"/api/admin/users/{other.id}/keys"
            assert client.post(f"{keys}/{made['id']}/rotate").status_code == 403
            assert ask(base, made["key"]).status_code == 200
            # Whoever stands on the same step may still end it.
            assert client.delete(f"{keys}/{made['id']}").status_code == 204
            assert ask(base, made["key"]).status_code == 401


# Two processes ----------------------------------------------------------------------------------------------------


def test_what_ends_on_one_server_has_ended_on_the_other(
    tmp_path: Path, postgresql_url: str
) -> None:
    """Two instances of the app, each with its own connections and memory, on one database and one file of keys."""
    data, keys_file = tmp_path / "data", tmp_path / "signing-keys.json"
    with ExitStack() as stack:
        one, two = (
            stack.enter_context(serve(data / name, postgresql_url, signing_keys_file=keys_file))
            for name in ("one", "two")
        )
        ada = stack.enter_context(set_up(one))
        there = stack.enter_context(httpx2.Client(base_url=two))
        there.post("/api/auth/login", json=LOG_IN).raise_for_status()
        key = ada.post(KEYS, json={"name": "phone", "scopes": ["history:read"]}).json()
        tokens, others = tokens_for(one), tokens_for(two)
        for base in (one, two, one):
            assert ask(base, key["key"]).status_code == 200
            assert ask(base, tokens["access_token"]).status_code == 200
            assert ask(base, others["access_token"]).status_code == 200
        assert there.get(PROFILE).status_code == 200

        ada.delete(f"{KEYS}/{key['id']}").raise_for_status()
        assert ask(two, key["key"]).status_code == 401
        number = next(
            item["id"] for item in ada.get(SESSIONS).json()["items"]
            if item["kind"] == "cookie" and not item["is_current"]
        )  # fmt: skip
        ada.delete(f"{SESSIONS}/{number}").raise_for_status()
        assert there.get(PROFILE).status_code == 401

        renewed = refresh(two, tokens).json()
        assert ask(one, renewed["access_token"]).status_code == 200
        assert refresh(one, tokens).json()["code"] == "token_reused"
        for base in (one, two):
            assert ask(base, renewed["access_token"]).status_code == 401
        ada.delete(SESSIONS).raise_for_status()
        assert ask(two, others["access_token"]).status_code == 401


def test_a_new_password_ends_tokens_on_the_other_server(
    tmp_path: Path, postgresql_url: str
) -> None:
    data, keys_file = tmp_path / "data", tmp_path / "signing-keys.json"
    with (
        serve(data / "one", postgresql_url, signing_keys_file=keys_file) as one,
        serve(data / "two", postgresql_url, signing_keys_file=keys_file) as two,
        set_up(one) as ada,
        database_at(data, postgresql_url) as database,
    ):
        tokens = tokens_for(two)
        Accounts(database, system_clock).set_password(
            ada.get(PROFILE).json()["id"], "quite another one"
        )
        for base in (one, two):
            assert ask(base, tokens["access_token"]).status_code == 401
            assert refresh(base, tokens).status_code == 401


def test_keys_that_are_settings_rotate_by_a_start(tmp_path: Path, postgresql_url: str) -> None:
    """Two servers with a folder each: what one has signed the other takes, and no key lies in either folder."""
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    with (
        serve(tmp_path / "one", postgresql_url, signing_keys=[old]) as one,
        serve(tmp_path / "two", postgresql_url, signing_keys=[old, new]) as two,
        set_up(one),
    ):
        tokens = tokens_for(one)
        assert ask(two, tokens["access_token"]).status_code == 200
    with serve(tmp_path / "one", postgresql_url, signing_keys=[new, old]) as one:
        assert ask(one, tokens["access_token"]).status_code == 200
        changed = ask(one, tokens_for(one)["access_token"], "/api/admin/audit").text
    assert not list(tmp_path.glob("*/signing-keys.json"))
    assert '"signing_key":{"before":"' in changed.replace(" ", "")
    assert old not in changed
    assert new not in changed


def test_servers_that_share_no_keys_take_no_tokens_of_each_other(
    tmp_path: Path, postgresql_url: str
) -> None:
    with (
        serve(tmp_path / "one", postgresql_url) as one,
        serve(tmp_path / "two", postgresql_url) as two,
        set_up(one),
    ):
        tokens = tokens_for(one)
        assert ask(one, tokens["access_token"]).status_code == 200
        assert ask(two, tokens["access_token"]).status_code == 401
