"""Linking Spotify over HTTP: a browser that comes back, a program that pastes, and others who try to use either."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from link_room import decide, simulated
from serving import PASSWORD, serve, set_up
from simulator.simulating import SMALL
from tonearm.accounts.audit import Audit
from tonearm.accounts.people import Accounts
from tonearm.ops.clock import system_clock
from tonearm.simulator.server import serving
from tonearm.simulator.simulator import CLIENT_ID, Simulator
from tonearm.storage.database import Database
from tonearm.web.problem import PROBLEM_TYPE

SPOTIFY = "/api/auth/spotify"
OURS = {"sec-fetch-site": "same-origin"}
BROWSER = {"accept": "text/html,application/xhtml+xml", "sec-fetch-site": "cross-site"}
AGREE = {"user": "listener1", "decision": "agree"}
PASTED = "http://127.0.0.1:8420/api/auth/spotify/callback"


@pytest.fixture
def simulator() -> Simulator:
    return Simulator(7, plan=SMALL)


@pytest.fixture
def origin(simulator: Simulator) -> Iterator[str]:
    with serving(simulator) as origin:
        yield origin


@pytest.fixture
def base(origin: str, tmp_path: Path) -> Iterator[str]:
    with serve(tmp_path / "data", **simulated(origin)) as base:
        yield base


@pytest.fixture
def ada(base: str) -> Iterator[httpx2.Client]:
    with set_up(base) as client:
        yield client


def leave(client: httpx2.Client, **query: str) -> str:
    answer = client.get(f"{SPOTIFY}/login", headers=OURS, params=query)
    assert answer.status_code == 303, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return str(answer.headers["location"])


def status(client: httpx2.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"{SPOTIFY}/status").raise_for_status().json()
    return found


def told(answer: httpx2.Response) -> str:
    """Give what a page says that is an error."""
    assert answer.headers["content-type"].startswith("text/html")
    found = re.search(r'<p class="lede">([^<]+)</p>', answer.text)
    assert found is not None, answer.text
    assert "Back to the account" in answer.text
    return found[1]


def test_a_browser_links_an_account_and_ends_it(base: str, ada: httpx2.Client) -> None:
    before = status(ada)
    assert (before["linked"], before["link"], before["pasted"]) == (False, None, False)
    assert before["redirect_uri"] == f"{base}{SPOTIFY}/callback"
    assert before["app"] == {"client_id": CLIENT_ID, "is_own": False, "has_secret": False}

    back = decide(leave(ada), AGREE)
    answer = ada.get(back, headers=BROWSER)

    assert (answer.status_code, answer.headers["location"]) == (303, "/account#spotify")
    found = status(ada)
    assert (found["linked"], found["link"]["scopes"]) == (True, ["user-read-recently-played"])
    assert found["link"]["days_left"] in range(180, 185)
    assert "token" not in str(found)
    first = found["link"]["expires_at"]
    renewed = ada.post(f"{SPOTIFY}/refresh").raise_for_status().json()
    assert renewed["link"]["expires_at"] > first
    assert ada.delete(SPOTIFY).status_code == 204
    assert status(ada)["link"] is None
    assert ada.delete(SPOTIFY).status_code == ada.post(f"{SPOTIFY}/refresh").status_code == 404
    actions = [one["action"] for one in ada.get("/api/user/audit").json()["items"]]
    assert actions[:2] == ["link.ended", "link.made"]


def test_what_went_wrong_on_the_way_is_a_page_with_words(ada: httpx2.Client) -> None:
    denied = ada.get(decide(leave(ada), {"decision": "cancel"}), headers=BROWSER)
    assert denied.status_code == 403
    assert "You said no at Spotify" in told(denied)

    back = decide(leave(ada), AGREE)
    ada.get(back, headers=BROWSER)
    again = ada.get(back, headers=BROWSER)
    assert (again.status_code, again.headers["content-type"][:9]) == (400, "text/html")
    assert "was used already" in told(again)
    bare = ada.get(f"{SPOTIFY}/callback", headers=BROWSER, params={"error_description": "<b>"})
    assert bare.status_code == 400
    assert "&lt;b" not in bare.text
    problem = ada.get(back)  # a program
    assert problem.headers["content-type"] == PROBLEM_TYPE


def test_an_answer_is_for_the_session_that_began(base: str, ada: httpx2.Client) -> None:
    back = decide(leave(ada), AGREE)

    stranger = httpx2.get(back, headers=BROWSER)
    assert stranger.status_code == 400
    assert "Nobody is logged in" in told(stranger)
    with httpx2.Client(base_url=base) as other:  # Ada too, in another browser
        other.post("/api/auth/login", json={"name": "Ada", "password": PASSWORD}).raise_for_status()
        assert other.get(back, headers=BROWSER).status_code == 400
        pasted = other.post(f"{SPOTIFY}/paste", json={"address": back})
        assert (pasted.status_code, pasted.json()["code"]) == (400, "link_expired")
    assert ada.get(back, headers=BROWSER).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {},
        {"referer": "https://evil.example/"},
        {"referer": "https://evil.example/", "sec-fetch-site": "cross-site"},
    ],
)
def test_no_other_site_begins_a_link(ada: httpx2.Client, headers: dict[str, str]) -> None:
    answer = ada.get(f"{SPOTIFY}/login", headers=headers)

    assert answer.status_code == 403
    assert "on the account page" in answer.json()["detail"]


def test_another_site_cannot_link_its_account_to_whoever_comes_by(
    base: str, ada: httpx2.Client, tmp_path: Path
) -> None:
    """Eve agrees with her own Spotify account, and leads Ada's browser to what she was given."""
    database = Database(f"sqlite:///{tmp_path / 'data' / 'tonearm.db'}")
    accounts = Accounts(database, system_clock)
    accounts.set_password(accounts.add("Eve", "UTC").id, PASSWORD)
    database.close()
    with httpx2.Client(base_url=base) as eve:
        eve.post("/api/auth/login", json={"name": "Eve", "password": PASSWORD}).raise_for_status()
        back = decide(leave(eve), AGREE | {"user": "listener2"})

        assert ada.get(back, headers=BROWSER).status_code == 400
        assert status(ada)["link"] is None
        assert eve.get(back, headers=BROWSER).status_code == 303
        # An account is linked once here, and an admin who looks at a link is written down.
        taken = ada.get(decide(leave(ada), AGREE | {"user": "listener2"}), headers=BROWSER)
        assert (taken.status_code, "counted for two" in told(taken)) == (409, True)
        theirs = ada.get("/api/admin/users/2/spotify").raise_for_status().json()
        assert theirs["link"]["state"] == "linked"
        assert ada.get("/api/admin/users/99/spotify").status_code == 404
        seen = eve.get("/api/user/audit", params={"action": "data.read"}).json()["items"]
        assert [one["details"] for one in seen] == [{"path": "/api/admin/users/{user_id}/spotify"}]
        assert eve.get("/api/admin/users/1/spotify").status_code == 403


def test_a_program_links_by_the_address_that_its_browser_ended_at(
    base: str, ada: httpx2.Client
) -> None:
    wish = {"name": "linker", "scopes": ["admin"]}
    key = ada.post("/api/user/keys", json=wish).raise_for_status().json()["key"]
    bearer = {"authorization": f"Bearer {key}"}
    with httpx2.Client(base_url=base.replace("127.0.0.1", "localhost"), headers=bearer) as program:
        found = status(program)
        assert (found["pasted"], found["redirect_uri"]) == (True, PASTED)
        left = program.get(f"{SPOTIFY}/login", params={"scopes": "user-top-read"})
        back = decide(str(left.headers["location"]), AGREE)
        assert back.startswith(f"{PASTED}?")
        for address in ("", "javascript:alert(1)", back.replace("127.0.0.1", "evil.example")):
            refused = program.post(f"{SPOTIFY}/paste", json={"address": address})
            assert refused.status_code == 422
            assert "Paste the whole address" in refused.json()["detail"]
            assert "evil" not in refused.text
        # Who began with a key does not end with a cookie.
        with_cookie = {"cookie": f"tonearm_session={ada.cookies['tonearm_session']}"}
        body = {"address": back}
        other = httpx2.post(f"{program.base_url}{SPOTIFY}/paste", json=body, headers=with_cookie)
        assert (other.status_code, other.json()["code"]) == (400, "link_expired")

        linked = program.post(f"{SPOTIFY}/paste", json={"address": back}).raise_for_status().json()

    assert linked["link"]["scopes"] == ["user-read-recently-played", "user-top-read"]
    assert ada.get(f"{SPOTIFY}/login", headers=OURS, params={"scopes": "all"}).status_code == 422


def test_an_app_of_ones_own(ada: httpx2.Client, simulator: Simulator) -> None:
    secret = "0123456789abcdef0123456789abcdef"
    with simulator.lock:
        simulator.add_app("an-own-app", users=["listener1"], secret=secret)
    wish = {"client_id": "an-own-app", "client_secret": secret}

    made = ada.put(f"{SPOTIFY}/app", json=wish)

    assert made.json() == {"client_id": "an-own-app", "is_own": True, "has_secret": True}
    assert ada.get(decide(leave(ada), AGREE), headers=BROWSER).status_code == 303
    assert status(ada)["link"]["client_id"] == "an-own-app"
    assert ada.delete(f"{SPOTIFY}/app").status_code == 204
    assert ada.delete(f"{SPOTIFY}/app").status_code == 404
    refused = ada.post(f"{SPOTIFY}/refresh")
    assert (refused.status_code, refused.json()["code"]) == (403, "spotify_refused")
    assert status(ada)["link"]["cause"] == "app"
    assert ada.put(f"{SPOTIFY}/app", json={"client_id": "x"}).status_code == 422


def test_a_spotify_that_is_away_is_told_as_that(ada: httpx2.Client, simulator: Simulator) -> None:
    with simulator.lock:
        simulator.limits.quota = 0
    blocked = ada.get(decide(leave(ada), AGREE), headers=BROWSER)
    assert (blocked.status_code, "for the day is used up" in told(blocked)) == (503, True)


def test_no_secret_reaches_a_log_an_answer_or_the_audit(
    origin: str, simulator: Simulator, tmp_path: Path
) -> None:
    secret = "fedcba9876543210fedcba9876543210"
    with simulator.lock:
        simulator.app.secret = secret
    folder = tmp_path / "data"
    shown = []
    with (
        serve(folder, **simulated(origin), spotify_client_secret=secret, log_level="debug") as base,
        set_up(base) as ada,
    ):
        address = leave(ada)
        back = decide(address, AGREE)
        shown.append(ada.get(back, headers=BROWSER).text)
        shown.append(ada.get(back, headers=BROWSER).text)
        paths = ("/account", f"{SPOTIFY}/status", "/api/user/audit", "/api/jobs")
        shown += [ada.get(path).text for path in paths]
        shown.append(ada.post(f"{SPOTIFY}/refresh").text)
        with simulator.lock:
            simulator.accounts.revoke(simulator.users["listener1"])
        shown.append(ada.post(f"{SPOTIFY}/refresh").text)
        shown.append(ada.get("/account").text)
    grant = simulator.accounts.grants[0]
    code = back.partition("code=")[2].partition("&")[0]
    secrets = [secret, grant.refresh_token, code, *simulator.accounts._access]  # noqa: SLF001 - all there were
    shown += [path.read_text() for path in (folder / "logs").glob("*")]
    database = Database(f"sqlite:///{folder / 'tonearm.db'}")
    shown += [str(entry) for entry in Audit(database, system_clock).iter()]
    database.close()
    assert len(secrets) >= 5
    for text in shown:
        assert not [one for one in secrets if one in text]
    for name in folder.glob("tonearm.db*"):
        assert not [one for one in secrets if one.encode() in name.read_bytes()]
