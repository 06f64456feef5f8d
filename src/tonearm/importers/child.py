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
    user_id: int
    import_id: int


@dataclass(frozen=True, slots=True)
class ImportChild:
    """Starts a process for an import when called."""

    database_url: str
    spool: Path
    limits: Limits
    logs: Path
    log_level: str

    def __call__(self, user_id: int, import_id: int) -> subprocess.Popen[bytes]:
        """Start the run of one import; the process ends when its standard input is closed, or whoever holds it dies."""
        order = _Order(
            self.database_url,
            os.fsencode(self.spool),
            self.limits,
            os.fsencode(self.logs),
            self.log_level,
            user_id,
            import_id,
        )
        # It finds what is found here, and nothing else: `-P` leaves out the current folder.
        path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
        process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-P", "-m", __name__],
            stdin=subprocess.PIPE,
            bufsize=0,
            # Large columns are set aside on the disk of the uploads: a system's own folder may be memory.
            env=os.environ | {"PYTHONPATH": path, "TMPDIR": str(self.spool)},
            process_group=0,  # Ctrl-C at a terminal is for the server to act on
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
    from tonearm.importers.imports import Imports  # noqa: PLC0415 - after the line above, as all of these
    from tonearm.ops.clock import system_clock  # noqa: PLC0415 - see above
    from tonearm.ops.logging import configure_logging  # noqa: PLC0415 - see above
    from tonearm.storage.database import Database  # noqa: PLC0415 - see above

    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    configure_logging(Path(os.fsdecode(order.logs)), order.log_level)
    database = Database(order.database_url)
    try:
        imports = Imports(database, Path(os.fsdecode(order.spool)), order.limits, system_clock)
        imports.run(order.user_id, order.import_id)
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
