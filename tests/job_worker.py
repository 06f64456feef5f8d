"""A worker in a process of its own, for tests that kill it: `python tests/job_worker.py URL`."""

import sys
import time
from datetime import timedelta

from sqlalchemy import insert

from tonearm.jobs.desk import Desk
from tonearm.jobs.queue import Jobs
from tonearm.jobs.schedules import Schedules
from tonearm.jobs.work import Task, Worker
from tonearm.ops.clock import system_clock
from tonearm.storage.database import Database
from tonearm.storage.tables import instance


def main(url: str) -> None:
    """Do jobs until killed, or until standard input ends."""
    database = Database(url)

    def leave_a_mark(task: Task) -> None:
        # Some are in the middle of it when they are killed.
        time.sleep(0.002 * (task.job.id % 5))
        with database.write() as connection:
            key = f"mark {task.job.id} {time.monotonic_ns()}"
            connection.execute(insert(instance).values(key=key, value=str(task.job.id)))
            task.hand_in(connection)

    worker = Worker(
        database,
        Desk(database, system_clock, lease=timedelta(seconds=1.5)),
        {"test.mark": leave_a_mark},
        Schedules(database, system_clock, Jobs(database, system_clock)),
        name=f"worker {time.monotonic_ns()}",
        threads=4,
        idle_seconds=0.05,
    )
    worker.start()
    print("ready", flush=True)  # noqa: T201 - how a test learns of it
    sys.stdin.read()
    worker.stop()
    database.close()


if __name__ == "__main__":
    main(sys.argv[1])
