"""The job queue: one table, the same on SQLite and PostgreSQL, in the transaction of whoever asks."""

import json
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from tonearm.domain.errors import ConflictError, InvalidInputError, NotFoundError
from tonearm.jobs.following import NO_FOLLOWERS, Followers
from tonearm.jobs.records import READY, RETRIABLE, UNFINISHED, Job, JobLog, JobState, Queue
from tonearm.ops.clock import Clock
from tonearm.storage.database import Database
from tonearm.storage.job_tables import job_logs, jobs, queues

DEFAULT_FAILURES = 5
_PAGE = 200

Told = Callable[..., None]
"""Hears in its transaction of what is done to jobs: connection, instant, deed, the job's listener, and details."""


def _tell_nobody(*_deed: object, **_details: object) -> None:
    pass


class Jobs:
    """All jobs and queues."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        known: Collection[str] = (),
        followers: Followers = NO_FOLLOWERS,
        told: Told = _tell_nobody,
    ) -> None:
        """Take jobs for any queue; the `known` ones are shown, and can be paused, also before they have had a job.

        `told` hears of what is done to jobs and queues by somebody who is not named as their listener.
        """
        self._database = database
        self._followers = followers
        self.known = frozenset(known)
        """The queues that there are even where nothing was ever in them."""
        self._clock = clock
        self._told = told

    def enqueue(  # noqa: PLR0913 - what a job is made of
        self,
        connection: Connection,
        name: str,
        payload: dict[str, Any],
        *,
        queue: str,
        user_id: int | None = None,
        priority: int = 0,
        run_at: datetime | None = None,
        dedup_key: str | None = None,
        exclusive_key: str | None = None,
        most_failures: int = DEFAULT_FAILURES,
    ) -> int:
        """Queue a job in the caller's write transaction, and give its number.

        Of unfinished jobs of one name there is one for each `dedup_key`: that one's number is given instead. Of jobs
        with the same `exclusive_key` one runs at a time. Of priorities the lowest number goes first.
        """
        now = self._clock()
        values = {
            "name": name,
            "payload": json.dumps(payload),
            "queue": queue,
            "user_id": user_id,
            "state": JobState.QUEUED.value,
            "priority": priority,
            "run_at": run_at or now,
            "dedup_key": dedup_key,
            "exclusive_key": exclusive_key,
            "most_failures": most_failures,
            "created_at": now,
        }
        same = (
            select(jobs.c.id)
            .where(jobs.c.name == name, jobs.c.dedup_key == dedup_key)
            .where(jobs.c.state.in_(UNFINISHED))
        )
        while True:
            if dedup_key is not None and (known := connection.scalar(same)) is not None:
                return int(known)
            try:
                with connection.begin_nested():
                    statement = insert(jobs).values(values).returning(jobs.c.id)
                    return int(connection.execute(statement).scalar_one())
            except IntegrityError:
                # Somebody queued the same a moment ago, and has committed it; anything else is no matter of the key.
                if dedup_key is None or connection.scalar(same) is None:
                    raise

    def get(self, job_id: int, *, user_id: int | None = None) -> Job:
        """Give a job, of a listener if one is named; raises NotFoundError."""
        with self._database.read() as connection:
            return job_of(_find(connection, job_id, user_id))

    def list_jobs(
        self,
        *,
        user_id: int | None = None,
        states: Collection[JobState] = (),
        name: str | None = None,
        queue: str | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> list[Job]:
        """List jobs that fit, the newest first: those with a smaller number than `before`."""
        conditions: list[ColumnElement[bool]] = []
        if user_id is not None:
            conditions.append(jobs.c.user_id == user_id)
        if states:
            conditions.append(jobs.c.state.in_(states))
        if name is not None:
            conditions.append(jobs.c.name == name)
        if queue is not None:
            conditions.append(jobs.c.queue == queue)
        if before is not None:
            conditions.append(jobs.c.id < before)
        query = select(jobs).where(*conditions).order_by(jobs.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            return [job_of(row) for row in connection.execute(query)]

    def logs(
        self, job_id: int, *, user_id: int | None = None, after: int = 0, limit: int = _PAGE
    ) -> list[JobLog]:
        """Give the lines that a job wrote after a line's number; raises NotFoundError."""
        query = (
            select(job_logs)
            .where(job_logs.c.job_id == job_id, job_logs.c.id > after)
            .order_by(job_logs.c.id)
            .limit(limit)
        )
        with self._database.read() as connection:
            _find(connection, job_id, user_id)
            return [
                JobLog(row.id, row.at, row.level, row.message) for row in connection.execute(query)
            ]

    def cancel(self, job_id: int, *, user_id: int | None = None) -> Job:
        """Let a job end: at once if it waits, at its next look around if it runs.

        Raises:
            NotFoundError: there is no such job.
            ConflictError: it has finished.
        """
        with self._database.write() as connection:
            _find(connection, job_id, user_id)
            self.end(connection, job_id)
            return self._done_to(connection, "job.cancelled", job_id, user_id)

    def end(self, connection: Connection, job_id: int) -> None:
        """Do as `cancel` in the caller's write transaction; raises ConflictError."""
        ended = connection.execute(
            update(jobs)
            .where(jobs.c.id == job_id, jobs.c.state.in_(READY))
            .values(state=JobState.CANCELLED, finished_at=self._clock())
            .returning(jobs)
        ).one_or_none()
        if ended is not None:
            tell_of(self._followers, connection, job_of(ended))
            return
        is_running = (jobs.c.id == job_id) & (jobs.c.state == JobState.RUNNING)
        asked = connection.execute(
            update(jobs)
            .where(is_running, ~jobs.c.cancel_requested)
            .values(cancel_requested=True)
            .returning(jobs)
        ).one_or_none()
        if asked is not None:
            tell_of(self._followers, connection, job_of(asked))
        elif connection.scalar(select(jobs.c.id).where(is_running)) is None:
            raise ConflictError("This job has finished; there is nothing to cancel.")

    def hasten(self, connection: Connection, job_id: int) -> None:
        """Let a job that waits run as soon as a worker takes it, in the caller's write transaction."""
        is_waiting = (jobs.c.id == job_id) & jobs.c.state.in_(READY)
        connection.execute(update(jobs).where(is_waiting).values(run_at=self._clock()))

    def drop(self, connection: Connection, user_id: int, name: str) -> None:
        """Forget a listener's jobs of a name in the caller's write transaction, but for those that run."""
        is_theirs = (jobs.c.user_id == user_id) & (jobs.c.name == name)
        connection.execute(delete(jobs).where(is_theirs, jobs.c.state != JobState.RUNNING))

    def retry(self, job_id: int, *, user_id: int | None = None) -> Job:
        """Queue a job that failed or was cancelled once more, with all its tries.

        Raises:
            NotFoundError: there is no such job.
            ConflictError: it has not failed, or another one does the same already.
        """
        with self._database.write() as connection:
            if _find(connection, job_id, user_id).state not in RETRIABLE:
                raise ConflictError("Only a job that has failed or was cancelled can be retried.")
            try:
                self._requeue(connection, job_id)
            except IntegrityError as error:
                raise ConflictError("Another job does the same already.") from error
            return self._done_to(connection, "job.retried", job_id, user_id)

    def retry_many(
        self,
        job_ids: Collection[int] | None = None,
        *,
        queue: str | None = None,
        user_id: int | None = None,
    ) -> int:
        """Queue these jobs once more, or all that have failed or are dead; gives how many.

        What cannot be retried stays as it is.
        """
        conditions: list[ColumnElement[bool]] = [
            jobs.c.state.in_((JobState.FAILED, JobState.DEAD))
            if job_ids is None
            else jobs.c.id.in_(job_ids)
        ]
        if queue is not None:
            conditions.append(jobs.c.queue == queue)
        if user_id is not None:
            conditions.append(jobs.c.user_id == user_id)
        count = 0
        with self._database.write() as connection:
            for job_id in connection.scalars(select(jobs.c.id).where(*conditions)).all():
                # Another does the same already, or what it needs is gone: it stays as it is.
                with suppress(IntegrityError, ConflictError), connection.begin_nested():
                    count += self._requeue(connection, job_id)
            if user_id is None and count:
                self._told(connection, self._clock(), "job.retried", None, queue=queue, count=count)
        return count

    def _done_to(self, connection: Connection, deed: str, job_id: int, user_id: int | None) -> Job:
        job = job_of(_find(connection, job_id, user_id))
        if user_id is None:
            self._told(connection, self._clock(), deed, job.user_id, job=job.id, name=job.name)
        return job

    def _requeue(self, connection: Connection, job_id: int) -> int:
        row = connection.execute(
            update(jobs)
            .where(jobs.c.id == job_id, jobs.c.state.in_(RETRIABLE))
            .values(
                state=JobState.QUEUED,
                run_at=self._clock(),
                failures=0,
                cancel_requested=False,
                finished_at=None,
                progress=None,
                message=None,
            )
            .returning(jobs)
        ).one_or_none()
        if row is None:  # somebody was quicker
            return 0
        tell_of(self._followers, connection, job_of(row))
        return 1

    def purge(self, before: datetime) -> int:
        """Forget jobs that finished before an instant; gives how many."""
        with self._database.write() as connection:
            return connection.execute(
                delete(jobs).where(jobs.c.finished_at < before, jobs.c.state.not_in(UNFINISHED))
            ).rowcount

    def list_queues(self) -> list[Queue]:
        """Give every queue that is known or has jobs, by name."""
        with self._database.read() as connection:
            return self._queues(connection)

    def set_queue(self, name: str, **values: Any) -> Queue:  # noqa: ANN401 - columns of a queue
        """Change a queue: `paused` starts or stops taking jobs, `concurrency` and `per_minute` bound it.

        Raises:
            InvalidInputError: a bound is less than one.
            NotFoundError: there is no such queue.
        """
        for key in ("concurrency", "per_minute"):
            if values.get(key) is not None and values[key] < 1:
                raise InvalidInputError(
                    f"{key} is 1 or more; pause the queue instead.", parameter=key
                )
        if "paused" in values:
            values["paused_at"] = self._clock() if values.pop("paused") else None
        with self._database.write() as connection:
            names = [queue.name for queue in self._queues(connection)]
            if name not in names:
                raise NotFoundError(f"There is no queue {name}. There are {', '.join(names)}.")
            place = queues.c.name == name
            if (
                values
                and not connection.execute(update(queues).where(place).values(values)).rowcount
            ):
                connection.execute(insert(queues).values(name=name, **values))
            if values:
                changed = {key: value for key, value in values.items() if key != "paused_at"}
                if "paused_at" in values:
                    changed["is_paused"] = values["paused_at"] is not None
                self._told(connection, self._clock(), "queue.changed", None, queue=name, **changed)
            return next(queue for queue in self._queues(connection) if queue.name == name)

    def _queues(self, connection: Connection) -> list[Queue]:
        counted = select(jobs.c.queue, jobs.c.state, func.count()).group_by(
            jobs.c.queue, jobs.c.state
        )
        rows = {row.name: row for row in connection.execute(select(queues))}
        counts: dict[str, dict[str, int]] = {name: {} for name in self.known | rows.keys()}
        for queue, state, count in connection.execute(counted):
            counts.setdefault(queue, {})[state] = count
        return [_queue(name, rows.get(name), counts[name]) for name in sorted(counts)]


def tell_of(followers: Followers, connection: Connection, job: Job) -> None:
    """Tell whoever follows jobs of this name, in the transaction that has changed its state or asked it to end."""
    follower = followers.get(job.name)
    if follower is not None:
        follower(connection, job)


def job_of(row: Row[Any]) -> Job:
    """Make a job of a row of `jobs`."""
    return Job(
        id=row.id,
        user_id=row.user_id,
        queue=row.queue,
        name=row.name,
        payload=json.loads(row.payload),
        state=JobState(row.state),
        priority=row.priority,
        run_at=row.run_at,
        failures=row.failures,
        most_failures=row.most_failures,
        cancel_requested=row.cancel_requested,
        progress=row.progress,
        message=row.message,
        result=None if row.result is None else json.loads(row.result),
        error=row.error,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


def _find(connection: Connection, job_id: int, user_id: int | None) -> Row[Any]:
    query = select(jobs).where(jobs.c.id == job_id)
    if user_id is not None:
        query = query.where(jobs.c.user_id == user_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no job {job_id}.")
    return row


def _queue(name: str, row: Row[Any] | None, counts: dict[str, int]) -> Queue:
    if row is None:
        return Queue(name, None, None, None, counts)
    return Queue(name, row.paused_at, row.concurrency, row.per_minute, counts)
