"""Everybody's jobs, and the queues they are in: for those who look after this Tonearm."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field, StrictBool, StrictInt

from tonearm.api.cursor import Cursor, read_cursor
from tonearm.api.records import JobPage, QueuePage
from tonearm.api.routes.jobs import InQueue, InState, JobId, Limit, Name, page_of
from tonearm.jobs.records import Job, Queue
from tonearm.web.callers import Administrator, Rooms
from tonearm.web.questions import look_at
from tonearm.web.strict import Change, api_router, problems

ROUTER = api_router("/admin", "admin")
_MOST_AT_A_TIME = 1_000
_MOST_A_MINUTE = 100_000

QueueName = Annotated[
    str, Path(max_length=48, pattern=r"^[a-z][a-z0-9_.-]*$", description="Name of the queue")
]


class QueueChange(Change):
    """What shall be otherwise; what is left out stays."""

    is_paused: StrictBool | None = None
    """Whether its jobs wait; those that run go on."""
    concurrency: Annotated[StrictInt, Field(ge=0, le=_MOST_AT_A_TIME)] | None = None
    """How many of its jobs may run at a time; 0 for as many as there are workers."""
    per_minute: Annotated[StrictInt, Field(ge=0, le=_MOST_A_MINUTE)] | None = None
    """How many of its jobs may start in a minute; 0 for any number."""


@ROUTER.get("/jobs", summary="List everybody's jobs", responses=problems(404, 503))
def list_all_jobs(
    services: Rooms,
    caller: Administrator,
    user_id: Annotated[int | None, Query(ge=1, le=2_147_483_647)] = None,
    state: InState = None,
    name: Name = None,
    queue: InQueue = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> JobPage:
    """Give the jobs of all listeners, and Tonearm's own, the newest first.

    To ask for those of one listener is written down.
    """
    if user_id is not None:
        look_at(services, caller, user_id)
    found = services.jobs.list_jobs(
        user_id=user_id,
        states=(state,) if state else (),
        name=name,
        queue=queue,
        before=read_cursor(cursor) or None,
        limit=limit + 1,
    )
    return page_of(found, limit)


@ROUTER.post(
    "/jobs/{job_id}/cancel", summary="Cancel anybody's job", responses=problems(404, 409, 503)
)
def post_cancel_any(services: Rooms, _caller: Administrator, job_id: JobId) -> Job:
    """Let a job end: at once if it waits, at its next look around if it runs."""
    return services.jobs.cancel(job_id)


@ROUTER.post(
    "/jobs/{job_id}/retry", summary="Retry anybody's job", responses=problems(404, 409, 503)
)
def post_retry_any(services: Rooms, _caller: Administrator, job_id: JobId) -> Job:
    """Queue a job that failed or was cancelled once more, with all its tries."""
    return services.jobs.retry(job_id)


@ROUTER.get("/queues", summary="List queues")
def list_queues(services: Rooms, _caller: Administrator) -> QueuePage:
    """Give every queue: whether it is paused, its bounds, and how many jobs are in each state."""
    return QueuePage(tuple(services.jobs.list_queues()))


@ROUTER.patch("/queues/{queue_name}", summary="Change a queue", responses=problems(404, 503))
def patch_queue(
    services: Rooms, _caller: Administrator, queue_name: QueueName, change: QueueChange
) -> Queue:
    """Pause or resume a queue, or set its bounds; it holds at the next job that is taken."""
    values: dict[str, object] = {}
    if change.is_paused is not None:
        values["paused"] = change.is_paused
    if change.concurrency is not None:
        values["concurrency"] = change.concurrency or None
    if change.per_minute is not None:
        values["per_minute"] = change.per_minute or None
    return services.jobs.set_queue(queue_name, **values)


@ROUTER.post(
    "/queues/{queue_name}/retry-failed",
    summary="Retry what has failed in a queue",
    responses=problems(404, 503),
)
def post_retry_failed(
    services: Rooms, _caller: Administrator, queue_name: QueueName
) -> dict[str, int]:
    """Queue every job that has failed or is dead once more; `count` says how many."""
    return {"count": services.jobs.retry_many(queue=queue_name)}
