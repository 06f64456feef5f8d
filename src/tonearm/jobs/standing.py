"""How much waits in each queue, for whoever watches over them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select

from tonearm.jobs.desk import IS_READY, IS_RUNNING
from tonearm.storage.database import Database
from tonearm.storage.job_tables import jobs


@dataclass(frozen=True, slots=True)
class Standing:
    """The jobs of one queue that are not done yet."""

    due: int
    """Jobs that could begin now."""
    later: int
    """Jobs that wait for their time, some after a failure."""
    running: int
    oldest_seconds: float
    """How long the job has been due that waits longest; 0 where none does."""


def standings(database: Database, now: datetime) -> dict[str, Standing]:
    """Give how each queue stands that has jobs to do; what is done already is not looked at."""
    is_due = jobs.c.run_at <= now
    ready = select(
        jobs.c.queue,
        func.sum(case((is_due, 1), else_=0)).label("due"),
        func.sum(case((is_due, 0), else_=1)).label("later"),
        func.min(jobs.c.run_at).label("first_at"),
    )
    running = select(jobs.c.queue, func.count().label("running"))
    with database.read() as connection:
        waiting = connection.execute(ready.where(IS_READY).group_by(jobs.c.queue)).all()
        counts = {
            row.queue: row.running
            for row in connection.execute(running.where(IS_RUNNING).group_by(jobs.c.queue))
        }
    found = {name: Standing(0, 0, count, 0.0) for name, count in counts.items()}
    for row in waiting:
        oldest = max((now - row.first_at).total_seconds(), 0.0)
        found[row.queue] = Standing(int(row.due), int(row.later), counts.get(row.queue, 0), oldest)
    return found
