"""How much is heard once more."""

from tonearm.insights.charts.repeat import Repeat
from tonearm.mcp.arguments import Asked, Limit
from tonearm.mcp.desk import Desk
from tonearm.mcp.tool import Tool


class RepeatArguments(Asked):
    """Which repeats."""

    limit: Limit = 10


def _answer(desk: Desk, given: RepeatArguments) -> Repeat:
    repeat: Repeat = desk.ask("repeat", **given.given())
    return repeat


TOOLS = (
    Tool(
        name="repeats",
        title="Repeat behaviour",
        description=(
            "How much of the listening is once more: share of repeated plays, plays a track, most repeated "
            "tracks, the longest run of one track, and loops (three plays of a track within 24 hours)."
        ),
        arguments=RepeatArguments,
        record=Repeat,
        answer=_answer,
        example={"limit": 5},
        aliases={"history.repeat_rate": {}},
    ),
)
