"""The background worker: takes queued imports one after another, each in a process of its own."""

import multiprocessing
import threading
from collections.abc import Callable

import structlog

from tonearm.domain.errors import TonearmError
from tonearm.importers.imports import Imports, worker_name

_log = structlog.get_logger()
_RECOVER_EVERY = 60

RunElsewhere = Callable[[int, int], None]
"""Runs the import of a user id and an import id; called in the child process, so it has to be picklable."""


class ImportWorker:
    """Runs queued imports until told to stop."""

    def __init__(
        self, imports: Imports, run_elsewhere: RunElsewhere, *, idle_seconds: float = 1.0
    ) -> None:
        """Take work from `imports`; `run_elsewhere` runs one import in a fresh process."""
        self._imports = imports
        self._run_elsewhere = run_elsewhere
        self._idle_seconds = idle_seconds
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Work in a thread of this process."""
        self._thread = threading.Thread(target=self.work, name="import-worker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish; an import that runs is ended and taken up again by the next worker."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def work(self) -> None:
        """Take imports until stopped."""
        turn = 0
        while not self._stopping.is_set():
            try:
                if turn % _RECOVER_EVERY == 0:
                    self._imports.recover()
                turn += 1
                if not self.work_once():
                    self._stopping.wait(self._idle_seconds)
            except TonearmError as error:  # such as a database that is away for a moment
                _log.warning("import_worker.waiting", reason=error.message)
                self._stopping.wait(self._idle_seconds * 5)
            except Exception:  # noqa: BLE001 - a worker that ends leaves every later import waiting
                _log.exception("import_worker.failed")
                self._stopping.wait(self._idle_seconds * 5)

    def work_once(self) -> bool:
        """Run the next import to its end, if there is one."""
        claimed = self._imports.claim(worker_name("worker"))
        if claimed is None:
            return False
        user_id, import_id = claimed
        _log.info("import.started", user_id=user_id, import_id=import_id)
        process = multiprocessing.get_context("spawn").Process(
            target=self._run_elsewhere, args=claimed, name=f"import-{import_id}"
        )
        try:
            process.start()
        except Exception:
            self._imports.fail_dead(user_id, import_id)
            raise
        while process.is_alive():
            process.join(0.2)
            if self._stopping.is_set():
                process.terminate()
                process.join(5)
                self._imports.release(user_id, import_id)
                return True
        if process.exitcode:
            self._imports.fail_dead(user_id, import_id)
        record = self._imports.get(user_id, import_id)
        _log.info(
            "import.ended",
            user_id=user_id,
            import_id=import_id,
            state=record.state.value,
            problem=record.problem_code,
        )
        return True
