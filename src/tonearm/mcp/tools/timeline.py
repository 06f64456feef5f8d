"""Plays and time by unit of the calendar."""

from typing import Annotated, Literal

from msgspec import Meta
from pydantic import Field

from tonearm.insights.records import Covered, Record, Timeline, TimelineUnit
from tonearm.mcp.arguments import Asked, Cursor
from tonearm.mcp.desk import Desk
from tonearm.mcp.paging import page_of
from tonearm.mcp.tool import Tool


class TimelineArguments(Asked):
    """Which timeline."""

    unit: Literal["hour", "day", "week", "month", "year"] = "month"
    """Weeks begin on Monday."""
    limit: Annotated[int, Field(ge=1, le=400, description="Most units.")] = 120
    cursor: Cursor = None


class TimelinePage(Record, frozen=True):
    """Some units of a timeline."""

    covered: Covered
    unit: Annotated[str, Meta(description="Unit of the calendar.")]
    total: Annotated[int, Meta(description="Units in the range.")]
    next_cursor: Annotated[
        str | None, Meta(description="The `cursor` of later units; null at the end.")
    ]
    items: tuple[TimelineUnit, ...]


def _answer(desk: Desk, given: TimelineArguments) -> TimelinePage:
    values = given.given()
    limit, cursor = values.pop("limit"), values.pop("cursor", None)
    whole: Timeline = desk.ask("timeline", **values)
    items, more = page_of(whole.items, _begins, cursor, limit)
    return TimelinePage(whole.covered, whole.unit, len(whole.items), more, items)


def _begins(unit: TimelineUnit) -> str:
    return (unit.starts_on if unit.starts_at is None else unit.starts_at).isoformat()


TOOLS = (
    Tool(
        name="timeline",
        title="Listening over time",
        description=(
            "Plays and listening time by hour, day, week, month or year, every unit of the range, zero or not, "
            "oldest first; of everything or of one artist, album or track. For trends, and for when something "
            "was heard."
        ),
        arguments=TimelineArguments,
        record=TimelinePage,
        answer=_answer,
        example={"range": "2024", "unit": "month"},
    ),
)
