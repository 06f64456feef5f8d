"""Workers: what a deed raises decides what becomes of a job, and no kill loses or repeats one."""

import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from tonearm.domain.errors import InvalidInputError, UnavailableError
from tonearm.jobs.desk import Desk
from tonearm.jobs.errors import ThrottledError, TransientError
from tonearm.jobs.queue import Jobs
from tonearm.jobs.records import UNFINISHED, Job, JobState
from tonearm.jobs.schedules import Schedule, Schedules
from tonearm.jobs.work import Deed, Task, Worker, held
from tonearm.ops.clock import system_clock
from tonearm.storage.database import Database
from tonearm.storage.job_tables import jobs as rows
from tonearm.storage.tables import instance

CHAOS_JOBS = 2_000
WORKER = Path(__file__).parents[1] / "job_worker.py"


@pytest.fixture
def jobs(database: Database) -> Jobs:
    return Jobs(database, system_clock)


@contextmanager
def working(
    database: Database, jobs: Jobs, deed: Deed, *schedules: Schedule, grace_seconds: float = 5
) -> Iterator[Worker]:
    worker = Worker(
        database,
        Desk(database, system_clock, lease=timedelta(seconds=3)),
        {"test.deed": deed},
        Schedules(database, system_clock, jobs, schedules),
        name="worker",
        idle_seconds=0.02,
        grace_seconds=grace_seconds,
    )
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


def enqueue(database: Database, jobs: Jobs, name: str = "test.deed", most_failures: int = 5) -> int:
    with database.write() as connection:
        return jobs.enqueue(connection, name, {}, queue="test", most_failures=most_failures)


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def settled(jobs: Jobs, job_id: int) -> Job:
    wait_for(lambda: jobs.get(job_id).state not in (JobState.QUEUED, JobState.RUNNING))
    return jobs.get(job_id)


def raising(error: Exception) -> Deed:
    def deed(_task: Task) -> None:
        raise error

    return deed


@pytest.mark.parametrize(
    ("error", "state", "told"),
    [
        (InvalidInputError("This cannot be."), JobState.FAILED, "This cannot be."),
        (TransientError("Not now."), JobState.WAITING, "Not now."),
        (UnavailableError("The database is away."), JobState.WAITING, "The database is away."),
        (ZeroDivisionError("secret"), JobState.WAITING, "Something went wrong"),
    ],
)
def test_what_a_deed_raises_decides(
    database: Database, jobs: Jobs, error: Exception, state: JobState, told: str
) -> None:
    with working(database, jobs, raising(error)):
        job = settled(jobs, enqueue(database, jobs))

    assert (job.state, job.failures) == (state, 0 if state is JobState.FAILED else 1)
    assert job.error is not None
    assert job.error.startswith(told)
    assert "secret" not in job.error


def test_a_block_is_waited_for(database: Database, jobs: Jobs) -> None:
    until = system_clock() + timedelta(hours=3)
    with working(database, jobs, raising(ThrottledError("Blocked.", until))):
        job = settled(jobs, enqueue(database, jobs))

    assert (job.state, job.run_at, job.failures) == (JobState.WAITING, until, 0)


def test_a_job_that_always_fails_is_dead(database: Database, jobs: Jobs) -> None:
    with working(database, jobs, raising(TransientError("Never."))):
        assert settled(jobs, enqueue(database, jobs, most_failures=1)).state == JobState.DEAD


def test_a_deed_tells_how_far_it_is_and_gives_a_result(database: Database, jobs: Jobs) -> None:
    def deed(task: Task) -> dict[str, int]:
        task.tell(0.25, "a quarter")
        task.log("looked around")
        return {"found": 7}

    with working(database, jobs, deed):
        job = settled(jobs, enqueue(database, jobs))

    assert (job.state, job.result, job.message) == (JobState.SUCCEEDED, {"found": 7}, "a quarter")
    assert [line.message for line in jobs.logs(job.id)] == ["looked around"]


def test_signs_of_life_end_in_silence_with_the_job(database: Database, jobs: Jobs) -> None:
    desk = Desk(database, system_clock, lease=timedelta(milliseconds=90))
    job_id = enqueue(database, jobs)
    claim = desk.take("command", job_id)
    assert claim is not None

    with capture_logs() as lines, held(desk, claim):
        (beating,) = (thread for thread in threading.enumerate() if f"job-{job_id}-" in thread.name)
        before = lease_of(database, job_id)
        wait_for(lambda: lease_of(database, job_id) > before)
        with database.write() as connection:
            desk.succeed(connection, claim)
        wait_for(lambda: not beating.is_alive())
    assert lines == []


def lease_of(database: Database, job_id: int) -> datetime:
    with database.read() as connection:
        found: datetime | None = connection.scalar(
            select(rows.c.lease_until).where(rows.c.id == job_id)
        )
    assert found is not None
    return found


def test_a_running_job_is_cancelled_where_it_looks_around(database: Database, jobs: Jobs) -> None:
    running = threading.Event()

    def deed(task: Task) -> None:
        running.set()
        while True:
            task.check()
            time.sleep(0.01)

    with working(database, jobs, deed):
        job_id = enqueue(database, jobs)
        assert running.wait(30)
        jobs.cancel(job_id)
        wait_for(lambda: jobs.get(job_id).state is JobState.CANCELLED)


def test_a_worker_that_stops_gives_back_what_it_has(database: Database, jobs: Jobs) -> None:
    running = threading.Event()
    freed = threading.Event()

    def polite(task: Task) -> None:
        running.set()
        while True:
            task.check()
            time.sleep(0.01)

    def deaf(_task: Task) -> None:
        running.set()
        freed.wait(30)

    for deed in (polite, deaf):
        running.clear()
        with working(database, jobs, deed, grace_seconds=0.2):
            job_id = enqueue(database, jobs)
            assert running.wait(30)
        assert (jobs.get(job_id).state, jobs.get(job_id).failures) == (JobState.QUEUED, 0)
        jobs.cancel(job_id)
    freed.set()
    for thread in threading.enumerate():
        if thread.name == f"job-{job_id}":
            thread.join()


def test_schedules_come_back(database: Database, jobs: Jobs) -> None:
    count = 0

    def deed(_task: Task) -> None:
        nonlocal count
        count += 1

    often = Schedule("often", "test.deed", "test", timedelta(seconds=0.2))
    with working(database, jobs, deed, often):
        wait_for(lambda: count >= 2)


@pytest.mark.slow
def test_killed_workers_lose_no_job_and_do_none_twice(
    database: Database, jobs: Jobs, request: pytest.FixtureRequest
) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    chance = random.Random(7)  # noqa: S311 - no secret
    with database.write() as connection:
        wanted = {
            jobs.enqueue(connection, "test.mark", {}, queue="test", most_failures=1_000)
            for _ in range(CHAOS_JOBS)
        }
    workers = [_start(url) for _ in range(3)]

    def kill_all() -> None:
        for worker in workers:
            worker.kill()

    request.addfinalizer(kill_all)
    kills = 0
    deadline = time.monotonic() + 200
    while jobs.list_jobs(states=UNFINISHED, limit=1):
        assert time.monotonic() < deadline, jobs.list_queues()
        if jobs.list_jobs(states=(JobState.SUCCEEDED,), limit=1):
            victim = chance.randrange(len(workers))
            workers[victim].kill()
            workers[victim].communicate()
            kills += 1
            workers[victim] = _start(url)
        time.sleep(chance.uniform(0.05, 0.4))
    for worker in workers:
        worker.communicate(timeout=30)

    with database.read() as connection:
        marks = Counter(
            int(value)
            for value in connection.scalars(
                select(instance.c.value).where(instance.c.key.like("mark %"))
            )
        )
    assert marks == dict.fromkeys(wanted, 1)
    assert kills >= 4
    assert {job.state for job in jobs.list_jobs(limit=CHAOS_JOBS)} == {JobState.SUCCEEDED}


def _start(url: str) -> "subprocess.Popen[str]":
    process = subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, str(WORKER), url],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process
