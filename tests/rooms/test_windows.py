"""Counting callers by windows of time, in one process and in several."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from moving_clock import MovingClock
from tonearm.storage.database import Database
from tonearm.storage.tables import rate_windows
from tonearm.storage.windows import Windows

MINUTE = timedelta(minutes=1)


@pytest.fixture
def windows(database: Database, clock: MovingClock) -> Windows:
    return Windows(database, clock)


def test_a_caller_is_counted_until_the_window_ends(windows: Windows, clock: MovingClock) -> None:
    clock.advance(seconds=20)
    end = datetime(2026, 5, 1, 12, 1, tzinfo=UTC)

    assert windows.peek("ada", MINUTE) == (0, end)
    assert [windows.count("ada", MINUTE) for _ in range(3)] == [(1, end), (2, end), (3, end)]
    assert windows.peek("ada", MINUTE) == (3, end)

    clock.advance(seconds=40)
    assert windows.peek("ada", MINUTE)[0] == 0
    assert windows.count("ada", MINUTE) == (1, end + MINUTE)


def test_callers_and_lengths_are_counted_apart(windows: Windows) -> None:
    windows.count("ada", MINUTE)
    windows.count("ada", MINUTE)

    assert windows.count("bob" * 99, MINUTE)[0] == 1
    assert windows.count("\udc80\0", MINUTE)[0] == 1
    assert windows.count("ada", timedelta(hours=1))[0] == 1
    assert windows.count("ada", MINUTE)[0] == 3


def test_a_count_is_taken_back_or_forgotten(windows: Windows) -> None:
    windows.take_back("ada", MINUTE)
    assert windows.peek("ada", MINUTE)[0] == 0
    for _ in range(3):
        windows.count("ada", MINUTE)

    windows.take_back("ada", MINUTE)
    assert windows.peek("ada", MINUTE)[0] == 2
    windows.forget("ada", MINUTE)
    windows.take_back("ada", MINUTE)
    assert windows.count("ada", MINUTE)[0] == 1


def test_nobody_is_missed_at_the_same_time(windows: Windows) -> None:
    def come(_: int) -> int:
        return windows.count("ada", MINUTE)[0]

    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(come, range(40)))

    assert sorted(counts) == list(range(1, 41))


def test_processes_share_their_counts_on_postgresql(
    postgresql_url: str, clock: MovingClock
) -> None:
    databases = Database(postgresql_url), Database(postgresql_url)
    one, other = (Windows(database, clock) for database in databases)

    assert [one.count("ada", MINUTE)[0], other.count("ada", MINUTE)[0]] == [1, 2]
    assert one.peek("ada", MINUTE)[0] == 2
    for database in databases:
        database.close()


def test_windows_that_have_ended_go(postgresql_url: str, clock: MovingClock) -> None:
    database = Database(postgresql_url)
    windows = Windows(database, clock)

    def rows() -> int:
        with database.read() as connection:
            return connection.scalar(select(func.count()).select_from(rate_windows)) or 0

    for number in range(5):
        windows.count(f"caller {number}", MINUTE)
    assert rows() == 5
    clock.advance(minutes=1)
    windows.count("ada", MINUTE)
    assert rows() == 1
    with database.read() as connection:
        (stored,) = connection.execute(select(rate_windows)).all()
    assert "ada" not in str(stored)
    database.close()


def test_memory_has_room_for_so_many(
    sqlite_database: Database, clock: MovingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tonearm.storage.windows._MOST_IN_MEMORY", 3)
    windows = Windows(sqlite_database, clock)

    counts = [windows.count(caller, MINUTE)[0] for caller in ("a", "b", "c", "a", "d")]

    assert counts == [1, 1, 1, 2, 1]
    # b came longest ago, so it made room.
    assert windows.peek("a", MINUTE)[0] == 2
    assert windows.peek("b", MINUTE)[0] == 0
