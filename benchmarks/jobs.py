"""How many jobs a second are queued and done, beside bare commits on the same database."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import datasets, postgresql
from benchmarks.report import Group, Row
from benchmarks.scale import Scale
from sqlalchemy import insert, update

from tonearm.jobs.desk import Desk
from tonearm.jobs.queue import Jobs
from tonearm.jobs.records import UNFINISHED
from tonearm.ops.clock import system_clock
from tonearm.storage.database import Database
from tonearm.storage.schema import migrate
from tonearm.storage.tables import instance

_JOBS, _FEW_JOBS = 4_000, 400
_WORKERS = (1, 4)
_NAME = "bench.nothing"
_ROOT = Path(__file__).resolve().parents[1]


def measure(scale: Scale) -> Group:
    """Queue jobs one transaction each, then let processes claim and hand them in."""
    count = _JOBS if scale.small >= 100_000 else _FEW_JOBS  # noqa: PLR2004 - the full size
    rows: list[Row] = []
    with datasets.scratch("jobs") as folder:
        rows += _rows(f"sqlite:///{folder / 'tonearm.db'}", "SQLite", count)
        with _postgresql() as url:
            if url is not None:
                rows += _rows(url, "PostgreSQL", count)
    return Group(
        "Jobs",
        rows,
        [f"{count:,} jobs that do nothing; a worker is a process; each job is two commits."],
    )


def work(url: str) -> None:
    """Do jobs until there are none: what a worker process runs."""
    database = Database(url)
    desk = Desk(database, system_clock)
    name = f"worker {time.monotonic_ns()}"
    while (claim := desk.claim(name, (_NAME,))) is not None:
        with database.write() as connection:
            desk.succeed(connection, claim)
    database.close()


@contextmanager
def _postgresql() -> Iterator[str | None]:
    with postgresql.server() as server:
        if server is None:
            yield None
            return
        with server.database() as url:
            yield url.replace("postgresql://", "postgresql+psycopg://", 1)


def _rows(url: str, title: str, count: int) -> Iterator[Row]:
    database = Database(url)
    migrate(database)
    jobs = Jobs(database, system_clock)
    commits = _commits_a_second(database, count // 4)
    yardstick = f"{commits:,.0f}/s (bare commits, one after another)"

    def row(what: str, rate: float) -> Row:
        return Row(what, f"{rate:,.0f}/s", yardstick, f"{rate / commits:.2f} x")

    yield row(f"queue jobs, {title}", _enqueue(database, jobs, count))
    for workers in _WORKERS:
        if workers > 1:
            _enqueue(database, jobs, count)
        began = time.perf_counter()
        _run_workers(url, workers)
        rate = count / (time.perf_counter() - began)
        if jobs.list_jobs(states=UNFINISHED, limit=1):
            raise RuntimeError("jobs are left over")
        yield row(f"do jobs, {title}, {workers} worker{'s' if workers > 1 else ''}", rate)
    database.close()


def _commits_a_second(database: Database, count: int) -> float:
    with database.write() as connection:
        connection.execute(insert(instance).values(key="bench", value=""))
    began = time.perf_counter()
    for number in range(count):
        with database.write() as connection:
            row = instance.c.key == "bench"
            connection.execute(update(instance).where(row).values(value=str(number)))
    return count / (time.perf_counter() - began)


def _enqueue(database: Database, jobs: Jobs, count: int) -> float:
    began = time.perf_counter()
    for number in range(count):
        with database.write() as connection:
            jobs.enqueue(connection, _NAME, {"number": number}, queue="bench")
    return count / (time.perf_counter() - began)


def _run_workers(url: str, workers: int) -> None:
    script = f"import sys; sys.path.insert(0, {str(_ROOT)!r}); from benchmarks.jobs import work; work(sys.argv[1])"
    running = [subprocess.Popen([sys.executable, "-c", script, url]) for _ in range(workers)]  # noqa: S603 - our own code
    for process in running:
        if process.wait():
            raise RuntimeError("a worker failed")
