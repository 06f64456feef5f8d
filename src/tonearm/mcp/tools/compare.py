"""Two ranges side by side."""

from typing import Annotated, Literal

from pydantic import Field

from tonearm.insights.charts.compare import Comparison
from tonearm.mcp.arguments import Asked, Cursor
from tonearm.mcp.desk import Desk
from tonearm.mcp.tool import Tool


class CompareArguments(Asked):
    """Which comparison."""

    other: Annotated[str | None, Field(max_length=64)] = None
    """The range to compare with; else the year before a year, the month before a month, as many days before."""
    by: Literal["plays", "time"] | None = None
    """Plays unless said."""
    limit: Annotated[int, Field(ge=1, le=20, description="Most lines of each list.")] = 5
    cursor: Cursor = None


def _answer(desk: Desk, given: CompareArguments) -> Comparison:
    comparison: Comparison = desk.ask("compare", **given.given())
    return comparison


TOOLS = (
    Tool(
        name="compare",
        title="Two ranges side by side",
        description=(
            "Any two ranges: every total with its change and ratio, and which artists, albums and tracks came, "
            "went and moved most; `cursor` leads to those that moved less. "
            "Give `range`, and `other` unless the period before is meant."
        ),
        arguments=CompareArguments,
        record=Comparison,
        answer=_answer,
        example={"range": "2024", "other": "2023"},
    ),
)
