"""Rankings of artists, albums, tracks and shows."""

from typing import Literal

from tonearm.insights.records import Top
from tonearm.mcp.arguments import Asked, Cursor, Limit
from tonearm.mcp.desk import Desk
from tonearm.mcp.tool import Tool


class TopArguments(Asked):
    """Which ranking."""

    item: Literal["artists", "albums", "tracks", "shows"]
    """What is ranked; shows are those of podcasts, or with the kind `audiobook` of audiobooks."""
    by: Literal["plays", "time"] | None = None
    """Plays unless said."""
    limit: Limit = 10
    cursor: Cursor = None


def _answer(desk: Desk, given: TopArguments) -> Top:
    values = given.given()
    top: Top = desk.ask(f"top-{values.pop('item')}", **values)
    return top


TOOLS = (
    Tool(
        name="top",
        title="Top artists, albums, tracks or shows",
        description=(
            "A ranking of any range by plays or listening time, each line with plays, time, share, first and "
            "last play, and its rank in the period before. Narrow it to one artist for their top tracks or "
            "albums."
        ),
        arguments=TopArguments,
        record=Top,
        answer=_answer,
        example={"item": "artists", "range": "2024", "limit": 5},
        aliases={
            "history.top_artists": {"item": "artists"},
            "history.top_tracks": {"item": "tracks"},
        },
    ),
)
