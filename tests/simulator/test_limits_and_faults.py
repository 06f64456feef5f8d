"""The rolling limit, the daily quota, and everything that can go wrong on demand."""

import asyncio
import json
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.simulating import START, open_api
from tonearm.simulator.app import create_app
from tonearm.simulator.calls import ApiError
from tonearm.simulator.faults import Fault, FaultKind
from tonearm.simulator.limits import Limits
from tonearm.simulator.simulator import CLIENT_ID, Simulator


def statuses(api: httpx2.Client, count: int) -> list[int]:
    return [api.get("/me").status_code for _ in range(count)]


def test_the_window_of_thirty_seconds_rolls(simulator: Simulator, api: httpx2.Client) -> None:
    simulator.limits.rate = 3
    assert statuses(api, 2) == [200, 200]
    simulator.clock.advance(seconds=20)
    assert statuses(api, 3) == [200, 429, 429]
    answer = api.get("/me")
    assert answer.headers["Retry-After"] == "10"
    assert answer.json() == {"error": {"status": 429, "message": "API rate limit exceeded"}}
    # What was refused does not count; as soon as the header says, it goes on.
    simulator.clock.advance(seconds=10)
    assert statuses(api, 3) == [200, 200, 429]


def test_a_used_up_quota_locks_the_developer_out_until_the_day_is_over(
    simulator: Simulator, origin: str, api: httpx2.Client
) -> None:
    simulator.add_app("second", users=["listener2"], developer=CLIENT_ID)
    simulator.add_app("foreign", users=["listener2"])
    simulator.limits.quota = 4
    with (
        open_api(simulator, origin, "listener2", client_id="second") as sibling,
        open_api(simulator, origin, "listener2", client_id="foreign") as foreign,
    ):
        assert statuses(api, 2) + statuses(sibling, 2) == [200] * 4
        simulator.clock.advance(hours=23)
        _renew(simulator, api)
        answer = api.get("/me")
        assert answer.status_code == 429
        assert answer.headers["Retry-After"] == "3600"
        assert answer.json() == {
            "error": {"status": 429, "message": "Too many requests", "reason": "QUOTA_EXCEEDED"}
        }
        _renew(simulator, sibling, "listener2", "second")
        _renew(simulator, foreign, "listener2", "foreign")
        assert statuses(sibling, 1) == [429]
        assert statuses(foreign, 1) == [200]
        simulator.limits.quota = 10**9
        assert statuses(api, 1) == [429]
        simulator.clock.advance(hours=1)
        _renew(simulator, api)
        assert statuses(api, 1) == [200]


def _renew(
    simulator: Simulator, api: httpx2.Client, user: str = "listener1", client_id: str = CLIENT_ID
) -> None:
    _, tokens = simulator.link(user, client_id=client_id)
    api.headers["Authorization"] = f"Bearer {tokens.access_token}"


def test_the_wait_is_at_most_a_day() -> None:
    limits = Limits(rate=10, quota=1)
    limits.count("app", "developer", 0)
    with pytest.raises(ApiError) as caught:
        limits.count("app", "developer", 1)
    assert caught.value.headers == {"Retry-After": "86400"}


@given(st.lists(st.integers(0, 20_000), max_size=60), st.integers(1, 5), st.integers(1, 12))
def test_limits_agree_with_a_plain_count(steps: list[int], rate: int, quota: int) -> None:
    limits, now = Limits(rate=rate, quota=quota, window_ms=30_000), 0
    let_in: list[int] = []
    for step in steps:
        now += step
        if len(let_in) < quota and sum(each > now - 30_000 for each in let_in) < rate:
            limits.count("app", "developer", now)
            let_in.append(now)
            continue
        with pytest.raises(ApiError) as caught:
            limits.count("app", "developer", now)
        wait = int(caught.value.headers["Retry-After"])
        assert caught.value.status == 429
        assert 1 <= wait <= (86_400 if caught.value.reason else 30)


def test_a_server_error_happens_as_often_as_it_was_set(
    simulator: Simulator, api: httpx2.Client
) -> None:
    simulator.faults.add(Fault("status", path="/v1/me$", times=2, status=502))
    assert api.get("/me/tracks").status_code == 200
    assert statuses(api, 3) == [502, 502, 200]
    simulator.faults.add(Fault("status", method="PUT"))
    assert statuses(api, 1) == [200]
    simulator.faults.clear()
    assert api.put("/me/player/pause").status_code == 204


def test_a_timeout_never_answers(simulator: Simulator, api: httpx2.Client) -> None:
    simulator.faults.add(Fault("timeout"))

    with pytest.raises(httpx2.ReadTimeout):
        api.get("/me", timeout=0.2)
    assert statuses(api, 1) == [200]


def test_a_cut_body_ends_before_its_length(simulator: Simulator, api: httpx2.Client) -> None:
    simulator.faults.add(Fault("cut"))

    with pytest.raises(httpx2.RemoteProtocolError):
        api.get("/me/tracks")
    assert statuses(api, 1) == [200]


def test_a_malformed_body_is_no_json(simulator: Simulator, api: httpx2.Client) -> None:
    simulator.faults.add(Fault("malformed"))

    answer = api.get("/me")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_a_slow_answer_is_right_and_waits_as_long_as_was_set(simulator: Simulator) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    simulator.faults.add(Fault("slow", seconds=45))
    _, tokens = simulator.link()

    async def ask() -> httpx2.Response:
        transport = httpx2.ASGITransport(create_app(simulator, sleep=sleep))
        async with httpx2.AsyncClient(transport=transport, base_url="http://simulator") as client:
            headers = {"Authorization": f"Bearer {tokens.access_token}"}
            return await client.get("/v1/me", headers=headers)

    assert asyncio.run(ask()).json()["id"] == "listener1"
    assert waited == [45]


@pytest.mark.parametrize("kind", ["status", "timeout"])
@pytest.mark.parametrize("carried_out", [False, True])
def test_a_failed_call_takes_effect_only_if_it_was_set_to(
    simulator: Simulator,
    api: httpx2.Client,
    kind: FaultKind,
    carried_out: bool,  # noqa: FBT001 - a case
) -> None:
    simulator.faults.add(Fault(kind, carried_out=carried_out))
    before = len(simulator.users["listener1"].playlists)
    try:
        api.post("/me/playlists", json={"name": "Maybe"}, timeout=0.2)
    except httpx2.ReadTimeout:
        assert kind == "timeout"

    # A call that hangs was carried out before it hung.
    assert len(simulator.users["listener1"].playlists) == before + carried_out


def test_faults_happen_to_the_accounts_service_too(simulator: Simulator, origin: str) -> None:
    grant, _ = simulator.link()
    simulator.accounts.rotate = True
    simulator.faults.add(Fault("status", path="/api/token", carried_out=True))
    form = {"grant_type": "refresh_token", "refresh_token": grant.refresh_token,
            "client_id": CLIENT_ID}  # fmt: skip

    assert httpx2.post(f"{origin}/api/token", data=form, timeout=30).status_code == 503
    # The answer was lost, the token is spent.
    lost = httpx2.post(f"{origin}/api/token", data=form, timeout=30)
    assert lost.json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "flood"},
        {"kind": "status", "status": 404},
        {"kind": "status", "times": 0},
        {"kind": "slow", "seconds": -1},
        {"kind": "status", "path": "("},
    ],
)
def test_a_wrong_fault_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="fault"):
        Fault(**wrong)


def test_a_skewed_clock_shifts_what_the_service_states(
    simulator: Simulator, api: httpx2.Client
) -> None:
    def told() -> tuple[Any, ...]:
        recent = api.get("/me/player/recently-played", params={"limit": 1})
        now = api.get("/me/player/currently-playing").json()
        cursor = int(recent.json()["cursors"]["after"])
        stated = parsedate_to_datetime(recent.headers["Date"])
        return cursor, now["timestamp"], now["progress_ms"], stated

    straight = told()
    assert straight[3] == START
    simulator.clock.skew = START.replace(minute=2) - START
    skewed = told()

    assert skewed[0] - straight[0] == skewed[1] - straight[1] == 120_000
    assert skewed[2] == straight[2]
    assert (skewed[3] - straight[3]).total_seconds() == 120
    # The cursors are of the service's clock, too.
    after = {"after": skewed[0]}
    assert api.get("/me/player/recently-played", params=after).json()["items"] == []
