"""One import in a process of its own, which loads no more than an import needs."""

import os
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tonearm.importers.limits import Limits
from tonearm.jobs.records import Claim
from tonearm.ops.memory import leave_out

_NICENESS = 10
"""How far an import steps back for whoever waits for an answer, where the system knows the like."""


class _Order(msgspec.Struct):
    """What a child is to do; it stands in one line of JSON, folders as the bytes that the system knows them by."""

    database_url: str
    spool: bytes
    limits: Limits
    logs: bytes
    log_level: str
    job_id: int
    worker: str
    attempt: int


@dataclass(frozen=True, slots=True)
class ImportChild:
    """Starts a process for an import when called."""

    database_url: str
    spool: Path
    limits: Limits
    logs: Path
    log_level: str

    def __call__(self, claim: Claim) -> subprocess.Popen[bytes]:
        """Start the run of a claimed import; it ends when its standard input is closed, or whoever holds that dies."""
        order = _Order(
            self.database_url,
            os.fsencode(self.spool),
            self.limits,
            os.fsencode(self.logs),
            self.log_level,
            claim.job.id,
            claim.worker,
            claim.attempt,
        )
        # It finds what is found here, and nothing else: `-P` leaves out the current folder.
        path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
        process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-P", "-m", __name__],
            stdin=subprocess.PIPE,
            bufsize=0,
            # Large columns are set aside on the disk of the uploads: a system's own folder may be memory.
            env=os.environ | {"PYTHONPATH": path, "TMPDIR": str(self.spool)},
            # Ctrl-C at a terminal is for the server to act on.
            process_group=0,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # the same on Windows
        )
        # Any account may read a command line, but not a pipe. A child that has died already is
        # noticed by its exit code.
        if process.stdin is not None:
            with suppress(BrokenPipeError):
                process.stdin.write(msgspec.json.encode(order) + b"\n")
        return process


def main() -> None:
    """Run the import that standard input tells of to its end, and end this process with it."""
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=_Order)
    threading.Thread(target=_end_with_starter, daemon=True).start()
    leave_out("rich")  # 4 MB that structlog would load because it is there
    from structlog.contextvars import bind_contextvars  # noqa: PLC0415 - after the line above, as all of these

    from tonearm.importers.imports import imports_of  # noqa: PLC0415 - see above
    from tonearm.ops.clock import system_clock  # noqa: PLC0415 - see above
    from tonearm.ops.logging import configure_logging  # noqa: PLC0415 - see above
    from tonearm.storage.database import Database  # noqa: PLC0415 - see above

    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    configure_logging(Path(os.fsdecode(order.logs)), order.log_level)
    bind_contextvars(job=order.job_id)
    database = Database(order.database_url)
    try:
        spool = Path(os.fsdecode(order.spool))
        imports, _jobs, desk = imports_of(database, spool, order.limits, system_clock)
        imports.run(desk.resume(order.job_id, order.worker, order.attempt))
    finally:
        database.close()
    # Python would let go of every object by itself, a second in which the server, which now
    # makes its new columns, has to do without that memory. The system takes it back at once.
    os._exit(0)


def _end_with_starter() -> None:
    """Wait until nobody holds the other end of standard input, and end at once: the next worker goes on from there."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
