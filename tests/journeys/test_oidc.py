"""Logging in at a real OIDC provider: the way there and back, who one is then, and whom it must not let in."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import update

from oidc_login import CALLBACK, Provider, Visitor, query_of, run_provider
from oidc_site.people import PASSWORD as PASSWORD_THERE
from oidc_site.people import PUBLIC, SECRET
from serving import PASSWORD, serve, set_up
from tonearm.accounts.audit import Audit
from tonearm.accounts.people import Accounts
from tonearm.ops.clock import system_clock
from tonearm.storage.database import Database
from tonearm.storage.tables import users
from tonearm.web.problem import PROBLEM_TYPE

LINK = "/api/auth/oidc/link"


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with run_provider(tmp_path_factory.mktemp("provider")) as provider:
        yield provider


@contextmanager
def tonearm(
    provider: Provider,
    folder: Path,
    **more: Any,  # noqa: ANN401 - any settings
) -> Iterator[str]:
    """Serve a Tonearm that lets people log in there; Grace runs it, and Bob has no password."""
    with serve(folder, **(provider.settings | more)) as base, set_up(base, "Grace"):
        with opened(folder) as database:
            Accounts(database, system_clock).add("Bob", "UTC")
        yield base


@contextmanager
def opened(folder: Path) -> Iterator[Database]:
    with closing(Database(f"sqlite:///{folder / 'tonearm.db'}")) as database:
        yield database


def change(folder: Path, name: str, **values: object) -> None:
    with opened(folder) as database, database.write() as connection:
        connection.execute(update(users).where(users.c.name == name).values(**values))


def listed_audit(folder: Path) -> list[tuple[str, str, Mapping[str, Any]]]:
    with opened(folder) as database:
        entries = Audit(database, system_clock).list()
    return [(str(entry.action), entry.actor, entry.details) for entry in reversed(entries)]


@pytest.fixture
def base(provider: Provider, tmp_path: Path) -> Iterator[str]:
    with tonearm(provider, tmp_path) as base:
        yield base


@pytest.fixture
def grace(base: str) -> Iterator[Visitor]:
    """Give the owner, logged in with a password."""
    with Visitor(base) as grace:
        grace.log_in_here("Grace", PASSWORD)
        yield grace


@pytest.fixture
def stranger(base: str) -> Iterator[Visitor]:
    with Visitor(base) as stranger:
        yield stranger


def test_whoever_links_a_log_in_comes_in_by_it(
    provider: Provider, grace: Visitor, stranger: Visitor, tmp_path: Path
) -> None:
    page = grace.log_in_there("ada", LINK)
    assert (page.status_code, page.url.path) == (200, "/account")
    assert provider.issuer in page.text

    door = stranger.client.get("/login?next=/imports?range=2024")
    assert "Log in with <bdi>Home</bdi>" in door.text
    assert 'href="/api/auth/oidc?next=/imports%3Frange%3D2024"' in door.text
    page = stranger.log_in_there("ada", "/api/auth/oidc?next=/imports%3Frange%3D2024")
    assert (page.status_code, page.url.path) == (200, "/imports")
    assert page.url.query == b"range=2024"
    assert stranger.profile().json()["name"] == "Grace"
    assert stranger.client.get("/api/user/sessions").json()["items"][0]["method"] == "oidc"

    actions = listed_audit(tmp_path)
    assert ("identity.linked", "Grace", {"issuer": provider.issuer}) in actions
    action, actor, details = actions[-1]
    assert (action, actor, details["method"]) == ("login.succeeded", "visitor", "oidc")


def test_a_log_in_ends_the_session_that_the_browser_carried(grace: Visitor) -> None:
    grace.log_in_there("ada", LINK)
    (name,) = (name for name in grace.client.cookies if name == "tonearm_session")
    before = grace.client.cookies[name]

    grace.log_in_there("ada")

    after = grace.client.cookies[name]
    assert before != after
    kept = {"cookie": f"{name}={before}"}
    assert httpx2.get(f"{grace.base}/api/user/profile", headers=kept).status_code == 401
    assert grace.profile().status_code == 200


def test_nobody_unknown_comes_in(stranger: Visitor, tmp_path: Path) -> None:
    page = stranger.log_in_there("ada")

    assert (page.status_code, page.url.path) == (403, "/login")
    assert "no account here is linked" in page.text
    assert stranger.profile().status_code == 401
    refused = {"method": "oidc", "problem": "oidc_unknown"}
    assert listed_audit(tmp_path)[-1] == ("login.failed", "visitor", refused)


def test_a_public_client_is_protected_by_pkce_alone(provider: Provider, tmp_path: Path) -> None:
    public = {"oidc_client_id": PUBLIC, "oidc_client_secret": "", "oidc_register": True}
    with tonearm(provider, tmp_path, **public) as base, Visitor(base) as visitor:
        visitor.log_in_there("ada")

        assert visitor.profile().json()["name"] == "ada"


def test_a_browser_that_did_not_begin_cannot_end(grace: Visitor, stranger: Visitor) -> None:
    """A page elsewhere cannot log anybody in as somebody else, and its trial harms nobody."""
    grace.log_in_there("ada", LINK)
    address = grace.come_back("ada")

    for other in (stranger, stranger):
        page = other.follow(address)
        assert (page.status_code, page.url.path) == (400, "/login")
        assert other.profile().status_code == 401
        other.client.get("/api/auth/oidc")  # now it has begun one of its own
    assert grace.follow(address).url.path == "/account"


@pytest.mark.parametrize("changed", [{"state": "x" * 43}, {"state": ""}])
def test_an_answer_needs_the_state_it_was_asked_with(
    stranger: Visitor, changed: dict[str, str]
) -> None:
    answer = query_of(stranger.come_back("ada")) | changed

    got = stranger.client.get(CALLBACK, params=answer, headers={"accept": "application/json"})

    assert got.status_code == 400
    assert got.headers["content-type"] == PROBLEM_TYPE
    assert got.json()["code"] == "oidc_expired"
    assert answer["code"] not in got.text


def test_an_answer_is_good_once(grace: Visitor) -> None:
    grace.log_in_there("ada", LINK)
    address = grace.come_back("ada")
    assert grace.follow(address).url.path == "/account"

    again = grace.client.get(address)

    assert again.headers["location"].endswith("problem=oidc_expired")


def test_a_code_is_good_for_the_log_in_that_asked_for_it(grace: Visitor) -> None:
    """Of somebody else, or used before: the provider does not take it for another verifier."""
    grace.log_in_there("ada", LINK)
    used = grace.come_back("ada")
    stolen = query_of(used)["code"]
    begun = query_of(grace.client.get("/api/auth/oidc").headers["location"])["state"]

    page = grace.follow(f"{CALLBACK}?code={stolen}&state={begun}")

    assert page.status_code == 400
    assert "Begin again" in page.text


def test_a_provider_may_change_its_key(provider: Provider, grace: Visitor) -> None:
    grace.log_in_there("ada", LINK)
    provider.rotate_key()

    page = grace.log_in_there("ada")

    assert (page.status_code, page.url.path) == (200, "/account")


def test_whoever_says_no_over_there_stays_out(stranger: Visitor) -> None:
    page = stranger.log_in_there("ada", allows=False)

    assert (page.status_code, page.url.path) == (403, "/login")
    assert "was not allowed over there" in page.text


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_nobody_is_led_to_another_site(grace: Visitor, wanted: str) -> None:
    grace.log_in_there("ada", LINK)

    page = grace.log_in_there("ada", str(httpx2.URL("/api/auth/oidc", params={"next": wanted})))

    assert str(page.url) == f"{grace.base}/"
    own = httpx2.URL("/api/auth/oidc", params={"next": f"{grace.base}/imports?range=2024"})
    assert str(grace.log_in_there("ada", str(own)).url) == f"{grace.base}/imports?range=2024"


def test_a_verified_address_opens_an_account_where_that_is_allowed(
    provider: Provider, tmp_path: Path
) -> None:
    with tonearm(provider, tmp_path, oidc_link_by_email=True) as base:
        change(tmp_path, "Grace", email="Ada@Example.org", email_key="ada@example.org")
        change(tmp_path, "Bob", email="bob@example.org", email_key="bob@example.org")
        with Visitor(base) as ada, Visitor(base) as bob, Visitor(base) as cleo:
            ada.log_in_there("ada")
            assert ada.profile().json()["name"] == "Grace"

            page = bob.log_in_there("bob")
            assert (page.status_code, page.url.path) == (403, "/login")
            assert bob.profile().status_code == 401

            # The account that was opened by the address is linked: the address opens it to nobody else.
            change(tmp_path, "Grace", email="cleo@example.org", email_key="cleo@example.org")
            assert cleo.log_in_there("cleo").status_code == 403
            ada.log_in_there("ada")
            assert ada.profile().json()["name"] == "Grace"


def test_a_verified_address_opens_nothing_by_default(
    grace: Visitor, stranger: Visitor, tmp_path: Path
) -> None:
    change(tmp_path, "Grace", email="ada@example.org", email_key="ada@example.org")

    assert stranger.log_in_there("ada").status_code == 403
    assert grace.client.get("/api/user/identities").json()["items"] == []


def test_an_account_is_made_where_that_is_allowed(provider: Provider, tmp_path: Path) -> None:
    with tonearm(provider, tmp_path, oidc_register=True) as base:
        with Visitor(base) as first:
            first.log_in_there("bob")
            made = first.profile().json()
            assert (made["name"], made["role"], made["zone"]) == ("bob 2", "listener", "Asia/Tokyo")
            assert made["email"] is None  # the provider does not know whether it is his
            # It is the only way in.
            (identity,) = first.client.get("/api/user/identities").json()["items"]
            page = first.client.post(f"/account/identities/{identity['id']}/unlink")
            assert page.status_code == 409
            assert "Set a password first" in page.text
        with Visitor(base) as again, Visitor(base) as ada:
            again.log_in_there("bob")
            assert again.profile().json() == made
            ada.log_in_there("ada")
            assert ada.profile().json()["email"] == "ada@example.org"


def test_a_disabled_account_stays_shut(grace: Visitor, stranger: Visitor, tmp_path: Path) -> None:
    grace.log_in_there("ada", LINK)
    change(tmp_path, "Grace", disabled_at=datetime.now(UTC))

    page = stranger.log_in_there("ada")

    assert page.status_code == 403
    assert "disabled" in page.text
    assert stranger.profile().status_code == 401


def test_what_is_unlinked_opens_nothing(grace: Visitor, stranger: Visitor, tmp_path: Path) -> None:
    grace.log_in_there("ada", LINK)
    (identity,) = grace.client.get("/api/user/identities").json()["items"]

    gone = grace.client.delete(f"/api/user/identities/{identity['id']}")

    assert gone.status_code == 204
    assert grace.client.delete(f"/api/user/identities/{identity['id']}").status_code == 404
    assert stranger.log_in_there("ada").status_code == 403
    assert "identity.unlinked" in [action for action, *_ in listed_audit(tmp_path)]


def test_a_log_in_is_linked_to_one_account_only(
    grace: Visitor, stranger: Visitor, tmp_path: Path
) -> None:
    grace.log_in_there("ada", LINK)
    with opened(tmp_path) as database:
        accounts = Accounts(database, system_clock)
        bob = accounts.find("Bob")
        assert bob is not None
        accounts.set_password(bob.id, PASSWORD)
    stranger.log_in_here("Bob", PASSWORD)

    page = stranger.log_in_there("ada", LINK)

    assert (page.status_code, page.url.path) == (409, "/account")
    assert "linked to another account" in page.text
    # Nor is a second one of the same provider.
    with Visitor(grace.base) as other:
        other.log_in_here("Grace", PASSWORD)
        assert other.log_in_there("cleo", LINK).status_code == 409
    # The very same one again changes nothing.
    assert grace.log_in_there("ada", LINK).status_code == 200
    assert len(grace.client.get("/api/user/identities").json()["items"]) == 1


def test_only_the_account_that_asked_for_it_is_linked(grace: Visitor) -> None:
    """Whoever is logged in when the browser is back may be somebody else."""
    address = grace.come_back("ada", LINK)
    grace.client.post("/logout")

    page = grace.follow(address)

    assert (page.status_code, page.url.path) == (400, "/login")
    grace.log_in_here("Grace", PASSWORD)
    assert grace.client.get("/api/user/identities").json()["items"] == []


def test_no_other_site_can_link_its_log_in(grace: Visitor, stranger: Visitor) -> None:
    made = grace.client.post("/api/user/keys", json={"name": "all", "scopes": ["admin"]}).json()
    key = {"authorization": f"Bearer {made['key']}", "sec-fetch-site": "same-origin"}

    for headers in (
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "none"},
        {"referer": "https://evil.example/"},
        {},
        key,
    ):
        assert grace.client.get(LINK, headers=headers).status_code == 403, headers
    assert grace.client.get(LINK, headers={"referer": f"{grace.base}/account"}).status_code == 303
    own = {"sec-fetch-site": "same-origin"}
    assert stranger.client.get(LINK, headers=own).status_code == 401


def test_what_can_be_logged_in_with_is_public(base: str, tmp_path: Path) -> None:
    methods = {"password": True, "oidc": "Home", "registration": "invited"}
    assert httpx2.get(f"{base}/api/auth/methods").json() == methods
    with serve(tmp_path / "other") as plain, set_up(plain) as owner:
        assert owner.get("/api/auth/methods").json()["oidc"] is None
        assert owner.get("/api/auth/oidc").status_code == 404
        assert owner.get(CALLBACK).status_code == 404
        assert "Log in with" not in httpx2.get(f"{plain}/login").text
        assert "Log-in elsewhere" not in owner.get("/account").text


def test_a_provider_that_is_away_is_named_as_that(tmp_path: Path) -> None:
    away: dict[str, Any] = {"oidc_issuer": "http://127.0.0.1:9/o", "oidc_client_id": "tonearm"}
    with serve(tmp_path, **away) as base, set_up(base), Visitor(base) as visitor:
        page = visitor.client.get("/api/auth/oidc", follow_redirects=True)
        assert (page.status_code, page.url.path) == (503, "/login")
        assert "does not answer right now" in page.text

        plain = httpx2.get(f"{base}/api/auth/oidc", headers={"accept": "*/*"})
        assert (plain.status_code, plain.json()["code"]) == (503, "oidc_unreachable")


def test_nobody_logs_in_there_before_there_is_an_owner(provider: Provider, tmp_path: Path) -> None:
    with serve(tmp_path, **provider.settings, oidc_register=True) as base:
        assert httpx2.get(f"{base}/api/auth/oidc").status_code == 409


def test_the_provider_is_told_the_public_address(provider: Provider, tmp_path: Path) -> None:
    behind = {"public_url": "https://music.example.org/tonearm/", "secure_cookies": True}
    with tonearm(provider, tmp_path, **behind) as base:
        away = httpx2.get(f"{base}/api/auth/oidc")

    asked = query_of(away.headers["location"])
    assert asked["redirect_uri"] == "https://music.example.org/tonearm/api/auth/oidc/callback"
    assert asked["code_challenge_method"] == "S256"
    cookie = away.headers["set-cookie"]
    assert cookie.startswith("__Host-tonearm_oidc=")
    for attribute in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert attribute in cookie


def test_no_secret_reaches_a_log(provider: Provider, tmp_path: Path) -> None:
    chosen = provider.settings | {"oidc_register": True, "log_level": "debug", "port": 0}
    told = {f"TONEARM_{name.upper()}": str(value) for name, value in chosen.items()}
    server = subprocess.Popen(
        [sys.executable, "-m", "tonearm", "serve"],
        env={**os.environ, **told, "TONEARM_DATA_DIR": str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stderr is not None
        base = re.findall(r"http://\S+", server.stderr.readline())[0]
        with set_up(base), Visitor(base) as visitor:
            address = visitor.come_back("ada")
            secrets = {*visitor.client.cookies.values(), SECRET, PASSWORD_THERE}
            visitor.follow(address)
            secrets |= {*visitor.client.cookies.values(), *query_of(address).values()}
            visitor.follow(f"{CALLBACK}?code=a-code-of-old&state=a-state-of-old")
            visitor.client.get("/api/auth/oidc")
            assert visitor.profile().json()["name"] == "ada 2"
    finally:
        server.terminate()
        _, shown = server.communicate()
    said = shown + (tmp_path / "logs" / "tonearm.log").read_text(encoding="utf-8")

    assert "oidc_expired" in said
    assert (
        f"{provider.issuer}/token/" not in said
    )  # no request to others is told, whatever the level
    for secret in secrets | {"a-code-of-old", "a-state-of-old", "eyJ"}:
        assert secret not in said
