"""The accounts service: the page, PKCE, the exchange, the refresh, and how authorisations end."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx2
import pytest

from simulator.simulating import REDIRECT, START, VERIFIER, agree, make_simulator, question
from tonearm.simulator.accounts import is_allowed_redirect
from tonearm.simulator.clock import from_ms
from tonearm.simulator.server import serving
from tonearm.simulator.simulator import CLIENT_ID, Plan, Simulator


@pytest.fixture
def web(origin: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=origin, timeout=30) as client:
        yield client


def exchange(client: httpx2.Client, code: str, **changed: str) -> httpx2.Response:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT,
        "client_id": CLIENT_ID,
        "code_verifier": VERIFIER,
    } | changed
    return client.post("/api/token", data=form)


def refresh(client: httpx2.Client, token: str, client_id: str = CLIENT_ID) -> httpx2.Response:
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": client_id}
    return client.post("/api/token", data=form)


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


def test_a_listener_agrees_and_the_app_gets_tokens(web: httpx2.Client) -> None:
    page = web.get("/authorize", params=question())
    assert page.status_code == 200
    assert "user-read-recently-played" in page.text

    told = agree(web)
    assert told["state"] == ["s1"]
    answer = exchange(web, told["code"][0])

    tokens = answer.json()
    assert answer.status_code == 200
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 3600
    assert tokens["scope"] == "user-read-recently-played"
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert web.get("/v1/me", headers=headers).json()["id"] == "listener1"
    assert web.get("/v1/me/player", headers=headers).status_code == 403


def test_the_page_sends_back_who_declines(web: httpx2.Client) -> None:
    answer = web.post("/authorize", params=question(), data={"decision": "cancel"})

    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{REDIRECT}?error=access_denied&state=s1"


def test_what_an_app_writes_is_shown_as_text(web: httpx2.Client) -> None:
    page = web.get("/authorize", params=question(state='"><script>alert(1)</script>'))

    assert "<script>" not in page.text


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "user-read-everything"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "", "code_challenge_method": ""}, "invalid_request"),
    ],
)
def test_a_wrong_question_goes_back_to_the_app(
    web: httpx2.Client, changed: dict[str, str], error: str
) -> None:
    for method in ("GET", "POST"):
        answer = web.request(method, "/authorize", params=question(**changed))
        assert answer.headers["Location"] == f"{REDIRECT}?error={error}&state=s1"


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "unknown"},
        {"redirect_uri": "http://localhost:8420/callback"},
        {"redirect_uri": "http://192.168.1.2/callback"},
        {"redirect_uri": ""},
    ],
)
def test_nobody_is_sent_to_an_address_that_is_not_allowed(
    web: httpx2.Client, changed: dict[str, str]
) -> None:
    for method in ("GET", "POST"):
        answer = web.request(method, "/authorize", params=question(**changed))
        assert answer.status_code == 400
        assert "Location" not in answer.headers


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://music.example.org/callback", True),
        ("http://127.0.0.1:8420/callback", True),
        ("http://[::1]:8420/callback", True),
        ("http://localhost/callback", False),
        ("https://localhost/callback", False),
        ("http://music.example.org/callback", False),
        ("https://music.example.org/callback#here", False),
        ("http://[::1", False),
        ("tonearm://callback", False),
    ],
)
def test_addresses_are_https_or_loopback_by_number(address: str, allowed: bool) -> None:  # noqa: FBT001 - a case
    assert is_allowed_redirect(address) is allowed


def test_a_registered_loopback_address_takes_any_port(simulator: Simulator) -> None:
    app = simulator.add_app("mine", redirect_uris=("http://127.0.0.1/cb", "https://a.example/cb"))

    assert app.takes("http://127.0.0.1:5123/cb")
    assert app.takes("https://a.example/cb")
    assert not app.takes("https://a.example:8443/cb")
    assert not app.takes("http://127.0.0.1:5123/other")


def test_a_code_is_for_one_use_one_app_one_address_and_ten_minutes(
    simulator: Simulator, web: httpx2.Client
) -> None:
    simulator.add_app("other")
    code = agree(web)["code"][0]
    assert refusal(exchange(web, code, client_id="other")) == (400, "invalid_grant")
    assert exchange(web, code).status_code == 200
    assert refusal(exchange(web, code)) == (400, "invalid_grant")

    wrong = {"redirect_uri": "http://127.0.0.1/elsewhere"}, {"code_verifier": "something else"}
    for changed in (*wrong, {"code_verifier": ""}):
        code = agree(web)["code"][0]
        assert refusal(exchange(web, code, **changed)) == (400, "invalid_grant")
        # A wrong try uses the code up.
        assert refusal(exchange(web, code)) == (400, "invalid_grant")

    code = agree(web)["code"][0]
    simulator.clock.advance(minutes=10)
    assert refusal(exchange(web, code)) == (400, "invalid_grant")


def test_a_refresh_gives_no_refresh_token_and_the_old_one_stays(
    simulator: Simulator, web: httpx2.Client
) -> None:
    first = exchange(web, agree(web)["code"][0]).json()
    for _ in range(2):
        simulator.clock.advance(hours=1)
        headers = {"Authorization": f"Bearer {first['access_token']}"}
        expired = web.get("/v1/me", headers=headers)
        assert expired.status_code == 401
        assert expired.json()["error"]["message"] == "The access token expired"
        tokens = refresh(web, first["refresh_token"]).json()
        assert "refresh_token" not in tokens
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        assert web.get("/v1/me", headers=headers).status_code == 200


def test_a_rotated_refresh_token_ends_the_one_before(
    simulator: Simulator, web: httpx2.Client
) -> None:
    simulator.accounts.rotate = True
    first = exchange(web, agree(web)["code"][0]).json()["refresh_token"]
    second = refresh(web, first).json()["refresh_token"]

    assert second != first
    assert refusal(refresh(web, first)) == (400, "invalid_grant")
    assert refresh(web, second).status_code == 200


def test_an_authorisation_ends_after_six_months_however_often_it_was_refreshed(
    simulator: Simulator, web: httpx2.Client
) -> None:
    token = exchange(web, agree(web)["code"][0]).json()["refresh_token"]
    assert from_ms(simulator.accounts.grants[0].ends_at) == datetime(2026, 11, 1, 12, tzinfo=UTC)
    simulator.clock.advance(days=183)
    assert refresh(web, token).status_code == 200
    simulator.clock.move_to(datetime(2026, 11, 1, 12, tzinfo=UTC))

    answer = refresh(web, token)

    assert answer.json() == {
        "error": "invalid_grant",
        "error_description": "Refresh token expired",
    }
    # Who authorises anew is let in anew.
    assert exchange(web, agree(web)["code"][0]).status_code == 200


def test_six_months_after_a_long_month_end_is_the_end_of_a_short_one() -> None:
    simulator = make_simulator(start=datetime(2026, 8, 31, tzinfo=UTC))
    grant, _ = simulator.link()

    assert from_ms(grant.ends_at) == datetime(2027, 2, 28, tzinfo=UTC)


def test_who_removes_the_app_ends_every_token(simulator: Simulator, web: httpx2.Client) -> None:
    tokens = exchange(web, agree(web)["code"][0]).json()
    _, others = simulator.link("listener2")
    simulator.accounts.revoke(simulator.users["listener1"])

    assert refusal(refresh(web, tokens["refresh_token"])) == (400, "invalid_grant")
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert web.get("/v1/me", headers=headers).status_code == 401
    headers = {"Authorization": f"Bearer {others.access_token}"}
    assert web.get("/v1/me", headers=headers).status_code == 200


def test_an_app_with_a_secret_shows_it_or_uses_pkce(
    simulator: Simulator, web: httpx2.Client
) -> None:
    simulator.add_app("confidential", secret="hush", users=["listener1"])
    plain = {"client_id": "confidential", "code_challenge": "", "code_challenge_method": ""}

    code = agree(web, **plain)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    wrong = web.post("/api/token", data=form, auth=("confidential", "wrong"))
    assert refusal(wrong) == (400, "invalid_client")
    tokens = web.post("/api/token", data=form, auth=("confidential", "hush")).json()
    answer = refresh(web, tokens["refresh_token"], "confidential")
    assert refusal(answer) == (400, "invalid_client")
    again = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert web.post("/api/token", data=again, auth=("confidential", "hush")).status_code == 200

    code = agree(web, **plain)["code"][0]
    form |= {"code": code, "client_id": "confidential"}
    assert refusal(web.post("/api/token", data=form)) == (400, "invalid_client")

    code = agree(web, client_id="confidential")["code"][0]
    assert exchange(web, code, client_id="confidential").status_code == 200


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_client"),
        ({"client_id": CLIENT_ID}, "unsupported_grant_type"),
        ({"client_id": CLIENT_ID, "grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"client_id": CLIENT_ID, "grant_type": "authorization_code"}, "invalid_request"),
        ({"client_id": CLIENT_ID, "grant_type": "refresh_token"}, "invalid_request"),
        (
            {"client_id": CLIENT_ID, "grant_type": "refresh_token", "refresh_token": "?"},
            "invalid_grant",
        ),
    ],
)
def test_bad_token_requests_are_refused(
    web: httpx2.Client, form: dict[str, str], error: str
) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = web.post("/api/token", data=form, headers=headers)

    assert refusal(answer) == (400, error)


def test_the_token_endpoint_takes_no_json(web: httpx2.Client) -> None:
    assert web.post("/api/token", json={"client_id": CLIENT_ID}).status_code == 415
    bad = {"Authorization": "Basic ?", "Content-Type": "application/x-www-form-urlencoded"}
    assert refusal(web.post("/api/token", headers=bad)) == (400, "invalid_client")


@pytest.mark.parametrize("header", ["", "Bearer", "Basic abc", "Bearer unknown"])
def test_the_web_api_wants_a_token(web: httpx2.Client, header: str) -> None:
    answer = web.get("/v1/me", headers={"Authorization": header})

    assert answer.status_code == 401
    assert answer.json()["error"]["status"] == 401


def test_who_is_not_on_the_list_gets_403_and_a_sixth_user_never_is() -> None:
    simulator = make_simulator(Plan(6, 2, 2, 5, 200))
    assert len(simulator.app.users) == 5
    with pytest.raises(ValueError, match="5 users"):
        simulator.list_user(simulator.app, "listener6")
    with pytest.raises(ValueError, match="no listener"):
        simulator.add_app("another", users=["nobody"])
    with serving(simulator) as origin, httpx2.Client(base_url=origin, timeout=30) as web:
        tokens = exchange(web, agree(web, "listener6")["code"][0]).json()
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        answer = web.get("/v1/me", headers=headers)
        assert answer.status_code == 403
        assert "Developer Dashboard" in answer.json()["error"]["message"]
        simulator.add_app("own", users=["listener6"])
        _, tokens6 = simulator.link("listener6", client_id="own")
        headers = {"Authorization": f"Bearer {tokens6.access_token}"}
        assert web.get("/v1/me", headers=headers).status_code == 200


def test_an_app_stops_when_its_owner_has_no_premium(
    simulator: Simulator, api: httpx2.Client
) -> None:
    simulator.app.owner_premium = False
    answer = api.get("/me")
    simulator.app.owner_premium = True

    assert answer.status_code == 403
    assert "premium" in answer.json()["error"]["message"].lower()
    assert api.get("/me").status_code == 200


def test_the_clock_starts_where_it_was_told_to(simulator: Simulator) -> None:
    assert simulator.clock() == START
    with pytest.raises(ValueError, match="backwards"):
        simulator.clock.advance(seconds=-1)
