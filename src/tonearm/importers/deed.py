"""Imports as workers do them: each in a process of its own."""

import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict

import structlog

from tonearm.domain.errors import CancelledError
from tonearm.domain.vocabulary import UNDER_WAY, ImportState
from tonearm.importers.following import INTERRUPTED, import_of
from tonearm.importers.imports import Imports
from tonearm.importers.records import ImportRecord
from tonearm.jobs.errors import LeaseLostError, TransientError
from tonearm.jobs.records import Claim
from tonearm.jobs.work import Task
from tonearm.ops.memory import give_back_memory
from tonearm.ops.metrics import UNCOUNTED, Metrics

_log = structlog.get_logger()
_LOOK_EVERY = 0.2
_OUTCOMES = {ImportState.FAILED: "failed", ImportState.CANCELLED: "cancelled"}

StartChild = Callable[[Claim], subprocess.Popen[bytes]]
"""Starts a process that runs the import of a claimed job, and hands it in."""


class ImportDeed:
    """Runs an import when called, as long as its job may run."""

    def __init__(
        self, imports: Imports, start_child: StartChild, metrics: Metrics = UNCOUNTED
    ) -> None:
        self._imports = imports
        self._start_child = start_child
        self._metrics = metrics

    def __call__(self, task: Task) -> None:
        """Run the import of a job to its end.

        Raises:
            LeaseLostError: another worker has the job.
            TransientError: its process died, and it may be tried again.
        """
        user_id, import_id = import_of(task.job)
        told = {"user_id": user_id, "import_id": import_id}
        _log.info("import.started", **told)
        give_back_memory()  # the child needs it
        try:
            self._wait_for_child(task)
        except CancelledError:
            self._imports.drop_files(user_id, import_id)
            self._metrics.import_ended(ImportState.CANCELLED.value, {})
            raise
        except LeaseLostError:
            if self._imports.get(user_id, import_id).state in UNDER_WAY:
                raise
            # Nobody took it: the child ended the job, and was killed before it had tidied up.
            task.is_handed_in = True
        record = self._imports.get(user_id, import_id)
        if record.state in (ImportState.PUBLISHED, ImportState.CANCELLED):
            self._imports.drop_files(user_id, import_id)
        self._count(record)
        task.outcome = _OUTCOMES.get(record.state, task.outcome)
        _log.info("import.ended", state=record.state.value, problem=record.problem_code, **told)

    def _count(self, record: ImportRecord) -> None:
        verdicts = asdict(record.counts)
        del verdicts["rows"]  # the sum of the others
        is_published = record.state is ImportState.PUBLISHED
        self._metrics.import_ended(record.state.value, verdicts if is_published else {})

    def _wait_for_child(self, task: Task) -> None:
        with self._start_child(task.claim) as process:
            try:
                while not _has_ended(process):
                    task.check()
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            raise TransientError(INTERRUPTED)
        task.is_handed_in = True  # by the child, in the transaction that published it


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    with suppress(subprocess.TimeoutExpired):
        process.wait(_LOOK_EVERY)
        return True
    return False
