"""Log-ins and keys on the account page: as forms over HTTP, and as a person meets them in a browser."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, expect

from browsing import check_look, open_page
from serving import PASSWORD, serve, set_up

LOG_IN = {"name": "Ada", "password": PASSWORD}
SECRET = re.compile(r'<code id="key">(tnrm_[\w-]+)</code>')


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    with serve(tmp_path / "data") as base:
        yield base


@pytest.fixture
def ada(base: str) -> Iterator[httpx2.Client]:
    with set_up(base) as client:
        client.headers["accept"] = "text/html"
        yield client


def status_with(base: str, key: str) -> int:
    headers = {"authorization": f"Bearer {key}"}
    return httpx2.get(f"{base}/api/user/profile", headers=headers).status_code


def made_key(answer: httpx2.Response) -> str:
    found = SECRET.search(answer.text)
    assert found is not None, answer.text
    assert answer.headers["cache-control"] == "private, no-store"
    return found[1]


def fault(answer: httpx2.Response) -> str:
    found = re.search(r'<p class="fault" role="alert">([^<]+)</p>', answer.text)
    assert found is not None, answer.text
    return unescape(found[1])


def test_a_key_is_made_rotated_and_revoked_by_forms(base: str, ada: httpx2.Client) -> None:
    wish = {"name": "<b>scale</b>", "scopes": ["history:read", "player"], "expiry": "90"}
    first = made_key(ada.post("/account/keys", data=wish))
    (listed, _) = ada.get("/api/user/keys").json()["items"]
    assert (listed["name"], listed["scopes"]) == ("<b>scale</b>", ["history:read", "player"])
    assert listed["expires_at"] is not None
    assert status_with(base, first) == 200

    account, alone = ada.get("/account").text, ada.get("/account/keys/2").text
    assert "<b>scale" not in account + alone
    assert first not in account + alone
    second = made_key(ada.post("/account/keys/2/rotate", data={"overlap": "60"}))
    assert status_with(base, first) == status_with(base, second) == 200
    for number, key in ((2, first), (3, second)):
        gone = ada.post(f"/account/keys/{number}/revoke")
        assert (gone.status_code, gone.headers["location"]) == (303, "/account#keys")
        assert status_with(base, key) == 401
    assert ada.get("/account/keys/3").status_code == 404


@pytest.mark.parametrize(
    ("path", "wish", "status", "word"),
    [
        ("/account/keys", {"scopes": "player"}, 422, "name"),
        ("/account/keys", {"name": "x"}, 422, "at least one scope"),
        ("/account/keys", {"name": "x", "scopes": "everything"}, 422, "at least one scope"),
        ("/account/keys", {"name": "x", "scopes": "mcp", "expiry": "-1"}, 422, "offered"),
        ("/account/keys/1/rotate", {"overlap": "1e9"}, 422, "offered"),
        ("/account/keys/9/rotate", {}, 404, "no key 9"),
        ("/account/keys/9/revoke", {}, 404, "no key 9"),
        ("/account/sessions/9/revoke", {}, 404, "no session 9"),
    ],
)
def test_what_cannot_be_done_is_told_above_the_account(
    ada: httpx2.Client, path: str, wish: dict[str, Any], status: int, word: str
) -> None:
    answer = ada.post(path, data=wish)

    assert answer.status_code == status
    assert word in fault(answer)
    assert len(ada.get("/api/user/keys").json()["items"]) == 1


def test_log_ins_are_ended_by_forms(base: str, ada: httpx2.Client) -> None:
    with httpx2.Client(base_url=base) as phone, httpx2.Client(base_url=base) as tablet:
        for client in (phone, tablet):
            client.post("/api/auth/login", json=LOG_IN).raise_for_status()

        assert ada.post("/account/sessions/2/revoke").headers["location"] == "/account#sessions"
        statuses = [client.get("/api/user/profile").status_code for client in (phone, tablet)]
        assert statuses == [401, 200]
        assert ada.post("/account/sessions/revoke-others").status_code == 303
        assert tablet.get("/api/user/profile").status_code == 401
    assert ada.get("/account").status_code == 200


def test_another_site_changes_nothing(ada: httpx2.Client) -> None:
    for path in ("/account/keys", "/account/keys/1/revoke", "/account/sessions/1/revoke"):
        answer = ada.post(path, data={"name": "x"}, headers={"sec-fetch-site": "cross-site"})
        assert answer.status_code == 403
    assert len(ada.get("/api/user/keys").json()["items"]) == 1


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
def test_a_person_looks_after_log_ins_and_keys(browser: Browser, base: str, width: int) -> None:
    with set_up(base) as laptop:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, reduced_motion="reduce"
        )
        watched = open_page(context, base)
        page = watched.page
        page.goto(f"{base}/login?next=/account")
        page.get_by_label("Name").fill("ada")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        expect(page).to_have_url(f"{base}/account")

        page.get_by_text("Make a key").click()
        check_look(watched, width)
        page.get_by_label("What it is for").fill("home assistant")
        page.get_by_role("checkbox", name="history:read").check()
        page.get_by_role("button", name="Make the key").click()
        first = page.locator("#key").inner_text()
        check_look(watched, width)
        assert status_with(base, first) == 200

        page.get_by_role("link", name="Back to the account").click()
        page.get_by_role("link", name="home assistant").click()
        check_look(watched, width)
        page.get_by_label("The old one ends").select_option("At once")
        page.get_by_role("button", name="Rotate the key").click()
        second = page.locator("#key").inner_text()
        assert (status_with(base, first), status_with(base, second)) == (401, 200)
        page.get_by_role("link", name="Back to the account").click()
        page.get_by_role("link", name="home assistant").click()
        page.get_by_role("button", name="Revoke the key").click()
        expect(page.get_by_role("link", name="home assistant")).to_have_count(0)
        assert status_with(base, second) == 401

        expect(page.get_by_text("This browser", exact=True)).to_be_visible()
        page.get_by_role("button", name="Log out python-httpx2").click()
        expect(page.get_by_role("button", name="Log out python-httpx2")).to_have_count(0)
        assert laptop.get("/api/user/profile").status_code == 401
        assert not watched.complaints
        context.close()
