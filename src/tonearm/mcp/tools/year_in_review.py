"""One year as a story."""

from typing import Annotated

from pydantic import Field

from tonearm.insights.charts.year import Year
from tonearm.mcp.arguments import Judged, Lane
from tonearm.mcp.desk import Desk
from tonearm.mcp.tool import Tool


class YearArguments(Judged):
    """Which year."""

    year: Annotated[int | None, Field(ge=2006, le=2200)] = None
    """The present one unless said."""
    kind: Lane | None = None
    """Music unless said."""


def _answer(desk: Desk, given: YearArguments) -> Year:
    year: Year = desk.ask("year", **given.given())
    return year


TOOLS = (
    Tool(
        name="year_in_review",
        title="A year in review",
        description=(
            "A year's story: totals beside the year before, first artists, albums and tracks with their best months, "
            "what was new, peak day and hour, longest session and streak, first play, months."
        ),
        arguments=YearArguments,
        record=Year,
        answer=_answer,
        example={"year": 2024},
    ),
)
