"""How Tonearm stands: collecting plays from Spotify, imports, jobs, and for admins its people."""

from typing import Annotated, Literal

from msgspec import Meta
from pydantic import Field

from tonearm.insights.records import Record
from tonearm.mcp.arguments import Arguments, Cursor
from tonearm.mcp.desk import Desk
from tonearm.mcp.paging import check_list
from tonearm.mcp.standing import (
    Collecting,
    LatestImport,
    LatestJob,
    Line,
    Listing,
    Person,
    collecting,
    latest_imports,
    latest_jobs,
    people,
)
from tonearm.mcp.tool import Tool

_LISTS = ("imports", "jobs", "people")


class StatusArguments(Arguments):
    """What of it."""

    what: Literal["sync", "imports", "jobs", "work", "people", "all"] = "all"
    """Collecting (`sync`), imports of files, jobs such as polls, both of these (`work`), or all of this; `people` is
    for admins: who uses this Tonearm. Of `imports`, `jobs` and `people` alone, `cursor` leads to those after."""
    limit: Annotated[int, Field(ge=1, le=50, description="Most of each list.")] = 10
    cursor: Annotated[
        Cursor, Field(description="`next_cursor` of the answer before, with the same `what`.")
    ] = None


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
        str | None,
        Meta(
            description="The `cursor` of those after these; null at the end, and of several lists."
        ),
    ]


def _answer(desk: Desk, given: StatusArguments) -> Status:
    what, limit = given.what, given.limit
    check_list(given.cursor, what, _LISTS)

    def listed(
        name: str, deed: Listing[Line], *wholes: str
    ) -> tuple[tuple[Line, ...] | None, str | None]:
        return deed(desk, limit, given.cursor) if what in {name, *wholes} else (None, None)

    imports, more_imports = listed("imports", latest_imports, "work", "all")
    jobs, more_jobs = listed("jobs", latest_jobs, "work", "all")
    here, more_people = listed("people", people)
    return Status(
        sync=collecting(desk) if what in {"sync", "all"} else None,
        imports=imports,
        jobs=jobs,
        people=here,
        next_cursor=(more_imports or more_jobs or more_people) if what in _LISTS else None,
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
