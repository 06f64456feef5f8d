"""Imports as jobs: tried again, handed in, cancelled, given back, and in step with their rows."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from import_house import House, start_worker, wait_until
from listening import imports_for, stored_plays
from moving_clock import MovingClock
from tonearm.accounts.acting import Actor, acting_as
from tonearm.accounts.audit import Audit
from tonearm.domain.errors import ConflictError
from tonearm.domain.vocabulary import ImportState
from tonearm.importers.child import ImportChild
from tonearm.importers.following import RUN
from tonearm.importers.limits import Limits
from tonearm.jobs.records import Claim, Job, JobState
from tonearm.ops.clock import system_clock
from tonearm.storage.database import Database
from tonearm.testing.export import write_export

PLAYS = 60_000
ONE_ROW = b'[{"endTime": "2021-01-01 10:00", "artistName": "A", "trackName": "T", "msPlayed": 5}]'


def told(house: House) -> list[tuple[str, str, int | None, dict[str, object]]]:
    """Give what is written down: what, by whom, about whom, and more."""
    found = Audit(house.database, system_clock).iter()
    return [(one.action, one.actor, one.subject_id, dict(one.details)) for one in found]


def cancel(house: House, door: str) -> None:
    if door == "imports":
        house.imports.cancel(1, 1)
    else:
        house.jobs.cancel(house.job().id)


def refuse(_claim: Claim) -> subprocess.Popen[bytes]:
    raise OSError("no more processes")


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Give an export that takes seconds to import."""
    path = tmp_path_factory.mktemp("export") / "my_spotify_data.zip"
    write_export(path, plays=PLAYS, seed=5, years=3)
    return path.read_bytes()


@pytest.fixture
def house(database: Database, database_url: str, tmp_path: Path) -> House:
    return House(database, database_url, tmp_path)


@pytest.fixture
def sqlite_house(sqlite_database: Database, sqlite_url: str, tmp_path: Path) -> House:
    return House(sqlite_database, sqlite_url, tmp_path)


def test_folders_that_vanish_do_not_disturb_a_sweep(
    sqlite_database: Database, tmp_path: Path, clock: MovingClock
) -> None:
    """Readiness probes make folders and remove them while a worker looks at every folder."""
    imports = imports_for(sqlite_database, tmp_path, clock)
    stopping = threading.Event()

    def probe() -> None:
        while not stopping.is_set():
            imports.check_spool()

    probing = threading.Thread(target=probe)
    probing.start()
    try:
        for _ in range(300):
            imports.sweep()
    finally:
        stopping.set()
        probing.join()


def test_a_child_that_cannot_be_started_leaves_its_import_waiting(sqlite_house: House) -> None:
    """The worker goes on: what waits is tried again, and the next import is taken all the same."""
    house = sqlite_house
    house.submit(b"[]")
    house.submit(b"[]", user_id=2)
    with house.working(refuse):
        wait_until(lambda: all(house.job(user).failures for user in (1, 2)))
    assert {house.job(user).state for user in (1, 2)} == {JobState.WAITING}
    assert {house.imports.get(user, 1).state for user in (1, 2)} == {ImportState.QUEUED}


def test_a_child_imports_and_hands_its_job_in(house: House, export: bytes) -> None:
    spool = house.submit(export)
    with house.working(house.child()):
        assert house.settled() is ImportState.PUBLISHED
        wait_until(lambda: not spool.exists())
    record, job = house.imports.get(1, 1), house.job()
    assert record.counts.new == PLAYS
    assert (job.name, job.queue, job.payload) == (RUN, "imports", {"import_id": 1})
    assert (job.user_id, job.state, job.progress) == (1, JobState.SUCCEEDED, 1.0)
    assert job.result == {"import_id": 1, "rows": record.counts.rows, "new": PLAYS}


def test_what_cannot_be_read_is_a_failed_job_and_a_retry_imports_again(house: House) -> None:
    spool = house.submit(b"no export")
    with house.working(house.child()):
        assert house.settled() is ImportState.FAILED
        record, job = house.imports.get(1, 1), house.job()
        assert (job.state, job.error) == (JobState.FAILED, record.problem)
        assert record.problem_code == "unreadable_file"

        (spool / "0").write_bytes(b"{}")
        (spool / "0.stage").unlink(missing_ok=True)
        house.jobs.retry(job.id)
        assert house.settled() is ImportState.FAILED
        # Started again from the import's side it has another job, and the old one is of no import.
        house.imports.publish(1, 1)
        assert house.settled() is ImportState.FAILED
        assert house.job().id != job.id
        with pytest.raises(ConflictError, match="in another job"):
            house.jobs.retry(job.id)
    (spool / "0").unlink()
    for path in spool.iterdir():
        path.unlink()
    spool.rmdir()
    with pytest.raises(ConflictError, match="files are gone"):
        house.jobs.retry(house.job().id)
    assert house.jobs.retry_many() == 0
    assert house.job().state is JobState.FAILED
    assert told(house) == [("import.failed", "tonearm", 1, {"import_id": 1})] * 3


def test_a_child_that_is_killed_is_tried_again_and_at_last_a_failed_import(
    sqlite_house: House,
) -> None:
    house = sqlite_house
    house.submit(ONE_ROW)
    start = house.child()
    tries = house.job().most_failures

    def start_and_kill(claim: Claim) -> subprocess.Popen[bytes]:
        process = start(claim)
        process.kill()
        return process

    with house.working(start_and_kill):
        assert house.settled() is ImportState.FAILED
    record, job = house.imports.get(1, 1), house.job()
    assert (record.problem_code, job.state, job.failures) == ("interrupted", JobState.DEAD, tries)
    assert record.problem == job.error

    house.jobs.retry(job.id)
    assert house.imports.get(1, 1).problem is None
    with house.working(start):
        assert house.settled() is ImportState.PUBLISHED


def test_nothing_secret_is_on_a_childs_command_line(tmp_path: Path) -> None:
    url = "postgresql://ada:hush@127.0.0.1:1/none"
    process = ImportChild(url, tmp_path, Limits(), tmp_path, "info")(some_claim())
    with process:
        process.kill()
    words = process.args
    assert isinstance(words, list)
    assert words[0] == sys.executable
    assert not any("hush" in str(word) or "127.0.0.1" in str(word) for word in words)


def some_claim() -> Claim:
    now = datetime.now(UTC)
    job = Job(
        id=1, user_id=1, queue="imports", name=RUN, payload={"import_id": 1}, priority=0,
        state=JobState.RUNNING, run_at=now, failures=0, most_failures=5, cancel_requested=False,
        progress=None, message=None, result=None, error=None, created_at=now, started_at=now,
        finished_at=None,
    )  # fmt: skip
    return Claim(job, "worker", 1)


def test_a_child_ends_when_nobody_holds_its_input(sqlite_house: House, export: bytes) -> None:
    house = sqlite_house
    spool = house.submit(export)
    claim = house.imports.take(1, 1, "worker")
    assert claim is not None
    with house.child()(claim) as process:
        wait_until(lambda: any(spool.glob("*.stage")))
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=60) == 1
    assert house.imports.get(1, 1).state is ImportState.RUNNING


def test_a_child_dies_with_its_worker_and_the_next_one_goes_on(
    sqlite_house: House, export: bytes
) -> None:
    house = sqlite_house
    spool = house.submit(export)
    worker = start_worker(house, spool)
    try:
        wait_until(lambda: any(spool.glob("*.stage")) or worker.poll() is not None)
    finally:
        worker.kill()
    # The child writes where the worker did, which is at its end when both are gone.
    _, complaints = worker.communicate(timeout=60)
    assert worker.returncode == -signal.SIGKILL, complaints
    assert house.imports.get(1, 1).state is ImportState.RUNNING
    # Long before its lease ends: on the same host it is seen to be gone.
    with house.working(house.child()):
        assert house.settled() is ImportState.PUBLISHED
    assert (house.imports.get(1, 1).counts.new, house.job().failures) == (PLAYS, 1)


def test_a_worker_that_stops_ends_its_child_and_queues_the_import_again(
    sqlite_house: House, export: bytes
) -> None:
    house = sqlite_house
    spool = house.submit(export)
    started: list[subprocess.Popen[bytes]] = []
    start = house.child()

    def remembered(claim: Claim) -> subprocess.Popen[bytes]:
        started.append(start(claim))
        return started[-1]

    with house.working(remembered):
        wait_until(lambda: any(spool.glob("*.stage")))
    assert [process.returncode for process in started] == [-signal.SIGKILL]
    assert house.imports.get(1, 1).state is ImportState.QUEUED
    assert (house.job().state, house.job().failures) == (JobState.QUEUED, 0)
    # What is staged is not read again, and the end is the same.
    assert any(spool.glob("*.stage"))
    with house.working(start):
        assert house.settled() is ImportState.PUBLISHED
    assert house.imports.get(1, 1).counts.new == PLAYS


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no signals to other processes")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda one: one.name)
def test_a_worker_that_is_told_to_stop_gives_its_import_back(
    sqlite_house: House, export: bytes, number: signal.Signals
) -> None:
    house = sqlite_house
    spool = house.submit(export)
    worker = start_worker(house, spool)
    try:
        wait_until(lambda: any(spool.glob("*.stage")) or worker.poll() is not None)
        worker.send_signal(number)
        _, complaints = worker.communicate(timeout=60)
    finally:
        worker.kill()
    assert worker.returncode == 0, complaints
    assert house.imports.get(1, 1).state is ImportState.QUEUED
    assert (house.job().state, house.job().failures) == (JobState.QUEUED, 0)


@pytest.mark.parametrize("door", ["imports", "jobs"])
def test_a_cancelled_import_ends_at_once_and_without_a_trace(
    sqlite_house: House, export: bytes, door: str
) -> None:
    house = sqlite_house
    spool = house.submit(export)
    with house.working(house.child()):
        wait_until(lambda: any(spool.glob("*.stage")))
        asked_at = time.monotonic()
        with acting_as(Actor(1, "listener")):
            cancel(house, door)
            with suppress(ConflictError):  # an impatient one, unless it has ended by now
                cancel(house, door)
        assert house.settled() is ImportState.CANCELLED
        assert time.monotonic() - asked_at < 5
        assert house.job().state is JobState.CANCELLED
        wait_until(lambda: not spool.exists())
    assert stored_plays(house.database) == []
    assert told(house) == [
        ("import.cancel_requested", "listener", 1, {"import_id": 1}),
        ("import.cancelled", "tonearm", 1, {"import_id": 1}),
    ]


def test_a_child_that_is_killed_when_it_has_ended_the_import_leaves_no_trace(
    sqlite_house: House, export: bytes
) -> None:
    house = sqlite_house
    spool = house.submit(export)

    def ended(claim: Claim) -> subprocess.Popen[bytes]:
        """Hand an import in as cancelled, and come to no end."""
        house.desk.end_cancelled(claim)
        return subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)

    with house.working(ended):
        assert house.settled() is ImportState.CANCELLED
        wait_until(lambda: not spool.exists())
    assert house.job().state is JobState.CANCELLED


def test_what_becomes_of_a_preview_is_not_written_down(house: House) -> None:
    house.submit(b"no export", is_preview=True)
    with house.working(house.child()):
        assert house.settled() is ImportState.FAILED
    house.submit(b"[]", is_preview=True)
    assert house.imports.cancel(1, 2).state is ImportState.CANCELLED

    assert told(house) == []


def test_a_preview_is_a_job_and_so_is_its_publication(house: House) -> None:
    spool = house.submit(ONE_ROW, is_preview=True)
    with house.working(house.child()):
        assert house.settled() is ImportState.PREVIEWED
        first = house.job()
        assert (first.state, stored_plays(house.database)) == (JobState.SUCCEEDED, [])
        assert spool.exists()
        assert house.imports.publish(1, 1).state is ImportState.QUEUED
        assert house.settled() is ImportState.PUBLISHED
    assert house.job().id > first.id
    assert len(stored_plays(house.database)) == 1


def test_a_listener_has_one_import_at_a_time_and_listeners_go_beside_each_other(
    house: House,
) -> None:
    for user_id in (1, 1, 2):
        house.submit(b"[]", user_id)
    assert house.imports.take(1, 1, "one") is not None
    assert house.imports.take(1, 2, "two") is None
    claim = house.desk.claim("two", [RUN])
    assert claim is not None
    assert claim.job.user_id == 2
    assert house.desk.claim("three", [RUN]) is None
    assert [record.state for record in house.imports.list(1)] == ["queued", "running"]


def test_a_queued_import_that_is_cancelled_as_a_job_is_swept(house: House) -> None:
    spool = house.submit(b"[]")
    with acting_as(Actor(1, "Ada", "192.0.2.7")):
        house.jobs.cancel(house.job().id, user_id=1)
    assert told(house) == [("import.cancelled", "Ada", 1, {"import_id": 1})]
    assert house.imports.get(1, 1).state is ImportState.CANCELLED
    assert spool.exists()
    house.imports.sweep()
    assert not spool.exists()
    with pytest.raises(ConflictError, match="files are gone"):
        house.jobs.retry(house.job().id)
