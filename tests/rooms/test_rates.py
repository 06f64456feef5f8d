"""Counting requests, in one process and in several that share a database."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from moving_clock import MovingClock
from tonearm.accounts.keys import KEY_PREFIX
from tonearm.bootstrap import create_app
from tonearm.domain.vocabulary import Scope as Purpose
from tonearm.ops.settings import Settings
from tonearm.storage.database import Database
from tonearm.storage.windows import Windows
from tonearm.web.rates import RateLimits, Rates, Standing
from tonearm.web.services import Services

PASSWORD = "correct horse battery"
LIMITS = RateLimits.of(reading=5, writing=3, importing=2, entering=2)
HERE, THERE = "203.0.113.7", "203.0.113.8"


@dataclass
class Served:
    """A Tonearm that could serve, and its database."""

    app: FastAPI
    database: Database

    @property
    def services(self) -> Services:
        found: Services = self.app.state.services
        return found


@pytest.fixture
def sqlite(sqlite_url: str, tmp_path: Path) -> Iterator[Served]:
    yield from _served(sqlite_url, tmp_path)


@pytest.fixture
def postgresql(postgresql_url: str, tmp_path: Path) -> Iterator[Served]:
    yield from _served(postgresql_url, tmp_path)


def _served(url: str, folder: Path) -> Iterator[Served]:
    app = create_app(Settings(data_dir=folder, database_url=url), with_worker=False)
    database = Database(url)
    yield Served(app, database)
    database.close()

    async def end() -> None:
        async with app.router.lifespan_context(app):
            pass

    asyncio.run(end())


class Process:
    """What one server counts with."""

    def __init__(self, served: Served, clock: MovingClock, limits: RateLimits = LIMITS) -> None:
        windows = None if served.database.is_sqlite else Windows(served.database, clock)
        self._rates = Rates(limits, windows, lambda: clock().timestamp())
        self._app = served.app

    def take(
        self, method: str = "GET", path: str = "/api/imports", *, key: str = "", address: str = HERE
    ) -> Standing | None:
        """Count a request, as the gate does."""
        scope: dict[str, Any] = {
            "type": "http",
            "method": method,
            "path": path,
            "app": self._app,
            "client": (address, 1),
            "headers": [(b"authorization", f"Bearer {key}".encode())] if key else [],
        }
        return asyncio.run(self._rates.take(scope, self._app.state.callers))

    def spend(
        self, times: int, method: str = "GET", path: str = "/api/imports", **more: str
    ) -> int:
        """Ask several times; gives how many were let through."""
        taken = [self.take(method, path, **more) for _ in range(times)]
        return sum(standing is None or not standing.is_over for standing in taken)


def key_of(served: Served, name: str = "Ada") -> str:
    """Give a key of a listener, who is made if need be."""
    services = served.services
    if services.accounts.is_set_up():
        user = services.accounts.add(name, "UTC")
    else:
        user = services.accounts.set_up(name, PASSWORD, "UTC")
    return services.keys.create(user.id, "tried", [Purpose.HISTORY_READ]).key


def test_every_answer_tells_how_the_caller_stands(sqlite: Served, clock: MovingClock) -> None:
    process = Process(sqlite, clock)
    clock.advance(seconds=18)

    first, second = process.take(), process.take()

    assert first is not None
    assert second is not None
    assert first.headers() == [
        (b"ratelimit-policy", b'"reading";q=5;w=60'),
        (b"ratelimit", b'"reading";r=4;t=42'),
    ]
    assert (b"ratelimit", b'"reading";r=3;t=42') in second.headers()


def test_a_window_ends_and_the_next_begins(sqlite: Served, clock: MovingClock) -> None:
    process = Process(sqlite, clock)
    clock.advance(seconds=50)
    assert process.spend(8) == 5
    over = process.take()
    assert over is not None
    assert over.is_over
    assert (b"retry-after", b"10") in over.headers()
    assert (b"ratelimit", b'"reading";r=0;t=10') in over.headers()

    clock.advance(seconds=9)
    assert process.spend(1) == 0
    clock.advance(seconds=1)
    assert process.spend(8) == 5


def test_classes_and_callers_are_counted_apart(sqlite: Served, clock: MovingClock) -> None:
    process = Process(sqlite, clock)
    ada, bob = key_of(sqlite), key_of(sqlite, "Bob")

    assert process.spend(8, "GET", key=ada) == 5
    assert process.spend(8, "PATCH", "/api/user/preferences", key=ada) == 3
    assert process.spend(8, "POST", "/api/imports", key=ada) == 2
    assert process.spend(8, "GET", key=bob) == 5
    assert process.spend(8, "GET") == 5
    assert process.spend(8, "GET", address=THERE) == 5


def test_more_keys_do_not_give_more_requests(sqlite: Served, clock: MovingClock) -> None:
    process = Process(sqlite, clock)
    key = key_of(sqlite)
    other = sqlite.services.keys.create(1, "other", [Purpose.HISTORY_READ]).key

    assert process.spend(3, key=key) + process.spend(8, key=other, address=THERE) == 5


@pytest.mark.parametrize("secret", [f"{KEY_PREFIX}made-up", "a.b.c", "anything"])
def test_made_up_keys_are_counted_by_address(
    sqlite: Served, clock: MovingClock, secret: str
) -> None:
    process = Process(sqlite, clock)

    assert sum(process.spend(1, key=f"{secret}{number}") for number in range(9)) == 5


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/auth/login"), ("POST", "/login"), ("POST", "/setup"), ("POST", "/api/imports")],
)
def test_who_comes_in_is_counted_by_address_whoever_it_is(
    sqlite: Served, clock: MovingClock, method: str, path: str
) -> None:
    process = Process(sqlite, clock)

    assert process.spend(8, method, path) == 2
    assert process.spend(8, method, path, address=THERE) == 2


def test_uploads_for_others_are_counted_as_ones_own(sqlite: Served, clock: MovingClock) -> None:
    process, key = Process(sqlite, clock), key_of(sqlite)

    assert process.spend(1, "POST", "/api/imports", key=key) == 1
    assert process.spend(8, "POST", "/api/admin/users/2/import", key=key) == 1
    assert process.spend(8, "POST", "/api/admin/users/2/pause", key=key) == 3


def test_linking_spotify_is_not_coming_in(sqlite: Served, clock: MovingClock) -> None:
    process, key = Process(sqlite, clock), key_of(sqlite)

    assert process.spend(8, "GET", "/api/auth/spotify/status", key=key) == 5
    assert process.spend(8, "POST", "/api/auth/spotify/refresh", key=key) == 3
    assert process.spend(8, "POST", "/api/auth/login", key=key) == 2


def test_a_known_caller_is_counted_by_address_at_the_entrance(
    sqlite: Served, clock: MovingClock
) -> None:
    process = Process(sqlite, clock)

    assert process.spend(1, "POST", "/api/auth/login") == 1
    assert process.spend(8, "POST", "/api/auth/login", key=key_of(sqlite)) == 1


@pytest.mark.parametrize(
    ("first", "second", "is_one"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:203.0.113.7", "203.0.113.8", False),
        ("not an address", "nor this", False),
    ],
)
def test_a_network_of_ipv6_is_one_place(
    sqlite: Served, clock: MovingClock, first: str, second: str, *, is_one: bool
) -> None:
    process = Process(sqlite, clock)

    assert process.spend(8, address=first) == 5
    assert process.spend(8, address=second) == (0 if is_one else 5)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/static/1/app.css"])
def test_signs_of_life_and_files_are_not_counted(
    sqlite: Served, clock: MovingClock, path: str
) -> None:
    process = Process(sqlite, clock)

    assert process.take(path=path) is None
    assert process.spend(20, path=path) == 20


def test_a_class_without_a_limit_is_not_counted(sqlite: Served, clock: MovingClock) -> None:
    limits = RateLimits.of(reading=0, writing=3, importing=2, entering=2)

    assert Process(sqlite, clock, limits).spend(50) == 50


def test_processes_count_log_ins_together_to_the_last_one(
    postgresql: Served, clock: MovingClock
) -> None:
    here, there = Process(postgresql, clock), Process(postgresql, clock)
    login = ("POST", "/api/auth/login")

    assert [here.spend(1, *login), there.spend(1, *login)] == [1, 1]
    assert [here.spend(1, *login), there.spend(1, *login)] == [0, 0]


def test_processes_tell_each_other_of_the_rest_once_a_second(
    postgresql: Served, clock: MovingClock
) -> None:
    here, there = Process(postgresql, clock), Process(postgresql, clock)
    key = key_of(postgresql)
    assert here.spend(3, key=key) == 3  # tells of the first
    assert there.spend(1, key=key) == 1

    clock.advance(seconds=1)

    assert here.spend(1, key=key) == 1  # tells of all four: with the other's that makes five
    assert there.spend(3, key=key) == 0
    assert here.spend(3, key=key) == 0


def test_a_flood_does_not_reach_the_database(postgresql: Served, clock: MovingClock) -> None:
    process = Process(postgresql, clock)
    login = ("POST", "/api/auth/login")
    process.spend(3, *login)
    windows = Windows(postgresql.database, clock)
    counted = windows.peek(f"entering {HERE}", LIMITS.entering.window)

    assert process.spend(50, *login) == 0
    assert windows.peek(f"entering {HERE}", LIMITS.entering.window) == counted
