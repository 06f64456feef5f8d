"""What is new, and what comes back."""

from typing import Annotated, Literal

from msgspec import Meta
from pydantic import Field

from tonearm.insights.charts.discovery import Discovery, DiscoveryUnit
from tonearm.insights.records import Covered, DiscoveryTotals, Record, Rediscovery
from tonearm.mcp.arguments import Asked, Cursor
from tonearm.mcp.desk import Desk
from tonearm.mcp.paging import page_of
from tonearm.mcp.tool import Tool

_REDISCOVERED = 10


class DiscoveryArguments(Asked):
    """Which discoveries."""

    unit: Literal["day", "week", "month", "year"] = "month"
    """Weeks begin on Monday."""
    limit: Annotated[int, Field(ge=1, le=200, description="Most units.")] = 36
    cursor: Cursor = None


class DiscoveryPage(Record, frozen=True):
    """What was new and what came back, in all and in some units of the range."""

    covered: Covered
    unit: Annotated[str, Meta(description="Unit of the calendar.")]
    totals: DiscoveryTotals
    rediscovered: tuple[Rediscovery, ...]
    total: Annotated[int, Meta(description="Units in the range.")]
    next_cursor: Annotated[
        str | None, Meta(description="The `cursor` of later units; null at the end.")
    ]
    items: tuple[DiscoveryUnit, ...]


def _answer(desk: Desk, given: DiscoveryArguments) -> DiscoveryPage:
    values = given.given()
    limit, cursor = values.pop("limit"), values.pop("cursor", None)
    whole: Discovery = desk.ask("discovery", **values, limit=_REDISCOVERED)
    items, more = page_of(whole.items, lambda unit: unit.starts_on.isoformat(), cursor, limit)
    return DiscoveryPage(
        covered=whole.covered,
        unit=whole.unit,
        totals=whole.totals,
        rediscovered=whole.rediscovered,
        total=len(whole.items),
        next_cursor=more,
        items=items,
    )


TOOLS = (
    Tool(
        name="discovery",
        title="What is new",
        description=(
            "Artists, albums and tracks heard for the first time, the share of plays that goes to new tracks, "
            "in all and by unit of the calendar, oldest first; and tracks that came back after the longest "
            "pauses."
        ),
        arguments=DiscoveryArguments,
        record=DiscoveryPage,
        answer=_answer,
        example={"range": "2024", "unit": "month"},
    ),
)
