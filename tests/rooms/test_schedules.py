"""Schedules: a job comes back by a clock, once however many workers look."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest

from moving_clock import MovingClock
from tonearm.jobs.queue import Jobs
from tonearm.jobs.schedules import Schedule, Schedules
from tonearm.storage.database import Database


@pytest.fixture
def jobs(database: Database, clock: MovingClock) -> Jobs:
    return Jobs(database, clock)


def test_a_schedule_fires_once_however_many_look(
    database: Database, jobs: Jobs, clock: MovingClock
) -> None:
    wanted = [Schedule("hourly", "test.deed", "test", timedelta(hours=1))]
    lookers = [Schedules(database, clock, jobs, wanted) for _ in range(6)]
    assert lookers[0].fire() == 0
    clock.advance(hours=5)
    fired: list[int] = []
    barrier = Barrier(6)

    def look(schedules: Schedules) -> Callable[[], None]:
        def look() -> None:
            barrier.wait()
            fired.append(schedules.fire())

        return look

    threads = [Thread(target=look(schedules)) for schedules in lookers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(fired) == [0, 0, 0, 0, 0, 1]
    assert len(jobs.list_jobs()) == 1
    assert lookers[0].seconds_until_next() == 60.0


def test_a_changed_rhythm_holds_at_once_and_a_schedule_that_is_gone_is_forgotten(
    database: Database, jobs: Jobs, clock: MovingClock
) -> None:
    Schedules(database, clock, jobs, [Schedule("a", "test.deed", "test", timedelta(days=9))]).fire()
    quicker = Schedules(
        database, clock, jobs, [Schedule("a", "test.deed", "test", timedelta(seconds=9))]
    )
    quicker.fire()
    assert quicker.seconds_until_next() == 9.0
    clock.advance(seconds=9)
    assert quicker.fire() == 1

    none = Schedules(database, clock, jobs)
    assert none.fire() == 0
    assert none.seconds_until_next() == 60.0


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        # Berlin: 02:30 does not exist on 29 March, and exists twice on 25 October 2026.
        ("2026-03-27T12:00+00:00", ["2026-03-28T01:30+00:00", "2026-03-29T01:00+00:00"]),
        ("2026-10-24T12:00+00:00", ["2026-10-25T00:30+00:00", "2026-10-26T01:30+00:00"]),
    ],
)
def test_a_cron_expression_goes_by_the_clock_of_its_zone(after: str, expected: list[str]) -> None:
    schedule = Schedule("nightly", "test.deed", "test", "30 2 * * *", "Europe/Berlin")

    instant, found = datetime.fromisoformat(after), []
    for _ in expected:
        instant = schedule.next_after(instant).astimezone(UTC)
        found.append(instant)

    assert found == [datetime.fromisoformat(text) for text in expected]
