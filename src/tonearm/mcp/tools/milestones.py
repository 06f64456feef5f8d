"""Round numbers and anniversaries."""

from tonearm.insights.charts.milestones import Milestones
from tonearm.mcp.arguments import Limit, Ranged
from tonearm.mcp.desk import Desk
from tonearm.mcp.tool import Tool


class MilestoneArguments(Ranged):
    """Which milestones."""

    limit: Limit = 10


def _answer(desk: Desk, given: MilestoneArguments) -> Milestones:
    milestones: Milestones = desk.ask("milestones", **given.given())
    return milestones


TOOLS = (
    Tool(
        name="milestones",
        title="Milestones and anniversaries",
        description=(
            "Round numbers of plays, artists, tracks and hours with the play that reached each, the latest of "
            "the range, and the next anniversaries of the first play of all and of the leading artists."
        ),
        arguments=MilestoneArguments,
        record=Milestones,
        answer=_answer,
        example={"limit": 5},
    ),
)
