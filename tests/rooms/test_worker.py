"""The worker goes on, whatever happens around it."""

import threading
import time
from contextlib import suppress
from pathlib import Path

from listening import add_user, imports_for
from moving_clock import MovingClock
from tonearm.domain.errors import UnavailableError
from tonearm.domain.vocabulary import ImportState
from tonearm.importers.worker import ImportWorker
from tonearm.storage.database import Database


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
    # What cannot be pickled fails where the process is made.
    working = ImportWorker(imports, lambda *_: None, idle_seconds=0.01)
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
