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
    what: Literal["new", "returned"] = "new"
    """What to list by `limit` and `cursor`: what was new by unit, or the tracks that came back."""
    limit: Annotated[int, Field(ge=1, le=200, description="Most lines.")] = 36
    cursor: Cursor = None


class DiscoveryPage(Record, frozen=True):
    """What was new and what came back, in all and in some units of the range."""

    covered: Covered
    unit: Annotated[str, Meta(description="Unit of the calendar.")]
    totals: DiscoveryTotals
    rediscovered: Annotated[
        tuple[Rediscovery, ...],
        Meta(description="Tracks that came back, after the longest pauses first."),
    ]
    total: Annotated[
        int, Meta(description="Units in the range, or with `returned` plays that came back.")
    ]
    next_cursor: Annotated[
        str | None, Meta(description="The `cursor` of the lines after these; null at the end.")
    ]
    items: tuple[DiscoveryUnit, ...]


def _answer(desk: Desk, given: DiscoveryArguments) -> DiscoveryPage:
    values = given.given()
    if values.pop("what") == "returned":
        found: Discovery = desk.ask("discovery", **values)
        total = found.totals.rediscoveries
        return _page(found, found.rediscovered, total, found.next_cursor, ())
    limit, cursor = values.pop("limit"), values.pop("cursor", None)
    whole: Discovery = desk.ask("discovery", **values, limit=_REDISCOVERED)
    items, more = page_of(whole.items, lambda unit: unit.starts_on.isoformat(), cursor, limit)
    return _page(whole, whole.rediscovered, len(whole.items), more, items)


def _page(
    whole: Discovery,
    rediscovered: tuple[Rediscovery, ...],
    total: int,
    next_cursor: str | None,
    items: tuple[DiscoveryUnit, ...],
) -> DiscoveryPage:
    return DiscoveryPage(
        covered=whole.covered,
        unit=whole.unit,
        totals=whole.totals,
        rediscovered=rediscovered,
        total=total,
        next_cursor=next_cursor,
        items=items,
    )


TOOLS = (
    Tool(
        name="discovery",
        title="What is new",
        description=(
            "Artists, albums and tracks heard for the first time, the share of plays that goes to new tracks, "
            "in all and by unit of the calendar, oldest first; and tracks that came back after the longest "
            "pauses, all of them with `what` as `returned`."
        ),
        arguments=DiscoveryArguments,
        record=DiscoveryPage,
        answer=_answer,
        example={"range": "2024", "unit": "month"},
    ),
)
