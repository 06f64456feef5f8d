"""The job queue: nothing lost, nothing done twice, on both databases."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Insert, insert, select

from moving_clock import MovingClock
from tonearm.domain.errors import ConflictError, InvalidInputError, NotFoundError
from tonearm.jobs.desk import LEASE, LONGEST_WAIT, SHORTEST_WAIT, Desk
from tonearm.jobs.errors import LeaseLostError
from tonearm.jobs.process import worker_name
from tonearm.jobs.queue import Jobs
from tonearm.jobs.records import Claim, Job, JobState
from tonearm.storage.database import Database
from tonearm.storage.job_tables import jobs as table
from tonearm.storage.tables import users

DEEDS = ("test.deed", "test.other")


@pytest.fixture
def jobs(database: Database, clock: MovingClock) -> Jobs:
    return Jobs(database, clock, known=("imports",))


@pytest.fixture
def desk(database: Database, clock: MovingClock) -> Desk:
    return Desk(database, clock, chance=lambda: 1.0)


@pytest.fixture
def enqueue(database: Database, jobs: Jobs) -> Callable[..., int]:
    def enqueue(name: str = "test.deed", **options: Any) -> int:  # noqa: ANN401 - those of `Jobs.enqueue`
        options.setdefault("queue", "test")
        with database.write() as connection:
            return jobs.enqueue(connection, name, options.pop("payload", {}), **options)

    return enqueue


def claim(desk: Desk, worker: str = "one") -> Claim:
    claimed = desk.claim(worker, DEEDS)
    assert claimed is not None
    return claimed


def finish(database: Database, desk: Desk, claimed: Claim, result: object = None) -> None:
    with database.write() as connection:
        desk.succeed(connection, claimed, result)


def test_a_job_is_queued_with_the_change_or_not_at_all(database: Database, jobs: Jobs) -> None:
    def ask_and_fail() -> None:
        with database.write() as connection:
            jobs.enqueue(connection, "test.deed", {}, queue="test")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask_and_fail()

    assert jobs.list_jobs() == []


def test_a_job_is_claimed_once_and_ends_with_its_result(
    database: Database, jobs: Jobs, desk: Desk, enqueue: Callable[..., int], clock: MovingClock
) -> None:
    job_id = enqueue(payload={"of": [1, "ä"]})

    claimed = claim(desk)
    assert claimed.job.id == job_id
    assert claimed.job.payload == {"of": [1, "ä"]}
    assert desk.claim("two", DEEDS) is None
    desk.tell(claimed, progress=0.5, message="half way")
    desk.log(claimed, "info", "first")
    desk.log(claimed, "warning", "second")
    assert (jobs.get(job_id).progress, jobs.get(job_id).message) == (0.5, "half way")
    finish(database, desk, claimed, {"done": 3})

    done = jobs.get(job_id)
    assert (done.state, done.result, done.finished_at) == ("succeeded", {"done": 3}, clock())
    assert [(line.level, line.message) for line in jobs.logs(job_id)] == [
        ("info", "first"),
        ("warning", "second"),
    ]
    assert [line.message for line in jobs.logs(job_id, after=1)] == ["second"]


def test_only_what_a_worker_knows_is_claimed(desk: Desk, enqueue: Callable[..., int]) -> None:
    enqueue("test.unknown")

    assert desk.claim("one", DEEDS) is None


def test_order_is_by_priority_then_time_then_number(
    desk: Desk, enqueue: Callable[..., int], clock: MovingClock
) -> None:
    late = enqueue(run_at=clock() + timedelta(seconds=10))
    second, third = enqueue(), enqueue()
    first = enqueue(priority=-5)
    future = enqueue(priority=-9, run_at=clock() + timedelta(hours=1))
    clock.advance(seconds=20)

    claimed = [claim(desk).job.id for _ in range(4)]

    assert claimed == [first, second, third, late]
    assert desk.claim("one", DEEDS) is None
    clock.advance(hours=1)
    assert claim(desk).job.id == future


def test_of_unfinished_jobs_of_one_name_there_is_one_of_a_key(
    database: Database, desk: Desk, enqueue: Callable[..., int]
) -> None:
    first = enqueue(dedup_key="a")
    assert enqueue(dedup_key="a") == first
    assert enqueue(dedup_key="b") != first
    assert enqueue("test.other", dedup_key="a") != first

    claimed = claim(desk)
    assert claimed.job.id == first
    assert enqueue(dedup_key="a") == first
    finish(database, desk, claimed)
    assert enqueue(dedup_key="a") != first


def test_many_who_queue_the_same_at_once_get_one_job(
    jobs: Jobs, enqueue: Callable[..., int]
) -> None:
    barrier = Barrier(6)
    numbers: list[int] = []

    def queue() -> None:
        barrier.wait()
        numbers.append(enqueue(dedup_key="a"))

    run_together([queue] * 6)

    assert len(set(numbers)) == 1
    assert len(numbers) == 6
    assert len(jobs.list_jobs()) == 1


def test_of_jobs_with_one_exclusive_key_one_runs(
    database: Database, desk: Desk, enqueue: Callable[..., int]
) -> None:
    first, second = enqueue(exclusive_key="ada"), enqueue(exclusive_key="ada")
    other = enqueue(exclusive_key="bob")

    claimed = claim(desk)
    assert claimed.job.id == first
    assert claim(desk).job.id == other
    assert desk.claim("one", DEEDS) is None
    finish(database, desk, claimed)
    assert claim(desk).job.id == second


def test_many_workers_take_each_job_once(desk: Desk, enqueue: Callable[..., int]) -> None:
    numbers = {enqueue(exclusive_key=f"key {number % 20}") for number in range(40)}
    taken: list[int] = []

    def take(worker: str) -> Callable[[], None]:
        def take() -> None:
            while (claimed := desk.claim(worker, DEEDS)) is not None:
                taken.append(claimed.job.id)

        return take

    run_together([take(f"worker {number}") for number in range(6)])

    assert len(taken) == len(set(taken)) == 20
    assert set(taken) < numbers


def test_what_a_worker_writes_after_it_lost_the_job_is_void(
    database: Database, jobs: Jobs, desk: Desk, enqueue: Callable[..., int], clock: MovingClock
) -> None:
    job_id = enqueue()
    slow = claim(desk, "slow")
    clock.advance(seconds=LEASE.total_seconds() + 1)
    assert desk.recover() == 1
    assert desk.recover() == 0
    clock.advance(seconds=SHORTEST_WAIT.total_seconds())
    quick = claim(desk, "quick")
    assert quick.job.id == job_id

    for late in (
        lambda: desk.beat(slow),
        lambda: desk.tell(slow, progress=1.0, message=None),
        lambda: desk.log(slow, "info", "late"),
        lambda: desk.fail(slow, "late", is_lasting=True),
        lambda: desk.give_back(slow),
        lambda: desk.end_cancelled(slow),
        lambda: desk.put_off(slow, "late", clock()),
    ):
        with pytest.raises(LeaseLostError):
            late()

    def act_and_hand_in() -> None:
        with database.write() as connection:
            connection.execute(_a_listener(clock))
            desk.succeed(connection, slow)

    with pytest.raises(LeaseLostError):
        act_and_hand_in()

    with database.read() as connection:
        assert connection.execute(users.select()).all() == []
    finish(database, desk, quick)
    assert jobs.get(job_id).state == JobState.SUCCEEDED


def test_a_sign_of_life_keeps_the_job(
    desk: Desk, enqueue: Callable[..., int], clock: MovingClock
) -> None:
    enqueue()
    claimed = claim(desk)
    for _ in range(3):
        clock.advance(seconds=LEASE.total_seconds() - 1)
        assert desk.beat(claimed) is False

    assert desk.recover() == 0


def test_a_failure_that_passes_waits_twice_as_long_each_time_and_then_is_dead(
    jobs: Jobs, desk: Desk, enqueue: Callable[..., int], clock: MovingClock
) -> None:
    job_id = enqueue(most_failures=3)
    for wait in (SHORTEST_WAIT, SHORTEST_WAIT * 2):
        desk.fail(claim(desk), "no answer", is_lasting=False)
        assert jobs.get(job_id).state == JobState.WAITING
        assert jobs.get(job_id).run_at - clock() == wait
        assert desk.claim("one", DEEDS) is None
        clock.advance(seconds=wait.total_seconds())
    desk.fail(claim(desk), "no answer", is_lasting=False)

    dead = jobs.get(job_id)
    assert (dead.state, dead.failures, dead.error) == ("dead", 3, "no answer")
    assert dead.finished_at == clock()


@given(failures=st.integers(0, 60), chance=st.floats(0, 1))
def test_a_wait_lies_between_half_and_all_of_its_length(failures: int, chance: float) -> None:
    instant = datetime(2026, 5, 1, tzinfo=UTC)
    desk = Desk(None, lambda: instant, chance=lambda: chance)  # type: ignore[arg-type] # needs no database here
    values = desk._after_failure(failures, 1_000)  # noqa: SLF001 - the rule itself

    longest = min(SHORTEST_WAIT * min(2**failures, 10_000), LONGEST_WAIT)
    assert longest / 2 <= values["run_at"] - instant <= longest


def test_a_lasting_failure_ends_a_job_and_a_block_is_none(
    jobs: Jobs, desk: Desk, enqueue: Callable[..., int], clock: MovingClock
) -> None:
    job_id = enqueue(most_failures=1)
    until = clock() + timedelta(hours=2)
    desk.put_off(claim(desk), "blocked", until)
    blocked = jobs.get(job_id)
    assert (blocked.state, blocked.run_at, blocked.failures) == ("waiting", until, 0)
    clock.advance(hours=2)

    desk.fail(claim(desk), "not allowed", is_lasting=True)

    assert (jobs.get(job_id).state, jobs.get(job_id).error) == ("failed", "not allowed")


def test_a_job_can_be_cancelled_and_retried(
    database: Database, jobs: Jobs, desk: Desk, enqueue: Callable[..., int]
) -> None:
    waiting = enqueue()
    assert jobs.cancel(waiting).state == JobState.CANCELLED
    with pytest.raises(ConflictError, match="has finished"):
        jobs.cancel(waiting)

    assert jobs.retry(waiting).state == JobState.QUEUED
    claimed = claim(desk)
    assert jobs.cancel(waiting).state == JobState.RUNNING
    assert desk.beat(claimed) is True
    desk.end_cancelled(claimed)
    assert jobs.get(waiting).state == JobState.CANCELLED

    assert jobs.retry(waiting).cancel_requested is False
    finish(database, desk, claim(desk))
    with pytest.raises(ConflictError, match="failed or was cancelled"):
        jobs.retry(waiting)
    for deed in (jobs.get, jobs.cancel, jobs.retry, jobs.logs):
        with pytest.raises(NotFoundError):
            deed(waiting + 1)


def test_all_failed_jobs_are_retried_but_for_those_done_by_another(
    jobs: Jobs, desk: Desk, enqueue: Callable[..., int]
) -> None:
    failed = [enqueue(dedup_key="a"), enqueue(), enqueue(queue="else")]
    for _ in failed:
        desk.fail(claim(desk), "no", is_lasting=True)
    enqueue(dedup_key="a")

    assert jobs.retry_many(queue="test") == 1
    assert [jobs.get(job_id).state for job_id in failed] == ["failed", "queued", "failed"]
    assert jobs.retry_many() == 1


def test_of_many_jobs_those_are_retried_that_can_be(
    jobs: Jobs, desk: Desk, enqueue: Callable[..., int]
) -> None:
    numbers = [enqueue(), enqueue(), enqueue(), enqueue()]
    desk.fail(claim(desk), "no", is_lasting=True)
    jobs.cancel(numbers[1])
    jobs.cancel(numbers[2])

    assert jobs.retry_many([*numbers[:2], numbers[3], 99_999]) == 2
    assert jobs.retry_many([numbers[2]], user_id=1) == 0
    assert [jobs.get(job_id).state for job_id in numbers] == [
        "queued", "queued", "cancelled", "queued",
    ]  # fmt: skip


def test_followers_are_told_in_the_transaction_of_the_change(
    database: Database, clock: MovingClock
) -> None:
    told: list[tuple[str, str | None]] = []

    def follow(connection: Connection, job: Job) -> None:
        state = connection.scalar(select(table.c.state).where(table.c.id == job.id))
        assert state == job.state
        told.append((job.state, job.error))
        if job.error == "do not":
            raise ConflictError("It shall not fail like this.")

    followers = {"test.deed": follow}
    jobs = Jobs(database, clock, followers=followers)
    desk = Desk(database, clock, chance=lambda: -1.0, followers=followers)
    with database.write() as connection:
        job_id = jobs.enqueue(connection, "test.deed", {}, queue="test", most_failures=2)
    first = claim(desk)
    with pytest.raises(ConflictError):
        desk.fail(first, "do not", is_lasting=True)
    assert jobs.get(job_id).state is JobState.RUNNING
    desk.give_back(first)
    desk.put_off(claim(desk), "later", clock())
    desk.fail(claim(desk), "no", is_lasting=False)
    claim(desk, "command:elsewhere:1")
    clock.advance(minutes=2)
    desk.recover()
    jobs.retry(job_id)
    jobs.cancel(job_id)
    jobs.retry(job_id)
    finish(database, desk, claim(desk))

    states = [state for state, _ in told]
    assert states == [
        "running", "failed", "queued", "running", "waiting", "running", "waiting", "running",
        "failed", "queued", "cancelled", "queued", "running", "succeeded",
    ]  # fmt: skip
    assert told[8][1] == (
        "The command that ran this job was interrupted; nothing of it was kept. Run it again."
    )


def test_a_job_is_taken_by_its_number_whatever_holds_of_its_queue(
    jobs: Jobs, desk: Desk, enqueue: Callable[..., int]
) -> None:
    first, second = enqueue(exclusive_key="ada"), enqueue(exclusive_key="ada")
    jobs.set_queue("test", paused=True)
    assert desk.claim("one", DEEDS) is None
    taken = desk.take("one", first)
    assert taken is not None
    assert (desk.take("two", first), desk.take("two", second)) == (None, None)

    again = desk.resume(first, "one", taken.attempt)
    assert again.job == taken.job
    with pytest.raises(LeaseLostError):
        desk.resume(first, "two", taken.attempt)
    desk.end_cancelled(again)
    assert desk.take("two", second) is not None


def test_the_jobs_of_a_process_that_is_gone_are_taken_from_it_at_once(
    jobs: Jobs, desk: Desk, enqueue: Callable[..., int]
) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    gone = worker_name("worker").rpartition(":")[0] + f":{process.pid}"
    alive = worker_name("worker")
    numbers = [enqueue(), enqueue(), enqueue()]
    for worker in (gone, alive, f"worker:elsewhere:{process.pid}"):
        claim(desk, worker)

    assert desk.recover() == 1
    assert [jobs.get(number).state for number in numbers] == ["waiting", "running", "running"]


def test_queues_pause_and_have_bounds(
    database: Database, jobs: Jobs, desk: Desk, enqueue: Callable[..., int], clock: MovingClock
) -> None:
    for _ in range(4):
        enqueue()
    jobs.set_queue("test", paused=True)
    assert desk.claim("one", DEEDS) is None
    jobs.set_queue("test", paused=False, concurrency=2)

    first, _second = claim(desk), claim(desk)
    assert desk.claim("one", DEEDS) is None
    finish(database, desk, first)
    third = claim(desk)
    finish(database, desk, third)

    jobs.set_queue("test", concurrency=None, per_minute=3)
    assert desk.claim("one", DEEDS) is None
    clock.advance(seconds=61)
    assert desk.claim("one", DEEDS) is not None

    imports, queue = jobs.list_queues()
    assert (imports.name, imports.counts) == ("imports", {})
    assert (queue.name, queue.paused_at, queue.per_minute) == ("test", None, 3)
    assert queue.counts == {"succeeded": 2, "running": 2}
    with pytest.raises(InvalidInputError, match="1 or more"):
        jobs.set_queue("test", concurrency=0)
    with pytest.raises(NotFoundError, match=r"There are imports, test\."):
        jobs.set_queue("tset", paused=True)


def test_a_listener_s_jobs_are_theirs_and_go_with_them(
    database: Database, jobs: Jobs, enqueue: Callable[..., int], clock: MovingClock
) -> None:
    with database.write() as connection:
        ada = connection.scalar(_a_listener(clock).returning(users.c.id))
    mine, other = enqueue(user_id=ada), enqueue()

    assert [job.id for job in jobs.list_jobs(user_id=ada)] == [mine]
    assert jobs.get(mine, user_id=ada).user_id == ada
    with pytest.raises(NotFoundError):
        jobs.cancel(other, user_id=ada)
    with database.write() as connection:
        connection.execute(users.delete())
    assert [job.id for job in jobs.list_jobs()] == [other]


def test_old_jobs_are_forgotten_with_their_logs_and_no_others(
    database: Database, jobs: Jobs, desk: Desk, enqueue: Callable[..., int], clock: MovingClock
) -> None:
    old = enqueue()
    claimed = claim(desk)
    desk.log(claimed, "info", "a line")
    finish(database, desk, claimed)
    waiting = enqueue()
    clock.advance(days=8)

    assert jobs.purge(clock() - timedelta(days=7)) == 1
    assert [job.id for job in jobs.list_jobs()] == [waiting]
    with pytest.raises(NotFoundError):
        jobs.logs(old)


def run_together(deeds: list[Callable[[], None]]) -> None:
    threads = [Thread(target=deed) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _a_listener(clock: MovingClock) -> Insert:
    return insert(users).values(
        name="Ada", name_key="ada", role="listener", zone="UTC", created_at=clock()
    )
