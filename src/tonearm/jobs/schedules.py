"""Schedules: jobs that come back by a clock, queued once however many workers look."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cronsim import CronSim
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from tonearm.jobs.queue import Jobs
from tonearm.ops.clock import Clock
from tonearm.storage.database import Database
from tonearm.storage.job_tables import schedules

_LONGEST_SLEEP = 60.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a job comes back: by a cron expression in a zone, or every so often."""

    name: str
    job: str
    """What is done: `room.deed`."""
    queue: str
    rhythm: str | timedelta
    """A cron expression, or the time from one to the next."""
    zone: str = "UTC"
    payload: dict[str, Any] = field(default_factory=dict)

    def next_after(self, instant: datetime) -> datetime:
        """Give when it comes back after an instant; a cron expression by the clock of its zone."""
        if isinstance(self.rhythm, timedelta):
            return instant + self.rhythm
        local = instant.astimezone(ZoneInfo(self.zone))
        found: datetime = next(CronSim(self.rhythm, local))
        return found

    @property
    def told(self) -> str:
        """The rhythm as it is stored, so that a changed one is noticed."""
        if isinstance(self.rhythm, timedelta):
            return f"every {self.rhythm.total_seconds():g} s"
        return f"{self.rhythm} {self.zone}"


class Schedules:
    """The schedules of this version; where each of them stands is kept in the database."""

    def __init__(
        self, database: Database, clock: Clock, jobs: Jobs, wanted: Iterable[Schedule] = ()
    ) -> None:
        self._database = database
        self._clock = clock
        self._jobs = jobs
        self._wanted = {schedule.name: schedule for schedule in wanted}

    def fire(self) -> int:
        """Queue what is due, each once; what was missed comes once, not as often as it was missed."""
        self._keep_in_step()
        now = self._clock()
        fired = 0
        for schedule in self._wanted.values():
            with self._database.write() as connection:
                # Of several workers only one moves it on from where it stands.
                due = connection.execute(
                    update(schedules)
                    .where(schedules.c.name == schedule.name, schedules.c.next_at <= now)
                    .values(next_at=schedule.next_after(now))
                )
                if due.rowcount:
                    self._jobs.enqueue(
                        connection,
                        schedule.job,
                        schedule.payload,
                        queue=schedule.queue,
                        dedup_key=f"schedule:{schedule.name}",
                    )
                    fired += 1
        return fired

    def seconds_until_next(self) -> float:
        """Give how long it is until one is due, at most a minute."""
        with self._database.read() as connection:
            due = connection.scalars(select(schedules.c.next_at)).all()
        now = self._clock()
        waits: list[float] = [(instant - now) / timedelta(seconds=1) for instant in due]
        return max(0.0, min([*waits, _LONGEST_SLEEP]))

    def _keep_in_step(self) -> None:
        """Note new schedules and changed rhythms, and forget those that this version no longer has."""
        with self._database.read() as connection:
            known = {row.name: row for row in connection.execute(select(schedules))}
        wanted = self._wanted
        changed = [
            schedule
            for schedule in wanted.values()
            if schedule.name not in known or known[schedule.name].rhythm != schedule.told
        ]
        gone = known.keys() - wanted.keys()
        if not changed and not gone:
            return
        now = self._clock()
        with self._database.write() as connection:
            for schedule in changed:
                values = {"next_at": schedule.next_after(now), "rhythm": schedule.told}
                place = schedules.c.name == schedule.name
                if not connection.execute(update(schedules).where(place).values(values)).rowcount:
                    try:
                        with connection.begin_nested():
                            connection.execute(
                                insert(schedules).values(name=schedule.name, **values)
                            )
                    except IntegrityError:  # another worker was quicker
                        continue
            connection.execute(delete(schedules).where(schedules.c.name.in_(gone)))
