"""Imports from outside: submit, look at, publish, cancel, undo."""

import gc
import os
import secrets
import shutil
import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, func, insert, select, update

from tonearm.accounts.audit import Action, record
from tonearm.domain.errors import ConflictError, NotFoundError, UnavailableError
from tonearm.domain.instants import from_ms
from tonearm.domain.vocabulary import Family, ImportState, Verdict
from tonearm.history.change import plan_removal
from tonearm.history.evidence import load_evidence
from tonearm.history.publication import HistoryMovedError, lock_history, publish
from tonearm.history.publication import stage as stage_segments
from tonearm.importers.announcing import announce
from tonearm.importers.drawer import load_formats
from tonearm.importers.ledger import parse_verdict, read_ledger, read_preview
from tonearm.importers.limits import Limits
from tonearm.importers.matching import Ledger
from tonearm.importers.records import Counts, ImportMember, ImportRecord, LedgerRow, Progress
from tonearm.importers.run import ImportRun, OnProgress
from tonearm.ops.clock import Clock
from tonearm.storage.database import Database
from tonearm.storage.tables import import_members, imports

LEASE = timedelta(seconds=60)
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
_UNDER_WAY = (ImportState.QUEUED, ImportState.RUNNING)


class Imports:
    """The imports of all listeners."""

    def __init__(
        self,
        database: Database,
        spool: Path,
        limits: Limits,
        clock: Clock,
        *,
        kept: timedelta = timedelta(hours=24),
    ) -> None:
        self._database = database
        self._spool = spool
        self._limits = limits
        self._clock = clock
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
                    cancel_requested=False,
                )
            )
        return self.get(user_id, import_id)

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
            if not (self._spool / row.spool).is_dir():
                raise ConflictError("The uploaded files are gone. Upload them again.")
            connection.execute(
                update(imports)
                .where(imports.c.user_id == user_id, imports.c.id == import_id)
                .values(
                    state=ImportState.QUEUED,
                    is_preview=False,
                    finished_at=None,
                    cancel_requested=False,
                    problem=None,
                    problem_code=None,
                )
            )
        return self.get(user_id, import_id)

    def cancel(self, user_id: int, import_id: int) -> ImportRecord:
        """Stop an import that is queued or runs, or drop a preview."""
        with self._database.write() as connection:
            row = _find(connection, user_id, import_id)
            if row.state not in (*_UNDER_WAY, ImportState.PREVIEWED):
                raise ConflictError(
                    f"Only what is under way can be cancelled; this is {row.state}."
                )
            place = (imports.c.user_id == user_id, imports.c.id == import_id)
            if row.state == ImportState.RUNNING:
                connection.execute(update(imports).where(*place).values(cancel_requested=True))
            else:
                connection.execute(
                    update(imports)
                    .where(*place)
                    .values(state=ImportState.CANCELLED, finished_at=self._clock())
                )
        if row.state != ImportState.RUNNING:
            shutil.rmtree(self._spool / row.spool, ignore_errors=True)
        return self.get(user_id, import_id)

    def undo(self, user_id: int, import_id: int) -> ImportRecord:
        """Make the history what it would be without this import."""
        while True:
            with self._database.read() as connection:
                row = _find(connection, user_id, import_id)
                if row.state in (*_UNDER_WAY, ImportState.PREVIEWED):
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

    def claim(self, worker: str, user_id: int | None = None) -> tuple[int, int] | None:
        """Take the next queued import, of a listener if one is named; never two of one listener at once."""
        now = self._clock()
        running = imports.alias()
        is_free = ~(
            select(running.c.id)
            .where(running.c.user_id == imports.c.user_id, running.c.state == ImportState.RUNNING)
            .exists()
        )
        query = (
            select(imports.c.user_id, imports.c.id)
            .where(imports.c.state == ImportState.QUEUED, is_free)
            .order_by(imports.c.created_at, imports.c.id)
            .limit(1)
        )
        if user_id is not None:
            query = query.where(imports.c.user_id == user_id)
        with self._database.write() as connection:
            found = connection.execute(query).one_or_none()
            if found is None:
                return None
            # The lock makes two workers agree; what one took is not queued for the other.
            lock_history(connection, found.user_id, now)
            taken = connection.execute(
                update(imports)
                .where(
                    imports.c.user_id == found.user_id,
                    imports.c.id == found.id,
                    imports.c.state == ImportState.QUEUED,
                    is_free,
                )
                .values(state=ImportState.RUNNING, worker=worker, heartbeat_at=now)
            )
            return (found.user_id, found.id) if taken.rowcount else None

    def run(
        self, user_id: int, import_id: int, on_progress: OnProgress = lambda _: None
    ) -> ImportState:
        """Run a claimed import in this process, to its end."""
        # Millions of short-lived tuples and no cycles: the collector would only look, a tenth of the time.
        was_enabled = gc.isenabled()
        gc.disable()
        try:
            return self._new_run(user_id, import_id, on_progress).execute()
        finally:
            if was_enabled:
                gc.enable()

    def _new_run(self, user_id: int, import_id: int, on_progress: OnProgress) -> ImportRun:
        return ImportRun(
            self._database,
            self._spool,
            self._limits,
            self._clock,
            self._formats,
            user_id,
            import_id,
            on_progress,
        )

    def release(self, user_id: int, import_id: int) -> None:
        """Queue a running import again, because its worker stops."""
        self._end_run(user_id, import_id, state=ImportState.QUEUED, worker=None)

    def give_up(self, user_id: int, import_id: int) -> None:
        """Cancel a running import from the process that ran it, which has stopped."""
        self._end_run(
            user_id, import_id, state=ImportState.CANCELLED, finished_at=self._clock(), worker=None
        )

    def fail_dead(self, user_id: int, import_id: int) -> None:
        """Record that the process of a running import died."""
        self._end_run(
            user_id,
            import_id,
            state=ImportState.FAILED,
            finished_at=self._clock(),
            problem=(
                "The import's process was ended from outside, perhaps for want of memory. "
                "Nothing was imported; start it again."
            ),
            problem_code="interrupted",
            worker=None,
        )

    def _end_run(self, user_id: int, import_id: int, **values: object) -> None:
        with self._database.write() as connection:
            _end_run(connection, user_id, import_id, self._clock(), values)

    def recover(self) -> None:
        """Queue again what a dead worker left running; end what a dead command left."""
        now = self._clock()
        with self._database.write() as connection:
            rows = connection.execute(
                select(imports).where(imports.c.state == ImportState.RUNNING)
            ).all()
            for row in rows:
                if not _is_dead(row, now - LEASE):
                    continue
                values: dict[str, object] = {"state": ImportState.QUEUED, "worker": None}
                if row.worker and row.worker.startswith("command:"):
                    values |= {
                        "state": ImportState.FAILED,
                        "finished_at": now,
                        "problem": "The command was interrupted; nothing was imported. Run it again.",
                        "problem_code": "interrupted",
                    }
                _end_run(connection, row.user_id, row.id, now, values)

    def sweep(self) -> None:
        """Drop previews and failed uploads that are older than they are kept."""
        before = self._clock() - self._kept
        with self._database.write() as connection:
            connection.execute(
                update(imports)
                .where(imports.c.state == ImportState.PREVIEWED, imports.c.finished_at < before)
                .values(state=ImportState.CANCELLED)
            )
            wanted = set(
                connection.scalars(
                    select(imports.c.spool).where(
                        imports.c.state.in_((*_UNDER_WAY, ImportState.PREVIEWED))
                        | (
                            (imports.c.state == ImportState.FAILED)
                            & (imports.c.finished_at >= before)
                        )
                    )
                )
            )
        if not self._spool.is_dir():
            return
        for folder in self._spool.iterdir():
            with suppress(FileNotFoundError):  # another process may remove what it made
                is_old = folder.stat().st_mtime < before.timestamp()
                if folder.name not in wanted and is_old:
                    shutil.rmtree(folder, ignore_errors=True)


def worker_name(kind: str) -> str:
    """Name this process so that others can tell whether it is alive: `kind:host:pid`."""
    return f"{kind}:{socket.gethostname()}:{os.getpid()}"[:64]


def _is_dead(row: Row[Any], expired: datetime) -> bool:
    if row.heartbeat_at is None or row.heartbeat_at < expired:
        return True
    _, host, pid = (row.worker or "::0").rsplit(":", 2)
    if host != socket.gethostname() or os.name == "nt":
        return False  # there only the lease can tell
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, ValueError):
        return False
    return False


def _end_run(
    connection: Connection, user_id: int, import_id: int, now: datetime, values: dict[str, object]
) -> None:
    is_running = imports.c.state == ImportState.RUNNING
    place = (imports.c.user_id == user_id, imports.c.id == import_id, is_running)
    if connection.execute(update(imports).where(*place).values(**values)).rowcount:
        announce(connection, user_id, import_id, now)


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
