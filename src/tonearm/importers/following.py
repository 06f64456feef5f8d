"""An import is a job: what that job is, and how the import's own row keeps in step with it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select, update

from tonearm.accounts.audit import Action, record
from tonearm.domain.errors import ConflictError, NotFoundError
from tonearm.domain.vocabulary import UNDER_WAY, ImportState
from tonearm.importers.announcing import announce
from tonearm.jobs.records import Job, JobState
from tonearm.ops.clock import Clock
from tonearm.storage.tables import imports

RUN = "importers.run"
QUEUE = "imports"
INTERRUPTED = (
    "The import's process was ended from outside, perhaps for want of memory. "
    "Nothing was imported; start it again."
)
_STATES = {
    JobState.QUEUED: ImportState.QUEUED,
    JobState.WAITING: ImportState.QUEUED,
    JobState.RUNNING: ImportState.RUNNING,
    JobState.FAILED: ImportState.FAILED,
    JobState.DEAD: ImportState.FAILED,
    JobState.CANCELLED: ImportState.CANCELLED,
}
_ENDS = {
    ImportState.FAILED: Action.IMPORT_FAILED,
    ImportState.CANCELLED: Action.IMPORT_CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Following:
    """Gives an import the state of its job, in the transaction that changes the job."""

    spool: Path
    clock: Clock

    def __call__(self, connection: Connection, job: Job) -> None:
        """Follow a job; raises ConflictError where it shall run again and its files are gone."""
        state = _STATES.get(job.state)
        if state is None:
            return  # whoever hands an import in writes more than a state
        user_id, import_id = import_of(job)
        place = (
            imports.c.user_id == user_id,
            imports.c.id == import_id,
            imports.c.job_id == job.id,
        )
        row = connection.execute(
            select(imports.c.state, imports.c.spool, imports.c.is_preview).where(*place)
        ).one_or_none()
        if row is None:
            if job.state is JobState.QUEUED:
                raise ConflictError("This import is gone, or goes on in another job.")
            return
        if row.state not in UNDER_WAY:
            check_files(self.spool / row.spool)
        now, deed = self.clock(), _ENDS.get(state)
        if row.state == state == ImportState.RUNNING:
            deed = Action.IMPORT_CANCEL_REQUESTED  # it goes on until it looks around
        else:
            values = {"state": state, "phase": None, "finished_at": now if deed else None}
            connection.execute(update(imports).where(*place).values(values | _problem(job)))
        if state is ImportState.FAILED:
            announce(connection, user_id, import_id, now)
        # A preview has no end that matters to anybody.
        if deed is not None and not row.is_preview:
            record(connection, now, deed, subject_id=user_id, import_id=import_id)


def import_of(job: Job) -> tuple[int, int]:
    """Give the user id and the import id of a job; raises NotFoundError where it is of no import."""
    import_id = job.payload.get("import_id")
    if job.user_id is None or not isinstance(import_id, int):
        raise NotFoundError("This job is of no import.")
    return job.user_id, import_id


def check_files(folder: Path) -> None:
    """Raise ConflictError unless the files of an import that has ended are still there."""
    if not folder.is_dir():
        raise ConflictError("The uploaded files are gone. Upload them again.")


def _problem(job: Job) -> dict[str, Any]:
    if job.state not in (JobState.FAILED, JobState.DEAD):
        return {"problem": None, "problem_code": None}
    problem = INTERRUPTED if job.state is JobState.DEAD else job.error
    return {"problem": problem, "problem_code": "interrupted"}
