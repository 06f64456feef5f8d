"""Imports with a queue and workers, for tests that see what becomes of them."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from listening import add_user
from tonearm.domain.vocabulary import ImportState
from tonearm.importers.child import ImportChild
from tonearm.importers.deed import ImportDeed, StartChild
from tonearm.importers.following import RUN, Following
from tonearm.importers.imports import Imports
from tonearm.importers.limits import Limits
from tonearm.jobs.desk import Desk
from tonearm.jobs.queue import Jobs
from tonearm.jobs.records import Job
from tonearm.jobs.schedules import Schedules
from tonearm.jobs.work import Worker
from tonearm.ops.clock import system_clock
from tonearm.storage.database import Database
from tonearm.storage.tables import imports as rows

LEASE = timedelta(seconds=3)


def wait_until(is_so: Callable[[], bool], *, look_seconds: float = 0.005) -> None:
    """Look until something is so; whoever asks a server looks seldom, since what is waited for needs the processor."""
    deadline = time.monotonic() + 120
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(look_seconds)


@dataclass
class House:
    """Imports with a queue, by the clock of the machine, as their children go by it too."""

    database: Database
    url: str
    folder: Path
    imports: Imports = field(init=False)
    jobs: Jobs = field(init=False)
    desk: Desk = field(init=False)

    def __post_init__(self) -> None:
        spool = self.folder / "spool"
        followers = {RUN: Following(spool, system_clock)}
        self.jobs = Jobs(self.database, system_clock, followers=followers)
        # What failed is tried again at once.
        self.desk = Desk(
            self.database, system_clock, lease=LEASE, chance=lambda: -1.0, followers=followers
        )
        self.imports = Imports(self.database, spool, Limits(), system_clock, self.jobs, self.desk)

    def submit(self, content: bytes, user_id: int = 1, *, is_preview: bool = False) -> Path:
        """Queue an export for a listener of its own; gives its folder."""
        with suppress(IntegrityError):
            add_user(self.database, system_clock, user_id)
        spool = self.imports.create_spool()
        (spool / "0").write_bytes(content)
        self.imports.submit(user_id, spool, ["my_spotify_data.zip"], is_preview=is_preview)
        return spool

    def child(self) -> ImportChild:
        folder = self.folder
        return ImportChild(self.url, folder / "spool", Limits(), folder / "logs", "info")

    def job(self, user_id: int = 1, import_id: int = 1) -> Job:
        job_id = self.imports.get(user_id, import_id).job_id
        assert job_id is not None
        return self.jobs.get(job_id)

    def phase(self) -> str | None:
        with self.database.read() as connection:
            found: str | None = connection.scalar(select(rows.c.phase))
        return found

    @contextmanager
    def working(self, start_child: StartChild, name: str = "worker") -> Iterator[Worker]:
        worker = Worker(
            self.database,
            self.desk,
            {RUN: ImportDeed(self.imports, start_child)},
            Schedules(self.database, system_clock, self.jobs),
            name=name,
            at_most={RUN: 1},
            idle_seconds=0.01,
        )
        worker.start()
        try:
            yield worker
        finally:
            worker.stop()

    def settled(self, user_id: int = 1, import_id: int = 1) -> ImportState:
        under_way = (ImportState.QUEUED, ImportState.RUNNING)
        wait_until(lambda: self.imports.get(user_id, import_id).state not in under_way)
        return self.imports.get(user_id, import_id).state


def start_worker(house: House, spool: Path) -> subprocess.Popen[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TONEARM")}
    settings = {
        "TONEARM_DATA_DIR": str(house.folder),
        "TONEARM_SPOOL_DIR": str(spool.parent),
        "TONEARM_DATABASE_URL": house.url,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "tonearm", "worker"],
        env=kept | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
