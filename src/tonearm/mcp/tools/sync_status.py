"""How Tonearm stands: collecting plays from Spotify, imports, jobs, and for admins its people."""

from typing import Annotated, Literal

from msgspec import Meta
from pydantic import Field

from tonearm.insights.records import Record
from tonearm.mcp.arguments import Arguments, Cursor
from tonearm.mcp.desk import Desk
from tonearm.mcp.standing import (
    Collecting,
    LatestImport,
    LatestJob,
    Person,
    collecting,
    latest_imports,
    latest_jobs,
    people,
)
from tonearm.mcp.tool import Tool


class StatusArguments(Arguments):
    """What of it."""

    what: Literal["sync", "imports", "jobs", "work", "people", "all"] = "all"
    """Collecting (`sync`), imports of files, jobs such as polls, both of these (`work`), or all of this; `people` is
    for admins: who uses this Tonearm."""
    limit: Annotated[int, Field(ge=1, le=50, description="Most of each list.")] = 10
    cursor: Cursor = None


class Status(Record, frozen=True):
    """How Tonearm stands for the listener; null where it was not asked for."""

    sync: Annotated[Collecting | None, Meta(description="How collecting plays stands.")]
    imports: Annotated[
        tuple[LatestImport, ...] | None, Meta(description="Latest imports, newest first.")
    ]
    jobs: Annotated[tuple[LatestJob, ...] | None, Meta(description="Latest jobs, newest first.")]
    people: Annotated[
        tuple[Person, ...] | None, Meta(description="Who uses this Tonearm, for admins.")
    ]
    next_cursor: Annotated[
        str | None, Meta(description="The `cursor` of people after these; null at the end.")
    ]


def _answer(desk: Desk, given: StatusArguments) -> Status:
    what, limit = given.what, given.limit
    here, more = people(desk, limit, given.cursor) if what == "people" else (None, None)
    return Status(
        sync=collecting(desk) if what in {"sync", "all"} else None,
        imports=latest_imports(desk, limit) if what in {"imports", "work", "all"} else None,
        jobs=latest_jobs(desk, limit) if what in {"jobs", "work", "all"} else None,
        people=here,
        next_cursor=more,
    )


TOOLS = (
    Tool(
        name="sync_status",
        title="How collecting, imports and jobs stand",
        description=(
            "Whether plays are being collected from Spotify, when it is asked, what is in the way and which spans may "
            "lack plays; the latest imports with what became of their rows; the latest jobs and why one failed. Times "
            "are the listener's."
        ),
        arguments=StatusArguments,
        record=Status,
        answer=_answer,
        aliases={
            "ops.sync_status": {"what": "sync"},
            "ops.latest_import_jobs": {"what": "imports"},
            "ops.latest_job_runs": {"what": "jobs"},
            "ops.list_users": {"what": "people"},
            "recent_work": {"what": "work"},
        },
    ),
)
