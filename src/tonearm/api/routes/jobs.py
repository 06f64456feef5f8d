"""The caller's jobs: look, watch, cancel, retry."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field
from sse_starlette import EventSourceResponse
from starlette.concurrency import run_in_threadpool

from tonearm.api.cursor import Cursor, make_cursor, read_cursor
from tonearm.api.progress import event_schema, watch
from tonearm.api.records import JobLogPage, JobPage
from tonearm.jobs.records import UNFINISHED, Job, JobState
from tonearm.web.callers import Editor, Reader, Rooms
from tonearm.web.strict import Body, api_router, problems

ROUTER = api_router("/jobs", "jobs")
LARGEST_ID = (1 << 63) - 1

JobId = Annotated[int, Path(ge=1, le=LARGEST_ID, description="Number of the job")]
InState = Annotated[JobState | None, Query(description="Only jobs of this state")]
Name = Annotated[str | None, Query(max_length=64, description="Only jobs of this name")]
InQueue = Annotated[str | None, Query(max_length=48, description="Only jobs of this queue")]
Limit = Annotated[int, Query(ge=1, le=200)]


@ROUTER.get("", summary="List jobs")
def list_jobs(
    services: Rooms,
    caller: Reader,
    state: InState = None,
    name: Name = None,
    queue: InQueue = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> JobPage:
    """Give the caller's jobs that fit, the newest first."""
    found = services.jobs.list_jobs(
        user_id=caller.id,
        states=(state,) if state else (),
        name=name,
        queue=queue,
        before=read_cursor(cursor) or None,
        limit=limit + 1,
    )
    return page_of(found, limit)


class Retry(Body):
    """Which jobs to retry."""

    ids: (
        Annotated[
            list[Annotated[int, Field(strict=True, ge=1, le=LARGEST_ID)]], Field(max_length=1_000)
        ]
        | None
    ) = None
    """Numbers of jobs; all of the caller's that have failed or are dead unless named."""


@ROUTER.post("/retry", summary="Retry many jobs", responses=problems(503))
def post_retry_many(services: Rooms, caller: Editor, which: Retry) -> dict[str, int]:
    """Queue the caller's jobs once more; `count` says how many. What cannot be retried stays as it is."""
    return {"count": services.jobs.retry_many(which.ids, user_id=caller.id)}


@ROUTER.get("/{job_id}", summary="Show a job", responses=problems(404))
def get_job(services: Rooms, caller: Reader, job_id: JobId) -> Job:
    """Give one job: how far it is, what came of it, or why it failed."""
    return services.jobs.get(job_id, user_id=caller.id)


@ROUTER.get("/{job_id}/logs", summary="What a job wrote", responses=problems(404))
def get_logs(
    services: Rooms, caller: Reader, job_id: JobId, cursor: Cursor = None, limit: Limit = 50
) -> JobLogPage:
    """Give the lines of a job's log in their order."""
    after = read_cursor(cursor)
    lines = services.jobs.logs(job_id, user_id=caller.id, after=after, limit=limit)
    return JobLogPage(tuple(lines), make_cursor(lines[-1].id) if lines else None)


@ROUTER.get(
    "/{job_id}/events",
    summary="Watch a job",
    response_class=EventSourceResponse,
    responses={
        200: {"content": {"text/event-stream": {"schema": event_schema("Job")}}},
        **problems(404),
    },
)
async def get_events(services: Rooms, caller: Reader, job_id: JobId) -> EventSourceResponse:
    """Send an event `progress` with the job whenever it changes, and `end` when it is done."""

    def read() -> Job:
        return services.jobs.get(job_id, user_id=caller.id)

    job = await run_in_threadpool(read)
    return EventSourceResponse(
        watch(read, job, lambda known: known.state in UNFINISHED),
        headers={"cache-control": "no-store"},
    )


@ROUTER.post("/{job_id}/cancel", summary="Cancel a job", responses=problems(404, 409, 503))
def post_cancel(services: Rooms, caller: Editor, job_id: JobId) -> Job:
    """Let a job end: at once if it waits, at its next look around if it runs."""
    return services.jobs.cancel(job_id, user_id=caller.id)


@ROUTER.post("/{job_id}/retry", summary="Retry a job", responses=problems(404, 409, 503))
def post_retry(services: Rooms, caller: Editor, job_id: JobId) -> Job:
    """Queue a job that failed or was cancelled once more, with all its tries."""
    return services.jobs.retry(job_id, user_id=caller.id)


def page_of(found: list[Job], limit: int) -> JobPage:
    """Make a page of at most `limit` jobs out of those and perhaps one more."""
    more = make_cursor(found[limit - 1].id) if len(found) > limit else None
    return JobPage(tuple(found[:limit]), more)
