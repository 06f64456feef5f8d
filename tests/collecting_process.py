"""A server or a worker in a process of its own, by a clock that lies in a file.

It is run as `python tests/collecting_process.py ROLE CLOCK SETTINGS`, these as JSON. The role is `api` or `worker`. A
server prints its address, a worker that it is ready; both end when they are killed.
"""

import json
import mmap
import struct
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tonearm.ops.settings import Settings

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Whoever finds nothing to do looks again after so long: ever later, but at once when the clock has moved.
_SOON_SECONDS, _LATER_SECONDS = 0.01, 0.1
_BLINK_SECONDS = 0.002


class SharedClock:
    """An instant in a file that several processes look at, and one of them moves."""

    def __init__(self, path: Path, start: datetime | None = None) -> None:
        if start is not None:
            path.write_bytes(struct.pack("<q", 0))
        with path.open("r+b") as file:
            self._place = mmap.mmap(file.fileno(), 8)
        if start is not None:
            self.now = start

    def __call__(self) -> datetime:
        return self.now

    @property
    def now(self) -> datetime:
        (microseconds,) = struct.unpack("<q", self._place[:8])
        return _EPOCH + timedelta(microseconds=microseconds)

    @now.setter
    def now(self, instant: datetime) -> None:
        self._place[:8] = struct.pack("<q", (instant - _EPOCH) // timedelta(microseconds=1))


def main(role: str, clock_path: str, chosen: str) -> None:
    import stamina  # noqa: PLC0415 - see below

    from tonearm.ops import clock as clocks  # noqa: PLC0415 - see below

    clock = SharedClock(Path(clock_path))
    # Before anything else is loaded: whoever asks for the time asks for the test's.
    clocks.system_clock = clock
    stamina.set_testing(True, attempts=3)
    from tonearm.ops.logging import configure_logging  # noqa: PLC0415 - see above
    from tonearm.ops.settings import Settings  # noqa: PLC0415 - see above

    settings = Settings(**json.loads(chosen))
    configure_logging(settings.logs, "debug")
    {"api": _serve, "worker": _work}[role](settings, clock)


def _serve(settings: "Settings", _clock: SharedClock) -> None:
    from serving import running  # noqa: PLC0415 - see above
    from tonearm.bootstrap import create_app  # noqa: PLC0415 - see above

    with running(create_app(settings, with_worker=False)) as base:
        _say(base)
        sys.stdin.read()


def _work(settings: "Settings", clock: SharedClock) -> None:
    from tonearm.bootstrap import build  # noqa: PLC0415 - see above

    worker = build(settings, clock).worker()
    _say("ready")
    looked_at, wait = None, _SOON_SECONDS
    while True:
        now = clock()
        if now != looked_at:
            # Nothing is due but by the clock.
            worker.schedules.fire()
            looked_at, wait = now, _SOON_SECONDS
        worker.desk.recover()
        if worker.work_once():
            wait = _SOON_SECONDS
            continue
        until = time.monotonic() + wait
        while clock() == looked_at and time.monotonic() < until:
            time.sleep(_BLINK_SECONDS)
        wait = min(wait * 2, _LATER_SECONDS)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
