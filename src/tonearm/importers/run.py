"""Run one import: stage, match, write, publish."""

import errno
import shutil
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
import structlog
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update

from tonearm.accounts.acting import SYSTEM, Actor, actor
from tonearm.accounts.audit import Action, record
from tonearm.domain.errors import (
    CancelledError,
    NotFoundError,
    TonearmError,
    UnavailableError,
    UnreadableFileError,
)
from tonearm.domain.vocabulary import Family, Flaw, ImportState
from tonearm.history.change import Change, plan_record
from tonearm.history.evidence import load_deleted, load_evidence
from tonearm.history.publication import (
    HistoryMovedError,
    Versions,
    history_versions,
    lock_history,
    publish,
    renew,
)
from tonearm.history.publication import stage as stage_segments
from tonearm.importers.announcing import announce
from tonearm.importers.archive import Budget, Member, Upload
from tonearm.importers.following import import_of
from tonearm.importers.format import Format
from tonearm.importers.limits import Limits
from tonearm.importers.matching import Ledger, claims_of, ledgers_of
from tonearm.importers.records import Counts, Progress
from tonearm.importers.staging import Outline, Staged, Stager, Values
from tonearm.jobs.desk import Desk
from tonearm.jobs.errors import LeaseLostError
from tonearm.jobs.records import Claim
from tonearm.ops.clock import Clock
from tonearm.ops.memory import give_back_memory, give_back_soon
from tonearm.storage.database import Database
from tonearm.storage.tables import import_members, imports, users

_log = structlog.get_logger()
_REPORT_SECONDS = 0.5
_DAY_MS = 86_400_000

OnProgress = Callable[[Progress], None]


@dataclass(slots=True)
class _Outcome:
    """One member on its way to the ledger."""

    staged: Path | None
    """Where its rows are staged; None where the very same bytes were imported before."""
    outline: Outline | None
    name: str
    digest: str
    family: Family | None
    note: str | None
    ledger: Ledger | None
    first_at: int | None = None
    last_at: int | None = None


@dataclass(slots=True)
class ImportRun:
    """One run of one import, in whichever process."""

    database: Database
    spool: Path
    limits: Limits
    clock: Clock
    formats: Sequence[Format]
    desk: Desk
    claim: Claim
    """The job that this is; whoever loses it can neither report nor publish any more."""
    on_progress: OnProgress = lambda _progress: None
    user_id: int = field(init=False)
    import_id: int = field(init=False)
    _reporter: "_Reporter" = field(init=False)

    def __post_init__(self) -> None:
        self.user_id, self.import_id = import_of(self.claim.job)
        self._reporter = _Reporter(self)

    def execute(self) -> ImportState:
        """Run to an end, whatever it is, and hand the job in; only the process dying leaves it running.

        Raises:
            LeaseLostError: another worker has the job, or it is no more.
        """
        folder = self.spool
        try:
            row = self._row()
            folder = self.spool / row.spool
            upload = Upload(folder, row.name.split("\n"), Budget(self.limits))
            try:
                state = self._run(upload, is_preview=row.is_preview)
            finally:
                upload.close()
        except CancelledError:
            state = ImportState.CANCELLED
            self.desk.end_cancelled(self.claim)
        except LeaseLostError:
            raise
        except TonearmError as error:
            state = self._fail(error)
        except OSError as error:
            state = self._fail(_disk_error(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, the import has to end and say so
            _log_crash(self.import_id, error)
            state = self._fail(TonearmError("Something went wrong inside; the log has details."))
        if state in (ImportState.PUBLISHED, ImportState.CANCELLED):
            shutil.rmtree(folder, ignore_errors=True)
        return state

    def _row(self) -> Row[str, str, bool]:
        wanted = select(imports.c.spool, imports.c.name, imports.c.is_preview)
        with self.database.read() as connection:
            row = connection.execute(wanted.where(*self._place)).one_or_none()
        if row is None:
            raise NotFoundError("This import is gone, or goes on in another job.")
        return row

    @property
    def _place(self) -> tuple[ColumnElement[bool], ...]:
        return (
            imports.c.user_id == self.user_id,
            imports.c.id == self.import_id,
            imports.c.job_id == self.claim.job.id,
        )

    def _run(self, upload: Upload, *, is_preview: bool) -> ImportState:
        while True:
            with self.database.read() as connection:
                versions = history_versions(connection, self.user_id)
            outcomes = self._stage(upload)
            if not any(outcome.family is not None for outcome in outcomes):
                raise UnreadableFileError(_nothing_found(outcomes))
            rows = self._reporter.enter("match").rows
            self.desk.log(self.claim, "info", f"{rows:,} rows read in {len(outcomes):,} files.")
            with suppress(HistoryMovedError):
                change = self._match(outcomes, versions)
                give_back_memory()
                return self._write(outcomes, change, versions, is_preview=is_preview)

    def _stage(self, upload: Upload) -> list[_Outcome]:
        members = upload.members()
        self._reporter.start(members)
        latest_ms = int(self.clock().timestamp() * 1000) + _DAY_MS
        stager = Stager(self.formats, self.limits, latest_ms, self._reporter.add)
        outcomes: list[_Outcome] = []
        for position, member in enumerate(members):
            path = upload.folder / f"{position}.stage"
            outcome = self._known(member) or self._staged(stager, path, member)
            outcomes.append(outcome)
            self._reporter.finish_file()
        return outcomes

    def _known(self, member: Member) -> _Outcome | None:
        """Take over the ledger of the very same bytes, if this listener imported them before."""
        columns = import_members.c
        with self.database.read() as connection:
            row = connection.execute(
                select(
                    columns.family, columns.ledger, columns.note, columns.first_at, columns.last_at
                )
                .join(
                    imports,
                    (imports.c.user_id == columns.user_id) & (imports.c.id == columns.import_id),
                )
                .where(
                    columns.user_id == self.user_id,
                    columns.digest == member.digest,
                    columns.ledger.is_not(None),
                    columns.family.is_not(None),
                    imports.c.state == ImportState.PUBLISHED,
                )
                .limit(1)
            ).one_or_none()
        if row is None:
            return None
        ledger = Ledger.unpacked(row.ledger).again()
        if (ledger.flaw == Flaw.CLOCK_IN_FUTURE).any():
            return None  # what was the future then may have come by now
        self._reporter.add(member.size, len(ledger.verdict))
        return _Outcome(
            None,
            None,
            member.name,
            member.digest,
            Family(row.family),
            row.note,
            ledger,
            row.first_at,
            row.last_at,
        )

    def _staged(self, stager: Stager, path: Path, member: Member) -> _Outcome:
        staged = Staged.load(path)
        if staged is None:
            staged = stager.stage(member)
            staged.save(path)
        else:
            self._reporter.add(member.size, staged.rows)
        outline = staged.outline()
        outcome = _Outcome(
            path, outline, staged.name, staged.digest, staged.family, staged.note, ledger=None
        )
        clocks = staged.columns["clock"][outline.is_claim]
        if len(clocks):
            outcome.first_at, outcome.last_at = int(clocks.min()), int(clocks.max())
        return outcome

    def _match(self, outcomes: list[_Outcome], versions: Versions) -> Change | None:
        """Match what is not known already, and judge its rows; None where nothing changes."""
        fresh = [outcome for outcome in outcomes if outcome.ledger is None]
        outlines = [outcome.outline for outcome in fresh if outcome.outline is not None]
        paths = [outcome.staged for outcome in fresh if outcome.staged is not None]
        if not any(len(outline.flaw) for outline in outlines):
            for outcome in fresh:
                outcome.ledger = Ledger.empty()
            with self.database.read() as connection:
                _suppress(outcomes, load_deleted(connection, self.user_id))
            return None
        # What reading left behind in small pieces would otherwise stand beside the large columns to come.
        give_back_memory()
        give_back_soon()
        count = sum(int(outline.is_claim.sum()) for outline in outlines)
        claims = claims_of(_reloaded(paths), count)
        # In this order, what is known already takes the room that the texts of one member after another took.
        with self.database.read() as connection:
            evidence = load_evidence(connection, self.user_id)
        if (evidence.version, evidence.corrected) != versions:
            raise HistoryMovedError("What was known may have been undone.")
        give_back_memory()
        recorded = plan_record(evidence, claims)
        del evidence, claims  # the ledgers to come take their place
        give_back_memory()
        for outcome, ledger in zip(fresh, ledgers_of(outlines, recorded), strict=True):
            outcome.ledger = ledger
        _suppress(outcomes, recorded.deleted)
        return recorded.change

    def _write(
        self,
        outcomes: list[_Outcome],
        change: Change | None,
        versions: Versions,
        *,
        is_preview: bool,
    ) -> ImportState:
        self._reporter.enter("write")
        state = ImportState.PREVIEWED if is_preview else ImportState.PUBLISHED
        now = self.clock()
        if is_preview:
            change = None
        revision = 0
        if change is not None:
            revision = stage_segments(
                self.database, change, batch_bytes=self.limits.commit_bytes, now=now
            )
            # The columns are gone. Once they are published, the server makes its own.
            give_back_memory()
        counts = sum_counts([_ledger(item).counts() for item in outcomes])
        result = {"import_id": self.import_id, "rows": counts.rows, "new": counts.new}
        with self.database.write() as connection:
            # Before anything else: whoever was taken for dead has nothing to publish any more.
            self.desk.succeed(connection, self.claim, result)
            if change is not None:
                publish(connection, change, revision, now=now)
            else:
                lock_history(connection, self.user_id, now)
                if history_versions(connection, self.user_id) != versions:
                    raise HistoryMovedError("What was known may have been undone.")
                if not is_preview:
                    renew(connection, self.user_id, now=now)
            self._write_members(connection, outcomes)
            connection.execute(
                update(imports)
                .where(*self._place)
                .values(
                    state=state,
                    phase=None,
                    finished_at=now,
                    progress=asdict(self._reporter.finished()),
                    counts=asdict(counts),
                    problem=None,
                    problem_code=None,
                )
            )
            if not is_preview:
                announce(connection, self.user_id, self.import_id, now)
                self._write_down(connection, now, counts)
        return state

    def _write_down(self, connection: Connection, now: datetime, counts: Counts) -> None:
        who = actor()
        if who == SYSTEM:  # a worker does what the listener has asked for
            name = connection.scalar(select(users.c.name).where(users.c.id == self.user_id))
            who = Actor(self.user_id, str(name))
        record(
            connection,
            now,
            Action.IMPORT_PUBLISHED,
            subject_id=self.user_id,
            by=who,
            import_id=self.import_id,
            rows=counts.rows,
            new=counts.new,
        )

    def _write_members(self, connection: Connection, outcomes: list[_Outcome]) -> None:
        place = (
            import_members.c.user_id == self.user_id,
            import_members.c.import_id == self.import_id,
        )
        connection.execute(delete(import_members).where(*place))
        rows = [
            {
                "user_id": self.user_id,
                "import_id": self.import_id,
                "position": position,
                "name": outcome.name,
                "family": None if outcome.family is None else int(outcome.family),
                "digest": outcome.digest,
                "rows": len(_ledger(outcome).verdict),
                "first_at": outcome.first_at,
                "last_at": outcome.last_at,
                "note": outcome.note,
                "ledger": _ledger(outcome).packed(),
            }
            for position, outcome in enumerate(outcomes)
        ]
        connection.execute(insert(import_members), rows)

    def _fail(self, error: TonearmError) -> ImportState:
        with self.database.write() as connection:
            self.desk.refuse(connection, self.claim, error.message)
            connection.execute(update(imports).where(*self._place).values(problem_code=error.code))
        return ImportState.FAILED


class _Reporter:
    """Counts progress, writes it down now and then, and learns there of a wish to stop."""

    def __init__(self, run: ImportRun) -> None:
        self._run = run
        self._started = self._reported = time.monotonic()
        self._phase = "stage"
        self._files = self._files_done = self._bytes = self._bytes_done = self._rows = 0

    def start(self, members: Sequence[Member]) -> None:
        """Begin with the first file."""
        self._started = time.monotonic()
        self._phase = "stage"
        self._files, self._bytes = len(members), sum(member.size for member in members)
        self._files_done = self._bytes_done = self._rows = 0

    def add(self, count: int, rows: int) -> None:
        """Count what was read since the last time."""
        self._bytes_done += count
        self._rows += rows
        if time.monotonic() - self._reported > _REPORT_SECONDS:
            self._report()

    def finish_file(self) -> None:
        """Count a file."""
        self._files_done += 1

    def enter(self, phase: str) -> Progress:
        """Begin a phase, and give how far it is."""
        self._phase = phase
        return self._report()

    def finished(self) -> Progress:
        """Give the last word on progress."""
        return self._progress(phase=None, percent=100.0, seconds_left=None)

    def _report(self) -> Progress:
        self._reported = time.monotonic()
        share = min(1.0, self._bytes_done / self._bytes) if self._bytes else 0.0
        percent = {"stage": 80.0 * share, "match": 80.0, "write": 92.0}[self._phase]
        elapsed = self._reported - self._started
        left = elapsed / percent * (100.0 - percent) if percent > 1 else None
        progress = self._progress(phase=self._phase, percent=percent, seconds_left=left)
        self._run.on_progress(progress)
        run = self._run
        with run.database.write() as connection:
            shall_end = run.desk.report(
                connection, run.claim, progress=percent / 100, message=self._phase
            )
            connection.execute(
                update(imports)
                .where(imports.c.user_id == run.user_id, imports.c.id == run.import_id)
                .values(phase=self._phase, progress=asdict(progress))
            )
        if shall_end:
            raise CancelledError("The import was cancelled.")
        return progress

    def _progress(
        self, *, phase: str | None, percent: float, seconds_left: float | None
    ) -> Progress:
        elapsed = max(time.monotonic() - self._started, 1e-6)
        return Progress(
            phase=phase,
            files=self._files,
            files_done=self._files_done,
            bytes_total=self._bytes,
            bytes_done=min(self._bytes_done, self._bytes),
            rows=self._rows,
            percent=round(percent, 1),
            rows_per_second=round(self._rows / elapsed, 1),
            seconds_left=None if seconds_left is None else round(seconds_left, 1),
        )


def sum_counts(counts: Sequence[Counts]) -> Counts:
    """Add counts up."""
    totals = [asdict(count) for count in counts]
    return Counts(
        **{name: sum(total[name] for total in totals) for name in asdict(Counts(*[0] * 7))}
    )


def _reloaded(paths: Sequence[Path]) -> Iterator[Staged]:
    values = Values()
    for path in paths:
        staged = Staged.load(path, values)
        if staged is None:
            raise UnavailableError(
                "A staged file is gone from the spool folder. Start the import again."
            )
        yield staged


def _suppress(outcomes: Sequence[_Outcome], deleted: NDArray[np.uint32]) -> None:
    for outcome in outcomes:
        outcome.ledger = _ledger(outcome).without(deleted)


def _ledger(outcome: _Outcome) -> Ledger:
    if outcome.ledger is None:
        raise RuntimeError("a member was written before it was matched")
    return outcome.ledger


def _nothing_found(outcomes: Sequence[_Outcome]) -> str:
    if not outcomes:
        return "The archive is empty. Choose the my_spotify_data.zip that Spotify sent you."
    problem = next((outcome.note for outcome in outcomes if outcome.note), None)
    looked = f"{len(outcomes)} file{'s' if len(outcomes) > 1 else ''}"
    return (
        f"No listening history in {looked}. {problem + ' ' if problem else ''}Choose the "
        "my_spotify_data.zip that Spotify sent you, or JSON files such as "
        "Streaming_History_Audio_….json, endsong_….json or StreamingHistory….json."
    )


def _disk_error(error: OSError) -> TonearmError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return UnavailableError(
            "The disk is full. Free some space and try again; nothing was changed."
        )
    return UnavailableError("A file could not be read or written. Check the spool folder.")


def _log_crash(import_id: int, error: Exception) -> None:
    # No message and no values: an error's text may quote a row.
    frames = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    _log.error("import.crashed", import_id=import_id, error=type(error).__name__, frames=frames)
