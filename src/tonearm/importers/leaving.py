"""What of somebody's uploads has to go when they do."""

import shutil
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, select

from tonearm.domain.errors import ConflictError
from tonearm.domain.vocabulary import ImportState
from tonearm.history.publication import lock_history
from tonearm.importers.following import RUN
from tonearm.jobs.queue import Jobs
from tonearm.ops.clock import Clock
from tonearm.storage.tables import imports


class Uploads:
    """Uploaded files on the spool."""

    def __init__(self, spool: Path, clock: Clock, jobs: Jobs) -> None:
        self._spool = spool
        self._clock = clock
        self._jobs = jobs

    def look(self, connection: Connection, user_id: int) -> Callable[[], None]:
        """Give what removes all of somebody's uploads; until the transaction ends none of their imports begins.

        Raises:
            ConflictError: an import is running, which would go on writing.
        """
        lock_history(connection, user_id, self._clock())
        self._jobs.drop(connection, user_id, RUN)
        rows = connection.execute(
            select(imports.c.spool, imports.c.state).where(imports.c.user_id == user_id)
        ).all()
        if any(row.state == ImportState.RUNNING for row in rows):
            raise ConflictError("An import of theirs is running. Wait for its end, then try again.")
        folders = [self._spool / row.spool for row in rows if row.spool]

        def remove() -> None:
            for folder in folders:
                shutil.rmtree(folder, ignore_errors=True)

        return remove
