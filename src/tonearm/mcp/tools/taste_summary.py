"""Who somebody is as a listener, in one answer."""

from tonearm.insights.charts.taste import Taste
from tonearm.mcp.arguments import Ranged
from tonearm.mcp.desk import Desk
from tonearm.mcp.tool import Tool


def _answer(desk: Desk, given: Ranged) -> Taste:
    taste: Taste = desk.ask("taste", **given.given())
    return taste


TOOLS = (
    Tool(
        name="taste_summary",
        title="Taste in a range",
        description=(
            "The listener in one answer: total plays and time, first ten artists, albums and tracks, peak hours and "
            "weekday, how much is repeated and how much is new. Begin here for questions about taste."
        ),
        arguments=Ranged,
        record=Taste,
        answer=_answer,
        example={"range": "2024"},
        aliases={"history.taste_summary": {}},
    ),
)
