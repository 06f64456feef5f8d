"""`tonearm worker`: do jobs and imports apart from the server."""

import signal
import sys
from types import FrameType

from tonearm.cli.session import load_settings


def worker() -> None:
    """Do jobs and imports until told to stop; any number of workers may share a PostgreSQL database."""
    from tonearm.bootstrap import build  # noqa: PLC0415 - `--help` does not need it
    from tonearm.ops.logging import configure_logging  # noqa: PLC0415 - the same

    settings = load_settings()
    configure_logging(settings.logs, settings.log_level)
    tonearm = build(settings)
    working = tonearm.worker()
    tonearm.dispatcher.start()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        working.stop()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    print(f"Tonearm worker on {settings.data_dir}", file=sys.stderr, flush=True)
    jobs = tonearm.job_worker()
    jobs.start()
    working.work()
    jobs.stop()
    tonearm.dispatcher.stop()
    tonearm.close()


COMMAND = worker
