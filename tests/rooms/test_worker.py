"""The worker goes on, whatever happens around it; its children end when it says so, or is gone itself."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from listening import add_user, imports_for
from moving_clock import MovingClock
from tonearm.domain.errors import UnavailableError
from tonearm.domain.vocabulary import ImportState
from tonearm.importers.child import ImportChild
from tonearm.importers.imports import Imports, worker_name
from tonearm.importers.limits import Limits
from tonearm.importers.worker import ImportWorker
from tonearm.storage.database import Database
from tonearm.testing.export import write_export

PLAYS = 60_000


def refuse(_user_id: int, _import_id: int) -> subprocess.Popen[bytes]:
    raise OSError("no more processes")


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Give an export that takes seconds to import."""
    path = tmp_path_factory.mktemp("export") / "my_spotify_data.zip"
    write_export(path, plays=PLAYS, seed=5, years=3)
    return path.read_bytes()


def submit(imports: Imports, database: Database, clock: MovingClock, content: bytes) -> Path:
    """Queue an export for a listener of its own; gives its folder."""
    add_user(database, clock, 1)
    spool = imports.create_spool()
    (spool / "0").write_bytes(content)
    imports.submit(1, spool, ["my_spotify_data.zip"])
    return spool


def child_for(url: str, folder: Path) -> ImportChild:
    return ImportChild(url, folder / "spool", Limits(), folder / "logs", "info")


def test_folders_that_vanish_do_not_disturb_a_sweep(
    sqlite_database: Database, tmp_path: Path, clock: MovingClock
) -> None:
    """Readiness probes make folders and remove them while the worker looks at every folder."""
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


def test_what_fails_unforeseen_does_not_end_the_worker(
    sqlite_database: Database, tmp_path: Path, clock: MovingClock
) -> None:
    """The first child cannot even be started; the next import is taken all the same."""
    imports = imports_for(sqlite_database, tmp_path, clock)
    add_user(sqlite_database, clock, 1)
    for _ in range(2):
        imports.submit(1, imports.create_spool(), ["nothing.json"])
    working = ImportWorker(imports, refuse, idle_seconds=0.01)
    working.start()
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with suppress(UnavailableError):
                if all(record.state is ImportState.FAILED for record in imports.list(1)):
                    break
            time.sleep(0.05)
        assert [record.problem_code for record in imports.list(1)] == ["interrupted"] * 2
    finally:
        working.stop()


def test_a_child_imports_and_ends(
    database: Database, database_url: str, tmp_path: Path, clock: MovingClock, export: bytes
) -> None:
    imports = imports_for(database, tmp_path, clock)
    spool = submit(imports, database, clock, export)
    assert ImportWorker(imports, child_for(database_url, tmp_path)).work_once()
    record = imports.get(1, 1)
    assert (record.state, record.counts.new) == (ImportState.PUBLISHED, PLAYS)
    assert not spool.exists()


def test_a_child_that_is_killed_is_a_failed_import(
    sqlite_database: Database, sqlite_url: str, tmp_path: Path, clock: MovingClock, export: bytes
) -> None:
    imports = imports_for(sqlite_database, tmp_path, clock)
    submit(imports, sqlite_database, clock, export)
    start = child_for(sqlite_url, tmp_path)

    def start_and_kill(user_id: int, import_id: int) -> subprocess.Popen[bytes]:
        process = start(user_id, import_id)
        process.kill()
        return process

    assert ImportWorker(imports, start_and_kill).work_once()
    record = imports.get(1, 1)
    assert (record.state, record.problem_code) == (ImportState.FAILED, "interrupted")


def test_nothing_secret_is_on_a_childs_command_line(tmp_path: Path) -> None:
    process = child_for("postgresql://ada:hush@127.0.0.1:1/none", tmp_path)(1, 1)
    with process:
        process.kill()
    words = process.args
    assert isinstance(words, list)
    assert words[0] == sys.executable
    assert not any("hush" in str(word) or "127.0.0.1" in str(word) for word in words)


def test_a_child_ends_when_nobody_holds_its_input(
    sqlite_database: Database, sqlite_url: str, tmp_path: Path, clock: MovingClock, export: bytes
) -> None:
    imports = imports_for(sqlite_database, tmp_path, clock)
    spool = submit(imports, sqlite_database, clock, export)
    claimed = imports.claim(worker_name("worker"))
    assert claimed is not None
    with child_for(sqlite_url, tmp_path)(*claimed) as process:
        wait_until(lambda: any(spool.glob("*.stage")))
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=60) == 1
    assert imports.get(1, 1).state is ImportState.RUNNING


def test_a_child_dies_with_its_worker(
    sqlite_database: Database, sqlite_url: str, tmp_path: Path, clock: MovingClock, export: bytes
) -> None:
    imports = imports_for(sqlite_database, tmp_path, clock)
    spool = submit(imports, sqlite_database, clock, export)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TONEARM")}
    settings = {
        "TONEARM_DATA_DIR": str(tmp_path),
        "TONEARM_SPOOL_DIR": str(spool.parent),
        "TONEARM_DATABASE_URL": sqlite_url,
    }
    worker = subprocess.Popen(
        [sys.executable, "-m", "tonearm", "worker"],
        env=kept | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        wait_until(lambda: any(spool.glob("*.stage")) or worker.poll() is not None)
    finally:
        worker.kill()
    # The child writes where the worker did, which is at its end when both are gone.
    _, complaints = worker.communicate(timeout=60)
    assert worker.returncode == -signal.SIGKILL, complaints
    assert imports.get(1, 1).state is ImportState.RUNNING


def test_a_worker_that_stops_ends_its_child_and_queues_the_import_again(
    sqlite_database: Database, sqlite_url: str, tmp_path: Path, clock: MovingClock, export: bytes
) -> None:
    imports = imports_for(sqlite_database, tmp_path, clock)
    spool = submit(imports, sqlite_database, clock, export)
    started: list[subprocess.Popen[bytes]] = []
    start = child_for(sqlite_url, tmp_path)

    def remembered(user_id: int, import_id: int) -> subprocess.Popen[bytes]:
        started.append(start(user_id, import_id))
        return started[-1]

    working = ImportWorker(imports, remembered, idle_seconds=0.01)
    working.start()
    wait_until(lambda: any(spool.glob("*.stage")))
    working.stop()
    assert [process.returncode for process in started] == [-signal.SIGKILL]
    assert imports.get(1, 1).state is ImportState.QUEUED
    # What is staged is not read again, and the end is the same.
    assert any(spool.glob("*.stage"))
    assert ImportWorker(imports, start).work_once()
    assert imports.get(1, 1).counts.new == PLAYS


def test_a_cancelled_import_ends_without_a_trace(
    sqlite_database: Database, sqlite_url: str, tmp_path: Path, clock: MovingClock, export: bytes
) -> None:
    imports = imports_for(sqlite_database, tmp_path, clock)
    spool = submit(imports, sqlite_database, clock, export)
    working = ImportWorker(imports, child_for(sqlite_url, tmp_path), idle_seconds=0.01)
    working.start()
    try:
        wait_until(lambda: any(spool.glob("*.stage")))
        imports.cancel(1, 1)
        wait_until(lambda: imports.get(1, 1).state is not ImportState.RUNNING)
        assert imports.get(1, 1).state is ImportState.CANCELLED
        wait_until(lambda: not spool.exists())
    finally:
        working.stop()
