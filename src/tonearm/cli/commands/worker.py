"""`tonearm worker`: do jobs and imports apart from the server."""

import signal
import sys
import threading
from types import FrameType

from tonearm.cli.session import load_settings

_LOOK_EVERY = 0.5


def worker() -> None:
    """Do jobs and imports until told to stop; any number of workers may share a PostgreSQL database."""
    from tonearm.bootstrap import build  # noqa: PLC0415 - `--help` does not need it
    from tonearm.bootstrap.metrics import answer_beside, count  # noqa: PLC0415 - the same
    from tonearm.ops.logging import configure_logging  # noqa: PLC0415 - the same

    settings = load_settings()
    configure_logging(settings.logs, settings.log_level)
    tonearm = build(settings, metrics=count(settings))
    telling = answer_beside(tonearm)
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    # Ctrl+C everywhere, what service managers send, and on Windows Ctrl+Break or a closed window.
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), stop)
    print(f"Tonearm worker on {settings.data_dir}", file=sys.stderr, flush=True)
    workers = (tonearm.dispatcher, tonearm.worker())
    for working in workers:
        working.start()
    # On Windows a signal is not noticed within a wait, but between two of them.
    while not stopping.wait(_LOOK_EVERY):
        pass
    for working in reversed(workers):
        working.stop()
    if telling is not None:
        telling.shutdown()
    tonearm.close()


COMMAND = worker
