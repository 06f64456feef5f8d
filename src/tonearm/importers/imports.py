"""Imports from outside: submit, look at, publish, cancel, undo."""

import gc
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, func, insert, select, update

from tonearm.accounts.acting import actor
from tonearm.accounts.audit import Action, record
from tonearm.domain.errors import ConflictError, NotFoundError, UnavailableError
from tonearm.domain.instants import from_ms
from tonearm.domain.vocabulary import UNDER_WAY, Family, ImportState, Verdict
from tonearm.history.change import plan_removal
from tonearm.history.evidence import load_evidence
from tonearm.history.publication import HistoryMovedError, lock_history, publish
from tonearm.history.publication import stage as stage_segments
from tonearm.importers.announcing import announce
from tonearm.importers.drawer import load_formats
from tonearm.importers.following import QUEUE, RUN, Following, check_files
from tonearm.importers.ledger import parse_verdict, read_ledger, read_preview
from tonearm.importers.limits import Limits
from tonearm.importers.matching import Ledger
from tonearm.importers.records import Counts, ImportMember, ImportRecord, LedgerRow, Progress
from tonearm.importers.run import ImportRun, OnProgress
from tonearm.jobs.desk import Desk
from tonearm.jobs.queue import Jobs
from tonearm.jobs.records import Claim
from tonearm.ops.clock import Clock
from tonearm.storage.database import Database
from tonearm.storage.tables import import_members, imports

_NO_PROGRESS = {
    "phase": None,
    "files": 0,
    "files_done": 0,
    "bytes_total": 0,
    "bytes_done": 0,
    "rows": 0,
    "percent": 0.0,
    "rows_per_second": 0.0,
    "seconds_left": None,
}
_NO_COUNTS = dict.fromkeys(
    ("rows", "new", "improved", "duplicate", "no_content", "malformed", "suppressed"), 0
)
_LEFT_NOTHING = (ImportState.PUBLISHED, ImportState.CANCELLED, ImportState.UNDONE)


class Imports:
    """The imports of all listeners."""

    def __init__(
        self,
        database: Database,
        spool: Path,
        limits: Limits,
        clock: Clock,
        jobs: Jobs,
        desk: Desk,
        *,
        kept: timedelta = timedelta(hours=24),
    ) -> None:
        """Queue imports among `jobs`, and hand them in at `desk`; both have to know `Following`."""
        self._database = database
        self._spool = spool
        self._limits = limits
        self._clock = clock
        self._jobs = jobs
        self._desk = desk
        self._kept = kept
        self._formats = load_formats()

    def check_spool(self) -> None:
        """Raise UnavailableError unless uploads can be written."""
        try:
            probe = self.create_spool()
            (probe / "0").write_bytes(b"1")
            shutil.rmtree(probe)
        except OSError as error:
            raise UnavailableError(
                "The spool folder cannot be written (TONEARM_SPOOL_DIR)."
            ) from error

    def create_spool(self) -> Path:
        """Make a folder that only this account can read, for the files "0", "1", … of an upload."""
        self._spool.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = self._spool / secrets.token_hex(16)
        folder.mkdir(mode=0o700)
        return folder

    def submit(
        self, user_id: int, spool: Path, names: Sequence[str], *, is_preview: bool = False
    ) -> ImportRecord:
        """Queue the files of a spool folder for import, or for a preview of it."""
        now = self._clock()
        with self._database.write() as connection:
            lock_history(connection, user_id, now)
            latest = connection.scalar(
                select(func.max(imports.c.id)).where(imports.c.user_id == user_id)
            )
            import_id = (latest or 0) + 1
            connection.execute(
                insert(imports).values(
                    user_id=user_id,
                    id=import_id,
                    state=ImportState.QUEUED,
                    is_preview=is_preview,
                    name="\n".join(name.replace("\n", " ") for name in names),
                    spool=spool.name,
                    created_at=now,
                    progress=_NO_PROGRESS,
                    counts=_NO_COUNTS,
                    job_id=self._enqueue(connection, user_id, import_id),
                )
            )
            if actor().user_id not in (None, user_id):
                record(
                    connection,
                    now,
                    Action.IMPORT_BROUGHT,
                    subject_id=user_id,
                    import_id=import_id,
                    is_preview=is_preview,
                )
        return self.get(user_id, import_id)

    def _enqueue(self, connection: Connection, user_id: int, import_id: int) -> int:
        return self._jobs.enqueue(
            connection,
            RUN,
            {"import_id": import_id},
            queue=QUEUE,
            user_id=user_id,
            exclusive_key=f"{RUN}:{user_id}",  # two of one history would only undo each other's work
        )

    def list(self, user_id: int) -> list[ImportRecord]:
        """Give a listener's imports, newest first, without their members."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(imports).where(imports.c.user_id == user_id).order_by(imports.c.id.desc())
            ).all()
        return [_record(row, ()) for row in rows]

    def get(self, user_id: int, import_id: int) -> ImportRecord:
        """Give one import with its members; raises NotFoundError."""
        with self._database.read() as connection:
            row = _find(connection, user_id, import_id)
            members = connection.execute(
                select(import_members)
                .where(import_members.c.user_id == user_id, import_members.c.import_id == import_id)
                .order_by(import_members.c.position)
            ).all()
        return _record(row, tuple(_member(member) for member in members))

    def ledger(
        self,
        user_id: int,
        import_id: int,
        *,
        after: int = 0,
        limit: int | None = None,
        verdict: str | None = None,
    ) -> Iterator[LedgerRow]:
        """Give the rows of an import in order, from the row `after` on; raises NotFoundError."""
        wanted = parse_verdict(verdict)
        with self._database.read() as connection:
            row = _find(connection, user_id, import_id)
        if row.state not in (ImportState.PUBLISHED, ImportState.PREVIEWED):
            raise ConflictError(f"Import {import_id} is {row.state}: it has no ledger.")
        folder = self._spool / row.spool if row.state == ImportState.PREVIEWED else None
        return self._ledger_rows(user_id, import_id, folder, after, limit, wanted)

    def _ledger_rows(
        self,
        user_id: int,
        import_id: int,
        folder: Path | None,
        after: int,
        limit: int | None,
        verdict: Verdict | None,
    ) -> Iterator[LedgerRow]:
        with self._database.read() as connection:
            if folder is None:
                rows = read_ledger(connection, user_id, import_id, after=after, verdict=verdict)
            else:
                rows = read_preview(
                    connection, user_id, import_id, folder, after=after, verdict=verdict
                )
            yield from islice(rows, limit)

    def publish(self, user_id: int, import_id: int) -> ImportRecord:
        """Queue a preview, or a failed import whose files are still there, for the real import."""
        with self._database.write() as connection:
            row = _find(connection, user_id, import_id)
            if row.state not in (ImportState.PREVIEWED, ImportState.FAILED):
                raise ConflictError(
                    f"Only a preview or a failed import can be started; this one is {row.state}."
                )
            check_files(self._spool / row.spool)
            connection.execute(
                update(imports)
                .where(imports.c.user_id == user_id, imports.c.id == import_id)
                .values(
                    state=ImportState.QUEUED,
                    is_preview=False,
                    finished_at=None,
                    problem=None,
                    problem_code=None,
                    job_id=self._enqueue(connection, user_id, import_id),
                )
            )
        return self.get(user_id, import_id)

    def cancel(self, user_id: int, import_id: int) -> ImportRecord:
        """Stop an import that is queued or runs, or drop a preview."""
        with self._database.write() as connection:
            row = _find(connection, user_id, import_id)
            if row.state not in (*UNDER_WAY, ImportState.PREVIEWED):
                raise ConflictError(
                    f"Only what is under way can be cancelled; this is {row.state}."
                )
            if row.state == ImportState.PREVIEWED:
                connection.execute(
                    update(imports)
                    .where(imports.c.user_id == user_id, imports.c.id == import_id)
                    .values(state=ImportState.CANCELLED, finished_at=self._clock())
                )
            else:
                self._jobs.end(connection, row.job_id)
        record = self.get(user_id, import_id)
        if record.state is ImportState.CANCELLED:
            shutil.rmtree(self._spool / row.spool, ignore_errors=True)
        return record

    def undo(self, user_id: int, import_id: int) -> ImportRecord:
        """Make the history what it would be without this import."""
        while True:
            with self._database.read() as connection:
                row = _find(connection, user_id, import_id)
                if row.state in (*UNDER_WAY, ImportState.PREVIEWED):
                    break
                if row.state != ImportState.PUBLISHED:
                    raise ConflictError(
                        f"Import {import_id} is {row.state}: there is nothing of it to undo."
                    )
                evidence = load_evidence(connection, user_id)
                gone = _unsupported_without(connection, user_id, import_id)
            change = plan_removal(evidence, gone)
            now = self._clock()
            revision = stage_segments(
                self._database, change, batch_bytes=self._limits.commit_bytes, now=now
            )
            try:
                with self._database.write() as connection:
                    publish(connection, change, revision, now=now)
                    connection.execute(
                        update(imports)
                        .where(imports.c.user_id == user_id, imports.c.id == import_id)
                        .values(state=ImportState.UNDONE, finished_at=now)
                    )
                    connection.execute(
                        update(import_members)
                        .where(
                            import_members.c.user_id == user_id,
                            import_members.c.import_id == import_id,
                        )
                        .values(ledger=None)
                    )
                    announce(connection, user_id, import_id, now)
                    record(
                        connection,
                        now,
                        Action.IMPORT_UNDONE,
                        subject_id=user_id,
                        import_id=import_id,
                    )
            except HistoryMovedError:
                continue
            return self.get(user_id, import_id)
        return self.cancel(user_id, import_id)

    def take(self, user_id: int, import_id: int, worker: str) -> Claim | None:
        """Claim this very import for a process that will run it; None while it cannot run or another has it."""
        with self._database.read() as connection:
            job_id = _find(connection, user_id, import_id).job_id
        return None if job_id is None else self._desk.take(worker, job_id)

    def run(self, claim: Claim, on_progress: OnProgress = lambda _: None) -> ImportState:
        """Run a claimed import in this process, to its end; raises LeaseLostError."""
        # Millions of short-lived tuples and no cycles: the collector would only look, a tenth of the time.
        was_enabled = gc.isenabled()
        gc.disable()
        try:
            return self._new_run(claim, on_progress).execute()
        finally:
            if was_enabled:
                gc.enable()

    def _new_run(self, claim: Claim, on_progress: OnProgress) -> ImportRun:
        return ImportRun(
            self._database,
            self._spool,
            self._limits,
            self._clock,
            self._formats,
            self._desk,
            claim,
            on_progress,
        )

    def drop_files(self, user_id: int, import_id: int) -> None:
        """Remove the files of an import that will not run again."""
        with self._database.read() as connection:
            spool = _find(connection, user_id, import_id).spool
        shutil.rmtree(self._spool / spool, ignore_errors=True)

    def sweep(self) -> None:
        """Drop what imports that have ended left behind, and previews and failed uploads after their time."""
        before = self._clock() - self._kept
        with self._database.write() as connection:
            connection.execute(
                update(imports)
                .where(imports.c.state == ImportState.PREVIEWED, imports.c.finished_at < before)
                .values(state=ImportState.CANCELLED)
            )
            rows = connection.execute(
                select(imports.c.spool, imports.c.state, imports.c.finished_at)
            ).all()
        if not self._spool.is_dir():
            return
        ended = {row.spool for row in rows if row.state in _LEFT_NOTHING}
        wanted = {
            row.spool
            for row in rows
            if row.state in (*UNDER_WAY, ImportState.PREVIEWED)
            or (row.state == ImportState.FAILED and row.finished_at >= before)
        }
        for folder in self._spool.iterdir():
            with suppress(FileNotFoundError):  # another process may remove what it made
                is_old = folder.stat().st_mtime < before.timestamp()
                if folder.name in ended or (folder.name not in wanted and is_old):
                    shutil.rmtree(folder, ignore_errors=True)


def imports_of(
    database: Database, spool: Path, limits: Limits, clock: Clock
) -> tuple[Imports, Jobs, Desk]:
    """Put imports together with a queue and a desk that know them, for a process that does nothing else."""
    followers = {RUN: Following(spool, clock)}
    desk = Desk(database, clock, followers=followers)
    jobs = Jobs(database, clock, followers=followers)
    return Imports(database, spool, limits, clock, jobs, desk), jobs, desk


def _find(connection: Connection, user_id: int, import_id: int) -> Row[Any]:
    row = connection.execute(
        select(imports).where(imports.c.user_id == user_id, imports.c.id == import_id)
    ).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no import {import_id}.")
    return row


def _record(row: Row[Any], members: tuple[ImportMember, ...]) -> ImportRecord:
    return ImportRecord(
        id=row.id,
        state=ImportState(row.state),
        is_preview=row.is_preview,
        name=", ".join(row.name.split("\n")),
        created_at=row.created_at,
        finished_at=row.finished_at,
        progress=Progress(**row.progress),
        counts=Counts(**row.counts),
        problem=row.problem,
        problem_code=row.problem_code,
        members=members,
        job_id=row.job_id,
    )


def _member(row: Row[Any]) -> ImportMember:
    counts = Ledger.unpacked(row.ledger).counts() if row.ledger else Counts(*[0] * 7)
    return ImportMember(
        position=row.position,
        name=row.name,
        family=None if row.family is None else Family(row.family).name.lower(),
        counts=counts,
        first_at=from_ms(row.first_at),
        last_at=from_ms(row.last_at),
        note=row.note,
    )


def _unsupported_without(
    connection: Connection, user_id: int, import_id: int
) -> NDArray[np.uint32]:
    """Give the sightings that only this import supports."""
    own: list[NDArray[np.uint32]] = []
    others: list[NDArray[np.uint32]] = []
    rows = connection.execute(
        select(import_members.c.import_id, import_members.c.ledger)
        .join(
            imports,
            (imports.c.user_id == import_members.c.user_id)
            & (imports.c.id == import_members.c.import_id),
        )
        .where(
            imports.c.user_id == user_id,
            imports.c.state == ImportState.PUBLISHED,
            import_members.c.ledger.is_not(None),
        )
    )
    for owner, blob in rows:
        references = np.unique(Ledger.unpacked(blob).sighting)
        (own if owner == import_id else others).append(references)
    empty = np.empty(0, np.uint32)
    mine = np.unique(np.concatenate([*own, empty]))
    return np.setdiff1d(mine[mine > 0], np.concatenate([*others, empty]))
