"""The background worker: takes queued imports one after another, each in a process of its own."""

import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress

import structlog

from tonearm.domain.errors import TonearmError
from tonearm.importers.imports import Imports, worker_name
from tonearm.ops.memory import give_back_memory

_log = structlog.get_logger()
_RECOVER_EVERY = 60
_LOOK_EVERY = 0.2

StartChild = Callable[[int, int], subprocess.Popen[bytes]]
"""Starts a process that runs the import of a user id and an import id."""


class ImportWorker:
    """Runs queued imports until told to stop."""

    def __init__(
        self, imports: Imports, start_child: StartChild, *, idle_seconds: float = 1.0
    ) -> None:
        """Take work from `imports`; `start_child` starts a process for each."""
        self._imports = imports
        self._start_child = start_child
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
        give_back_memory()  # the child needs it
        try:
            process = self._start_child(user_id, import_id)
        except Exception:
            self._imports.fail_dead(user_id, import_id)
            raise
        with process:
            if not self._has_ended(process):
                process.kill()
                process.wait()
                self._imports.release(user_id, import_id)
                return True
        if process.returncode:
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

    def _has_ended(self, process: subprocess.Popen[bytes]) -> bool:
        """Wait for the end of a child; False where this worker is told to stop before."""
        while not self._stopping.is_set():
            with suppress(subprocess.TimeoutExpired):
                process.wait(_LOOK_EVERY)
                return True
        return False
