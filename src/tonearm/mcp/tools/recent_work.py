"""The latest imports and jobs."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta
from pydantic import Field

from tonearm.insights.records import Record
from tonearm.mcp.arguments import Arguments
from tonearm.mcp.desk import Desk
from tonearm.mcp.tool import Tool


class WorkArguments(Arguments):
    """Which work."""

    what: Literal["imports", "jobs", "both"] = "both"
    """Imports of files, jobs of any kind such as polls, or both."""
    limit: Annotated[int, Field(ge=1, le=50, description="Most of each.")] = 10


class LatestImport(Record, frozen=True):
    """An import of files."""

    id: Annotated[int, Meta(description="Number of the import.")]
    state: Annotated[
        str,
        Meta(
            description="`queued`, `running`, `previewed`, `published`, `failed`, `cancelled` or `undone`."
        ),
    ]
    name: Annotated[str, Meta(description="What was brought in.")]
    created_at: Annotated[datetime, Meta(description="When it was brought in.")]
    finished_at: Annotated[datetime | None, Meta(description="When it ended.")]
    percent: Annotated[float, Meta(description="How far it is, from 0 to 100.")]
    rows: Annotated[int, Meta(description="Rows read.")]
    new: Annotated[int, Meta(description="Rows that told of something new.")]
    duplicate: Annotated[int, Meta(description="Rows that were known already.")]
    problem: Annotated[str | None, Meta(description="Why it failed, and what to do.")]


class LatestJob(Record, frozen=True):
    """A job."""

    id: Annotated[int, Meta(description="Number of the job.")]
    deed: Annotated[str, Meta(description="What is done, such as `collector.poll`.")]
    state: Annotated[
        str,
        Meta(
            description="`queued`, `waiting`, `running`, `succeeded`, `failed`, `cancelled` or `dead`."
        ),
    ]
    message: Annotated[str | None, Meta(description="Where it is, in words.")]
    error: Annotated[str | None, Meta(description="Why it failed last.")]
    created_at: Annotated[datetime, Meta(description="When it was queued.")]
    started_at: Annotated[datetime | None, Meta(description="When it began.")]
    finished_at: Annotated[datetime | None, Meta(description="When it ended.")]


class LatestWork(Record, frozen=True):
    """The listener's latest imports and jobs, newest first; null where they were not asked for."""

    imports: Annotated[tuple[LatestImport, ...] | None, Meta(description="Latest imports.")]
    jobs: Annotated[tuple[LatestJob, ...] | None, Meta(description="Latest jobs.")]


def _answer(desk: Desk, given: WorkArguments) -> LatestWork:
    return LatestWork(
        imports=None if given.what == "jobs" else _imports(desk, given.limit),
        jobs=None if given.what == "imports" else _jobs(desk, given.limit),
    )


def _imports(desk: Desk, limit: int) -> tuple[LatestImport, ...]:
    return tuple(
        LatestImport(
            id=one.id,
            state=one.state.value,
            name=one.name,
            created_at=one.created_at,
            finished_at=one.finished_at,
            percent=one.progress.percent,
            rows=one.counts.rows,
            new=one.counts.new,
            duplicate=one.counts.duplicate,
            problem=one.problem,
        )
        for one in desk.services.imports.list(desk.caller.id)[:limit]
    )


def _jobs(desk: Desk, limit: int) -> tuple[LatestJob, ...]:
    return tuple(
        LatestJob(
            id=one.id,
            deed=one.name,
            state=one.state.value,
            message=one.message,
            error=one.error,
            created_at=one.created_at,
            started_at=one.started_at,
            finished_at=one.finished_at,
        )
        for one in desk.services.jobs.list_jobs(user_id=desk.caller.id, limit=limit)
    )


TOOLS = (
    Tool(
        name="recent_work",
        title="Latest imports and jobs",
        description=(
            "The listener's latest imports of files with what became of their rows, and the latest jobs such as "
            "polls of Spotify, with state, progress and why one failed. Newest first, in the listener's zone."
        ),
        arguments=WorkArguments,
        record=LatestWork,
        answer=_answer,
        example={"what": "imports"},
        aliases={
            "ops.latest_import_jobs": {"what": "imports"},
            "ops.latest_job_runs": {"what": "jobs"},
        },
    ),
)
