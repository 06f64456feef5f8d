"""Run a program and learn what it cost: CPU of it and its children, time, and peak memory."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

_SAMPLE_SECONDS = 0.02
_KIB = 1024


class FailedError(RuntimeError):
    """A measured program did not do what it should."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a program cost."""

    cpu_s: float
    """User and system time of the process and all children it waited for."""
    wall_s: float
    peak_bytes: int
    """Peak memory of the process tree; 0 where the system does not tell."""
    output: bytes


def environment(data_dir: Path, **settings: str) -> dict[str, str]:
    """Give an environment in which only these settings of Tonearm apply; it counts requests, and refuses none.

    Bytecode stays on disk, as it lies beside an installed package: without it a start mostly compiles.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("TONEARM_") and name != "PYTHONDONTWRITEBYTECODE"
    }
    chosen = {f"TONEARM_{name.upper()}": value for name, value in settings.items()}
    unlimited = {
        f"TONEARM_RATE_{name}": "1000000000"
        for name in ("READING", "WRITING", "IMPORTING", "ENTERING")
    }
    return kept | unlimited | {"TONEARM_DATA_DIR": str(data_dir)} | chosen


def tonearm(data_dir: Path, *arguments: str, **settings: str) -> Cost:
    """Run a command of Tonearm in a process of its own, on a data folder."""
    return run(
        [sys.executable, "-m", "tonearm", *arguments], data_dir, environment(data_dir, **settings)
    )


def run(command: Sequence[str], folder: Path, settings: dict[str, str] | None = None) -> Cost:
    """Run a command to its end; raises FailedError if it fails."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryFile() as output, TemporaryFile() as complaints:
        before = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - only our own commands come here
            command, cwd=folder, env=settings, stdout=output, stderr=complaints
        )
        peak = PeakMemory(process.pid)
        with peak.watched():
            # `Popen.wait` would not tell what this child alone has used.
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall_s = time.perf_counter() - before
        output.seek(0)
        complaints.seek(0)
        if process.returncode:
            raise FailedError(f"{' '.join(command)}: {complaints.read().decode()[-2000:]}")
        return Cost(usage.ru_utime + usage.ru_stime, wall_s, peak.bytes, output.read())


class PeakMemory:
    """The largest memory a process and its descendants had together, sampled every 20 ms.

    A lone process has the kernel's own high-water mark, which misses no spike; of several the
    proportional set sizes are added, which count shared pages once.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.bytes = 0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Sample while the block runs."""
        ended = threading.Event()

        def sample() -> None:
            while not ended.wait(_SAMPLE_SECONDS):
                self.bytes = max(self.bytes, memory_of(self._pid, is_peak=True))

        thread = threading.Thread(target=sample)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def memory_of(pid: int, *, is_peak: bool = False) -> int:
    """Give the memory of a process tree in bytes: now, or (of a lone process) at its peak."""
    pids = [pid, *descendants(pid)]
    if len(pids) == 1:
        return _field(pid, "status", "VmHWM:" if is_peak else "VmRSS:")
    return sum(_field(member, "smaps_rollup", "Pss:") for member in pids)


def descendants(pid: int) -> list[int]:
    """Give the processes below a process."""
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text(encoding="ascii").split():
                found += [int(child), *descendants(int(child))]
    return found


def _field(pid: int, file: str, key: str) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/{file}").read_text(encoding="ascii").splitlines():
            if line.startswith(key):
                return int(line.split()[1]) * _KIB
    return 0
