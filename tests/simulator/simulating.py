"""What the simulator's tests share: a small simulator whose clock stands still, and clients for it."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

from tonearm.simulator.accounts import SCOPES
from tonearm.simulator.clock import SimulatorClock
from tonearm.simulator.simulator import CLIENT_ID, Plan, Simulator

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
SMALL = Plan(users=2, days_before=9, days_after=9, tracks=400)
REDIRECT = "http://127.0.0.1:8420/api/auth/spotify/callback"
VERIFIER = "a-verifier-that-is-long-enough-for-the-rules-of-pkce"


def make_simulator(plan: Plan = SMALL, seed: int = 7, start: datetime = START) -> Simulator:
    """Make a simulator whose clock stands still, without limits that tests would meet by chance."""
    simulator = Simulator(seed, SimulatorClock(start), plan)
    simulator.limits.rate = simulator.limits.quota = 10**9
    return simulator


def open_api(
    simulator: Simulator,
    origin: str,
    user: str = "listener1",
    scopes: Iterable[str] = SCOPES,
    client_id: str = CLIENT_ID,
) -> httpx2.Client:
    """Give a client of the Web API with a token of a listener; to be closed."""
    _, tokens = simulator.link(user, client_id=client_id, scopes=scopes)
    return httpx2.Client(
        base_url=f"{origin}/v1",
        headers={"Authorization": f"Bearer {tokens.access_token}"},
        timeout=30,
    )


def challenge_of(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def question(**changed: str) -> dict[str, str]:
    """Give what an app asks the authorize page; an empty value leaves a parameter out."""
    asked = {
        "client_id": CLIENT_ID,
        "response_type": "code",
        "redirect_uri": REDIRECT,
        "state": "s1",
        "scope": "user-read-recently-played",
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
    } | changed
    return {name: value for name, value in asked.items() if value}


def agree(client: httpx2.Client, user: str = "listener1", **changed: str) -> dict[str, list[str]]:
    """Agree on the page as a browser would; gives the query the listener is sent back with."""
    asked = question(**changed)
    answer = client.post("/authorize", params=asked, data={"user": user, "decision": "agree"})
    assert answer.status_code == 303, answer.text
    return parse_qs(urlsplit(answer.headers["Location"]).query)


def items_of(answer: httpx2.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items
