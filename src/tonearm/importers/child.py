"""One import in a process of its own, which loads no more than an import needs."""

import os
from dataclasses import dataclass
from pathlib import Path

from tonearm.importers.imports import Imports
from tonearm.importers.limits import Limits
from tonearm.ops.clock import system_clock
from tonearm.ops.logging import configure_logging
from tonearm.storage.database import Database

_NICENESS = 10
"""How far an import steps back for whoever waits for an answer, where the system knows the like."""


@dataclass(frozen=True, slots=True)
class ImportChild:
    """Runs an import when called; made of plain values only, so that it can be sent to a child."""

    database_url: str
    spool: Path
    limits: Limits
    logs: Path
    log_level: str

    def __call__(self, user_id: int, import_id: int) -> None:
        """Run one import to its end, and end this process with it."""
        if hasattr(os, "nice"):
            os.nice(_NICENESS)
        configure_logging(self.logs, self.log_level)
        database = Database(self.database_url)
        try:
            Imports(database, self.spool, self.limits, system_clock).run(user_id, import_id)
        finally:
            database.close()
        # Python would let go of every object by itself, a second in which the server, which now
        # makes its new columns, has to do without that memory. The system takes it back at once.
        os._exit(0)
