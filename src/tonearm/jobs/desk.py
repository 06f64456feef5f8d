"""The workers' side of the queue: take a job, stay its holder, hand it in.

Whoever holds a job is told apart by name and attempt. A worker that was taken for dead and comes back has an attempt
that is no longer the job's: all it writes is refused, together with the transaction it is in.
"""

import json
import random
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, insert, literal, select, update
from sqlalchemy.exc import IntegrityError

from tonearm.jobs.errors import LeaseLostError
from tonearm.jobs.following import NO_FOLLOWERS, Followers
from tonearm.jobs.process import is_command, is_gone
from tonearm.jobs.queue import job_of, tell_of
from tonearm.jobs.records import READY, Claim, JobState
from tonearm.ops.clock import Clock
from tonearm.storage.database import Database
from tonearm.storage.job_tables import job_logs, jobs, queues

LEASE = timedelta(seconds=60)
SHORTEST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)
_RATE_WINDOW = timedelta(minutes=1)
_MOST_TAKEN_AWAY = 20
_MOST_DOUBLINGS = 20
# Written into the statement as they are, so that the planner sees which index fits.
IS_READY = jobs.c.state.in_([literal(state.value, literal_execute=True) for state in READY])
IS_RUNNING = jobs.c.state == literal(JobState.RUNNING.value, literal_execute=True)
_DIED = "The process that ran this job died."
_INTERRUPTED = (
    "The command that ran this job was interrupted; nothing of it was kept. Run it again."
)
_LOST = "This job was taken away from the process that ran it."


class Desk:
    """Where workers take jobs and hand them in."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        lease: timedelta = LEASE,
        chance: Callable[[], float] = random.random,
        followers: Followers = NO_FOLLOWERS,
    ) -> None:
        """Let a claim hold for `lease` without a sign of life; `chance` spreads waits that would end together."""
        self._database = database
        self._clock = clock
        self.lease = lease
        self._chance = chance
        self._followers = followers

    def claim(self, worker: str, names: Collection[str]) -> Claim | None:
        """Take the next job of these names: of the lowest priority number, then the one that waits longest."""
        # Looking does not keep anybody from writing: on SQLite there is one writer at a time.
        with self._database.read() as connection:
            if connection.execute(self._ready(names).limit(1)).one_or_none() is None:
                return None
        # Others may take the same candidate first: then there is another one.
        for _ in range(_MOST_TAKEN_AWAY):
            try:
                with self._database.write() as connection:
                    candidate = self._candidate(connection, names)
                    if candidate is None:
                        return None
                    claimed = self._take(connection, candidate, worker)
                    if claimed is not None:
                        return claimed
            except (
                IntegrityError
            ):  # a job with the same exclusive key began to run this very moment
                continue
        return None

    def take(self, worker: str, job_id: int) -> Claim | None:
        """Take this very job, whatever holds of its queue; None while it cannot run or another has it."""
        query = select(jobs.c.id, jobs.c.queue, jobs.c.attempt)
        try:
            with self._database.write() as connection:
                candidate = connection.execute(
                    query.where(jobs.c.id == job_id, IS_READY, _is_alone())
                ).one_or_none()
                return None if candidate is None else self._take(connection, candidate, worker)
        except IntegrityError:  # as above
            return None

    def resume(self, job_id: int, worker: str, attempt: int) -> Claim:
        """Give the claim of a worker to a process that works for it; raises LeaseLostError."""
        with self._database.read() as connection:
            row = connection.execute(
                select(jobs).where(_is_held(job_id, worker, attempt))
            ).one_or_none()
        if row is None:
            raise LeaseLostError(_LOST)
        return Claim(job_of(row), worker, attempt)

    def _ready(self, names: Collection[str]) -> Select[int, str, int]:
        return select(jobs.c.id, jobs.c.queue, jobs.c.attempt).where(
            IS_READY, jobs.c.run_at <= self._clock(), jobs.c.name.in_(names)
        )

    def _candidate(
        self, connection: Connection, names: Collection[str]
    ) -> Row[int, str, int] | None:
        return connection.execute(
            self._ready(names)
            .where(jobs.c.queue.not_in(self._full_queues(connection)), _is_alone())
            .order_by(jobs.c.priority, jobs.c.run_at, jobs.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).one_or_none()

    def _full_queues(self, connection: Connection) -> list[str]:
        """Give the queues that are paused or have reached a bound; bounded ones stay locked until the claim is made."""
        since = self._clock() - _RATE_WINDOW
        bounded = select(queues).where(
            queues.c.paused_at.is_not(None)
            | queues.c.concurrency.is_not(None)
            | queues.c.per_minute.is_not(None)
        )
        return [
            queue.name
            for queue in connection.execute(bounded.with_for_update())
            if queue.paused_at is not None
            or _reaches(connection, queue.concurrency, _running(queue.name))
            or _reaches(connection, queue.per_minute, _started(queue.name, since))
        ]

    def _take(
        self, connection: Connection, candidate: Row[int, str, int], worker: str
    ) -> Claim | None:
        now = self._clock()
        row = connection.execute(
            update(jobs)
            .where(jobs.c.id == candidate.id, jobs.c.state.in_(READY))
            .where(jobs.c.attempt == candidate.attempt)
            .values(
                state=JobState.RUNNING,
                worker=worker,
                attempt=jobs.c.attempt + 1,
                lease_until=now + self.lease,
                started_at=now,
                error=None,
            )
            .returning(jobs)
        ).one_or_none()
        if row is None:
            return None
        job = job_of(row)
        tell_of(self._followers, connection, job)
        return Claim(job, worker, row.attempt)

    def beat(self, claim: Claim) -> bool:
        """Show a sign of life, and tell whether the job shall end; raises LeaseLostError."""
        with self._database.write() as connection:
            return self.report(connection, claim)

    def report(self, connection: Connection, claim: Claim, **told: float | str | None) -> bool:
        """Do as `beat` in the caller's transaction, and say there how far it is: `progress` and `message`."""
        return self._write(connection, claim, lease_until=self._clock() + self.lease, **told)

    def list_ending(self, worker: str) -> frozenset[int]:
        """Give the numbers of a worker's jobs that somebody wants to end."""
        wanted = (jobs.c.worker == worker) & jobs.c.cancel_requested
        with self._database.read() as connection:
            return frozenset(connection.scalars(select(jobs.c.id).where(IS_RUNNING, wanted)))

    def tell(self, claim: Claim, *, progress: float | None, message: str | None) -> None:
        """Say how far a job is; raises LeaseLostError."""
        with self._database.write() as connection:
            self._write(connection, claim, progress=progress, message=message)

    def log(self, claim: Claim, level: str, message: str) -> None:
        """Write a line to the job's log; raises LeaseLostError."""
        with self._database.write() as connection:
            self._write(connection, claim, worker=claim.worker)
            mine = job_logs.c.job_id == claim.job.id
            last = connection.scalar(select(func.max(job_logs.c.id)).where(mine))
            values = {"job_id": claim.job.id, "id": (last or 0) + 1, "at": self._clock()}
            connection.execute(insert(job_logs).values(level=level, message=message, **values))

    def succeed(self, connection: Connection, claim: Claim, result: object = None) -> None:
        """Hand a job in, in the transaction that holds its effect: both are kept, or neither; raises LeaseLostError."""
        self._settle(
            connection,
            claim,
            state=JobState.SUCCEEDED,
            result=None if result is None else json.dumps(result),
            finished_at=self._clock(),
            progress=1.0,
            error=None,
        )

    def refuse(self, connection: Connection, claim: Claim, reason: str) -> None:
        """Hand in a job that failed in a way that does not pass, in the caller's transaction; raises LeaseLostError."""
        ended = {"state": JobState.FAILED, "finished_at": self._clock()}
        self._settle(connection, claim, error=reason, **ended)

    def fail(self, claim: Claim, reason: str, *, is_lasting: bool) -> None:
        """Hand a failed job in: it ends if the reason is lasting, else waits, or is dead; raises LeaseLostError."""
        with self._database.write() as connection:
            if is_lasting:
                self.refuse(connection, claim, reason)
            else:
                values = self._after_failure(claim.job.failures, claim.job.most_failures)
                self._settle(connection, claim, error=reason, **values)

    def put_off(self, claim: Claim, reason: str, until: datetime) -> None:
        """Let a job wait until an instant, which is no failure of it; raises LeaseLostError."""
        with self._database.write() as connection:
            waiting = {"state": JobState.WAITING, "run_at": until, "worker": None}
            self._settle(connection, claim, error=reason, **waiting)

    def give_back(self, claim: Claim) -> None:
        """Queue a job again because its worker stops, which is no failure of it; raises LeaseLostError."""
        with self._database.write() as connection:
            self._settle(connection, claim, state=JobState.QUEUED, worker=None)

    def end_cancelled(self, claim: Claim) -> None:
        """Hand in a job that ended because somebody asked for it; raises LeaseLostError."""
        with self._database.write() as connection:
            values = {"state": JobState.CANCELLED, "finished_at": self._clock()}
            self._settle(connection, claim, **values)

    def recover(self) -> int:
        """Take jobs from workers that show no sign of life, or were processes of this host; gives how many.

        It counts as a failure: a job that kills its worker must not do so for ever.
        """
        now = self._clock()
        with self._database.read() as connection:
            running = connection.execute(
                select(jobs.c.worker, jobs.c.lease_until).where(IS_RUNNING)
            ).all()
        gone = [worker for worker in {row.worker for row in running} if is_gone(worker)]
        if not gone and all(row.lease_until >= now for row in running):
            return 0
        dead = IS_RUNNING & ((jobs.c.lease_until < now) | jobs.c.worker.in_(gone))
        with self._database.write() as connection:
            rows = connection.execute(
                select(jobs).where(dead).with_for_update(skip_locked=True)
            ).all()
            for row in rows:
                values = self._after_death(row)
                connection.execute(update(jobs).where(jobs.c.id == row.id, dead).values(values))
                told = {key: values[key] for key in ("state", "error")}
                tell_of(self._followers, connection, replace(job_of(row), **told))
        return len(rows)

    def _after_death(self, row: Row[Any]) -> dict[str, Any]:
        values = {"error": _DIED, **self._after_failure(row.failures, row.most_failures)}
        if row.cancel_requested:
            values |= {"state": JobState.CANCELLED, "finished_at": self._clock()}
        elif is_command(row.worker):
            ended = {"state": JobState.FAILED, "finished_at": self._clock()}
            values |= {"error": _INTERRUPTED, **ended}
        return values

    def _after_failure(self, failures: int, most_failures: int) -> dict[str, Any]:
        now = self._clock()
        values = {"failures": failures + 1, "worker": None}
        if failures + 1 >= most_failures:
            return {**values, "state": JobState.DEAD, "finished_at": now}
        wait = min(SHORTEST_WAIT * 2 ** min(failures, _MOST_DOUBLINGS), LONGEST_WAIT)
        # Half of it by chance, so that what failed together is not tried together.
        run_at = now + wait * (0.5 + self._chance() / 2)
        return {**values, "state": JobState.WAITING, "run_at": run_at}

    def _settle(self, connection: Connection, claim: Claim, **values: Any) -> None:  # noqa: ANN401 - columns of a job
        """Bring a job to another state, and whatever follows it along."""
        self._write(connection, claim, **values)
        told = {"state": values["state"], "error": values.get("error")}
        tell_of(self._followers, connection, replace(claim.job, **told))

    def _write(self, connection: Connection, claim: Claim, **values: Any) -> bool:  # noqa: ANN401 - the same
        """Write to a job as its holder, and tell whether it shall end."""
        shall_end: bool | None = connection.execute(
            update(jobs)
            .where(_is_held(claim.job.id, claim.worker, claim.attempt))
            .values(values)
            .returning(jobs.c.cancel_requested)
        ).scalar_one_or_none()
        if shall_end is None:
            raise LeaseLostError(_LOST)
        return shall_end


def _is_held(job_id: int, worker: str, attempt: int) -> ColumnElement[bool]:
    is_mine = (jobs.c.worker == worker) & (jobs.c.attempt == attempt)
    return (jobs.c.id == job_id) & (jobs.c.state == JobState.RUNNING) & is_mine


def _is_alone() -> ColumnElement[bool]:
    """Say that no job with the same exclusive key runs."""
    running = jobs.alias()
    same = running.c.exclusive_key == jobs.c.exclusive_key
    return ~select(running.c.id).where(same, running.c.state == JobState.RUNNING).exists()


def _reaches(connection: Connection, bound: int | None, condition: ColumnElement[bool]) -> bool:
    if bound is None:
        return False
    count = connection.scalar(select(func.count()).select_from(jobs).where(condition))
    return (count or 0) >= bound


def _running(queue: str) -> ColumnElement[bool]:
    return (jobs.c.queue == queue) & IS_RUNNING


def _started(queue: str, since: datetime) -> ColumnElement[bool]:
    return (jobs.c.queue == queue) & (jobs.c.started_at > since)
