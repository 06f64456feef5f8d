"""Clear a history: every play and whatever it was known from."""

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, delete, func, select, update

from tonearm.accounts.audit import Action, record
from tonearm.accounts.people import get_user
from tonearm.domain.errors import ConflictError, InvalidInputError
from tonearm.domain.events import HistoryCleared
from tonearm.domain.vocabulary import ImportState
from tonearm.history.publication import lock_history
from tonearm.importers.following import RUN
from tonearm.jobs.queue import Jobs
from tonearm.ops.clock import Clock
from tonearm.storage.cover_tables import covers
from tonearm.storage.database import Database
from tonearm.storage.outbox import emit
from tonearm.storage.poll_tables import gaps, polled, polled_spans, track_credits
from tonearm.storage.tables import (
    albums,
    artists,
    contexts,
    corrections,
    descriptions,
    histories,
    imports,
    manifest,
    segments,
    tracks,
)

# The members of imports and the marks of corrections go with these.
_CLEARED = (
    manifest, segments, imports, corrections, descriptions, contexts, tracks, albums, artists, polled,
    polled_spans, gaps, track_credits, covers,
)  # fmt: skip


class Clearing:
    """Clears the histories of listeners."""

    def __init__(
        self,
        database: Database,
        spool: Path,
        clock: Clock,
        jobs: Jobs,
        forget: Callable[[int], None],
    ) -> None:
        """`forget` removes what this machine keeps of a listener's plays beside the database."""
        self._database = database
        self._spool = spool
        self._clock = clock
        self._jobs = jobs
        self._forget = forget

    def clear(self, user_id: int, confirm: str) -> None:
        """Remove all plays, sightings, imports, polls, corrections and names of a listener; what they like stays.

        Raises:
            InvalidInputError: `confirm` is not the listener's name.
            ConflictError: an import is running.
        """
        now = self._clock()
        with self._database.write() as connection:
            if confirm.strip() != get_user(connection, user_id).name:
                raise InvalidInputError(
                    "To clear the history, confirm it with the name of the account, exactly as it "
                    "is written. Nothing was removed.",
                    parameter="confirm",
                )
            version, _ = lock_history(connection, user_id, now)
            self._jobs.drop(connection, user_id, RUN)  # first, so that none of them begins to run
            spools = _spools(connection, user_id)
            for table in _CLEARED:
                connection.execute(delete(table).where(table.c.user_id == user_id))
            # Numbers of sightings go on, so that no play has the number of one that was removed.
            connection.execute(
                update(histories)
                .where(histories.c.user_id == user_id)
                .values(
                    version=version + 1,
                    corrected=histories.c.corrected + 1,
                    rewritten=version + 1,
                    changed_at=now,
                )
            )
            _tell(connection, user_id, len(spools), now)
        for name in spools:
            shutil.rmtree(self._spool / name, ignore_errors=True)
        self._forget(user_id)


def _spools(connection: Connection, user_id: int) -> list[str]:
    """Give the spool folders of all imports; raises ConflictError while one of them is running."""
    running = connection.scalar(
        select(func.min(imports.c.id)).where(
            imports.c.user_id == user_id, imports.c.state == ImportState.RUNNING
        )
    )
    if running is not None:
        raise ConflictError(
            f"Import {running} is running. Wait for its end, or cancel it, and clear the history then."
        )
    return list(connection.scalars(select(imports.c.spool).where(imports.c.user_id == user_id)))


def _tell(connection: Connection, user_id: int, count: int, now: datetime) -> None:
    emit(connection, user_id, HistoryCleared(count), now)
    record(connection, now, Action.HISTORY_CLEARED, subject_id=user_id, imports=count)
