"""Whatever of an import dies in whichever moment, the plays are right and nothing is published twice."""

import os
import signal
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest

from import_house import LEASE, House, start_worker, wait_until
from listening import stored_plays
from tonearm.domain.vocabulary import ImportState
from tonearm.importers.imports import Imports
from tonearm.importers.limits import Limits
from tonearm.importers.records import Progress
from tonearm.jobs.errors import LeaseLostError
from tonearm.jobs.records import Claim, JobState
from tonearm.ops.clock import system_clock
from tonearm.storage.database import Database
from tonearm.testing.export import write_export

SHORT = 15_000
PHASES = ("stage", "match", "write")


@pytest.fixture(scope="module")
def short_export(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Give an export that takes a second or so to import."""
    path = tmp_path_factory.mktemp("short") / "my_spotify_data.zip"
    write_export(path, plays=SHORT, seed=5, years=3)
    return path.read_bytes()


@pytest.fixture
def house(database: Database, database_url: str, tmp_path: Path) -> House:
    return House(database, database_url, tmp_path)


@pytest.fixture
def sqlite_house(sqlite_database: Database, sqlite_url: str, tmp_path: Path) -> House:
    return House(sqlite_database, sqlite_url, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("victim", ["worker", "child", "both"])
def test_kills_in_every_phase_end_with_the_right_plays(
    sqlite_house: House, short_export: bytes, phase: str, victim: str
) -> None:
    check_kill(sqlite_house, short_export, phase, victim)


@pytest.mark.slow
@pytest.mark.parametrize("phase", PHASES)
def test_kills_of_all_at_once_end_with_the_right_plays_on_every_database(
    house: House, short_export: bytes, phase: str
) -> None:
    check_kill(house, short_export, phase, "both")


def check_kill(house: House, export: bytes, phase: str, victim: str) -> None:
    spool = house.submit(export)
    worker = start_worker(house, spool)
    try:
        wait_until(lambda: has_come_to(house, spool, phase))
        children = children_of(worker.pid)
        if victim != "child":
            worker.kill()
        if victim != "worker":
            for child in children:
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
        if victim == "child":
            wait_until(lambda: house.job().failures == 1 or house.job().finished_at is not None)
    finally:
        worker.kill()
        worker.communicate(timeout=60)
    with house.working(house.child()):
        assert house.settled() is ImportState.PUBLISHED
    assert house.imports.get(1, 1).counts.new == SHORT
    assert len(stored_plays(house.database)) == SHORT
    assert house.job().state is JobState.SUCCEEDED


def has_come_to(house: House, spool: Path, phase: str) -> bool:
    # The row says nothing before half a second has passed: what is written into the spool does.
    if phase == "stage":
        return any(spool.glob("*.stage"))
    # A phase may be over before anybody looks.
    return house.phase() in PHASES[PHASES.index(phase) :] or house.job().state is JobState.SUCCEEDED


def children_of(pid: int) -> list[int]:
    """Give the processes that any thread of a process has started."""
    return [
        int(one)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for one in (task / "children").read_text(encoding="utf-8").split()
    ]


@pytest.mark.parametrize("phase", ["match", "write"])
def test_who_was_taken_for_dead_publishes_nothing(
    house: House, short_export: bytes, phase: str
) -> None:
    """A process stands still until its lease has ended; what it goes on with then is void."""
    house.submit(short_export)
    slow = house.imports.take(1, 1, "worker:elsewhere:1")
    assert slow is not None
    lost: list[Claim] = []

    def clock() -> datetime:
        # The last look at the clock is the one before an import is published.
        if not lost and house.phase() == phase:
            stand_still()
        return system_clock()

    def look(_progress: Progress) -> None:
        clock()

    def stand_still() -> None:
        time.sleep(LEASE.total_seconds() + 0.1)
        assert house.desk.recover() == 1
        again = house.imports.take(1, 1, "worker:elsewhere:2")
        assert again is not None
        lost.append(again)

    standing = Imports(
        house.database, house.folder / "spool", Limits(), clock, house.jobs, house.desk
    )
    with pytest.raises(LeaseLostError):
        standing.run(slow, look if phase == "match" else lambda _: None)
    assert house.imports.get(1, 1).state is ImportState.RUNNING
    assert stored_plays(house.database) == []
    (quick,) = lost
    assert house.imports.run(quick) is ImportState.PUBLISHED
    assert len(stored_plays(house.database)) == SHORT
