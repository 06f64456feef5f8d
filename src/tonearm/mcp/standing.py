"""What an assistant is told of how Tonearm stands: collecting, imports, jobs, and for admins its people."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, TypeVar

from msgspec import Meta

from tonearm.domain.errors import ForbiddenError
from tonearm.domain.vocabulary import Role, Scope
from tonearm.insights.records import Record
from tonearm.mcp.desk import Desk
from tonearm.mcp.paging import cursor_at, place_of

_MOST_GAPS = 20

Line = TypeVar("Line")
Listing = Callable[[Desk, int, str | None], tuple[tuple[Line, ...], str | None]]
"""Gives so many lines from a cursor on, and the cursor of those after."""


class OpenGap(Record, frozen=True):
    """A span of which plays may be missing still."""

    from_at: Annotated[datetime, Meta(description="Its first instant, by the listener's clock.")]
    to_at: Annotated[datetime | None, Meta(description="Its end; null while it lasts.")]
    reason: Annotated[str, Meta(description="What was the matter.")]


class Collecting(Record, frozen=True):
    """How collecting the listener's plays stands."""

    standing: Annotated[
        str,
        Meta(
            description=(
                "`not_linked`, `beginning`, `collecting`, `paused`, `outage`, `blocked`, `refused` or "
                "`relink_needed`."
            )
        ),
    ]
    problem: Annotated[str | None, Meta(description="What is in the way, in a sentence.")]
    polled_at: Annotated[
        datetime | None, Meta(description="When Spotify last told of recent plays.")
    ]
    next_at: Annotated[
        datetime | None, Meta(description="When it is asked next; null while nothing is asked.")
    ]
    interval_minutes: Annotated[
        float | None, Meta(description="Minutes from one poll to the next at present.")
    ]
    fetched: Annotated[int, Meta(description="Plays on the last page.")]
    new: Annotated[int, Meta(description="Those of them that nothing had told of before.")]
    paused_at: Annotated[datetime | None, Meta(description="Since when it is paused.")]
    gaps: tuple[OpenGap, ...]


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


class Person(Record, frozen=True):
    """Somebody who uses this Tonearm; nothing of what they hear."""

    name: Annotated[str, Meta(description="How they are called here.")]
    role: Annotated[str, Meta(description="`viewer`, `listener`, `admin` or `owner`.")]
    state: Annotated[str, Meta(description="`active` or `disabled`.")]
    created_at: Annotated[datetime, Meta(description="Since when they are here.")]
    seen_at: Annotated[
        datetime | None,
        Meta(
            description="When a session or key of theirs was used last; null where there is none."
        ),
    ]


def collecting(desk: Desk) -> Collecting:
    """Give how collecting stands."""
    status = desk.services.collections.status(desk.caller.id)
    return Collecting(
        standing=status.standing.value,
        problem=status.problem,
        polled_at=status.polled_at,
        next_at=status.next_at,
        interval_minutes=status.interval_minutes,
        fetched=status.fetched,
        new=status.new,
        paused_at=status.paused_at,
        gaps=tuple(
            OpenGap(gap.from_at, gap.to_at, gap.reason.meaning) for gap in status.gaps[:_MOST_GAPS]
        ),
    )


def latest_imports(
    desk: Desk, limit: int, cursor: str | None
) -> tuple[tuple[LatestImport, ...], str | None]:
    """Give the listener's latest imports, newest first, and the cursor of those before; raises InvalidInputError."""
    before = place_of(cursor)
    found = [
        one for one in desk.services.imports.list(desk.caller.id) if not before or one.id < before
    ]
    more = cursor_at(found[limit - 1].id) if len(found) > limit else None
    told = tuple(
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
        for one in found[:limit]
    )
    return told, more


def latest_jobs(
    desk: Desk, limit: int, cursor: str | None
) -> tuple[tuple[LatestJob, ...], str | None]:
    """Give the listener's latest jobs, newest first, and the cursor of those before; raises InvalidInputError."""
    before = place_of(cursor) or None
    # One more than fits tells whether there is a next page.
    found = desk.services.jobs.list_jobs(user_id=desk.caller.id, before=before, limit=limit + 1)
    more = cursor_at(found[limit - 1].id) if len(found) > limit else None
    told = tuple(
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
        for one in found[:limit]
    )
    return told, more


def people(desk: Desk, limit: int, cursor: str | None) -> tuple[tuple[Person, ...], str | None]:
    """Give who uses this Tonearm, and the cursor of those after.

    Raises:
        ForbiddenError: the caller is no admin, or showed a key that is not for all that they may.
    """
    if Scope.ADMIN not in desk.scopes or not desk.caller.role.covers(Role.ADMIN):
        raise ForbiddenError(
            f"Only admins see who uses this Tonearm, with a key that has the scopes {Scope.MCP} and {Scope.ADMIN}."
        )
    administration = desk.services.administration
    # One more than fits tells whether there is a next page.
    found = administration.list(after=place_of(cursor), limit=limit + 1)
    more = cursor_at(found[limit - 1].id) if len(found) > limit else None
    found = found[:limit]
    seen = administration.last_seen([person.id for person in found])
    told = tuple(
        Person(
            name=person.name,
            role=person.role.value,
            state="disabled" if person.is_disabled else "active",
            created_at=person.created_at,
            seen_at=seen.get(person.id),
        )
        for person in found
    )
    return told, more
