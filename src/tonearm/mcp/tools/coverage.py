"""How complete the history is."""

from tonearm.insights.charts.completeness import Completeness
from tonearm.mcp.arguments import Cursor, Limit, Ranged
from tonearm.mcp.desk import Desk
from tonearm.mcp.tool import Tool


class CoverageArguments(Ranged):
    """Which coverage."""

    limit: Limit = 20
    cursor: Cursor = None


def _answer(desk: Desk, given: CoverageArguments) -> Completeness:
    completeness: Completeness = desk.ask("completeness", kind="all", **given.given())
    return completeness


TOOLS = (
    Tool(
        name="coverage",
        title="How complete the history is",
        description=(
            "Which share of a range imports and polls vouch for, from which sources plays come, and the longest gaps "
            "with their reasons and what would close them; `cursor` leads to shorter ones. "
            "Ask before calling something a first, a last or a total."
        ),
        arguments=CoverageArguments,
        record=Completeness,
        answer=_answer,
        example={"range": "2024"},
        aliases={"history.coverage": {}},
    ),
)
