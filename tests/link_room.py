"""A listener who links their account at a simulated Spotify, by the rooms alone."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

from moving_clock import MovingClock
from simulator.simulating import SMALL
from tonearm.accounts.link_apps import LinkApps
from tonearm.accounts.link_records import Link
from tonearm.accounts.link_tokens import LinkTokens
from tonearm.accounts.linking import Answer, Linking
from tonearm.accounts.links import Forgetting, Links
from tonearm.accounts.people import Accounts, User
from tonearm.accounts.vault import Vault
from tonearm.ops.clock import Clock
from tonearm.simulator.clock import SimulatorClock
from tonearm.simulator.server import serving
from tonearm.simulator.simulator import CLIENT_ID, Plan, Simulator
from tonearm.spotify.login import App, Login
from tonearm.storage.database import Database

BACK = "http://127.0.0.1:8420/api/auth/spotify/callback"
SESSION = "what the browser shows"


def simulated(origin: str) -> dict[str, Any]:
    """Give the settings that lead to a simulated Spotify, and to its app."""
    return {
        "spotify_client_id": CLIENT_ID,
        "spotify_accounts_url": origin,
        "spotify_api_url": f"{origin}/v1",
    }


@dataclass
class LinkRoom:
    """The rooms around links on one database, and the Spotify that they speak to."""

    database: Database
    clock: MovingClock
    simulator: Simulator
    origin: str
    vault: Vault
    apps: LinkApps
    tokens: LinkTokens
    links: Links
    linking: Linking
    ada: User

    def begin(self, user: User | None = None, session: str = SESSION, back: str = BACK) -> str:
        """Give where somebody is sent to agree."""
        return self.linking.begin((user or self.ada).id, session, back)

    def link(self, listener: str = "listener1", user: User | None = None) -> Link:
        """Link a listener of the simulator to somebody's account."""
        who = user or self.ada
        return self.linking.finish(who.id, SESSION, agree(self.begin(who), listener))

    def refreshes(self) -> int:
        """Count what the token endpoint has answered."""
        return count(self.simulator, "POST", "/api/token")

    def add(self, name: str) -> User:
        return Accounts(self.database, self.clock).add(name, "UTC")


def count(simulator: Simulator, method: str, path: str) -> int:
    with simulator.lock:
        return sum(
            number
            for (its_method, its_path, _), number in simulator.counts.items()
            if (its_method, its_path) == (method, path)
        )


def vault_of(database: Database, clock: Clock, path: Path, given: Sequence[str] = ()) -> Vault:
    return Vault(database, clock, path, given, must_be_private=True)


def agree(address: str, listener: str = "listener1") -> Answer:
    """Agree on the page that a browser was sent to, and give what it brings back."""
    return read(decide(address, {"user": listener, "decision": "agree"}))


def refuse(address: str) -> Answer:
    return read(decide(address, {"decision": "cancel"}))


def decide(address: str, form: dict[str, str]) -> str:
    """Give the address that the browser is sent to."""
    answer = httpx2.post(address, data=form, timeout=30)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def read(address: str) -> Answer:
    found = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    return Answer(found["state"], found.get("code", ""), found.get("error", ""))


@contextmanager
def link_room(
    database: Database,
    clock: MovingClock,
    folder: Path,
    *,
    app: App | None = App(CLIENT_ID),  # noqa: B008 - it cannot be changed
    plan: Plan = SMALL,
    forgetting: Sequence[Forgetting] = (),
) -> Iterator[LinkRoom]:
    """Serve a simulator whose clock is the test's, and put the rooms together."""
    simulator = Simulator(7, SimulatorClock(system=clock), plan)
    simulator.limits.rate = simulator.limits.quota = 10**9
    with serving(simulator) as origin:
        vault = vault_of(database, clock, folder / "vault-keys.json")
        apps = LinkApps(database, clock, vault, app)
        login = Login(origin, f"{origin}/v1", clock)
        tokens = LinkTokens(database, clock, vault, apps, login)
        yield LinkRoom(
            database,
            clock,
            simulator,
            origin,
            vault,
            apps,
            tokens,
            Links(database, clock, tokens, forgetting),
            Linking(database, clock, vault, apps, login),
            Accounts(database, clock).add("Ada", "UTC"),
        )
