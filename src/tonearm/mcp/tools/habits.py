"""Sessions, days in a row, repeats, and round numbers."""

from typing import Annotated, Any, Literal, get_args

from msgspec import Meta
from pydantic import Field

from tonearm.insights.charts.milestones import Milestones
from tonearm.insights.charts.repeat import Repeat
from tonearm.insights.charts.sessions import SessionsAnswer
from tonearm.insights.charts.streaks import Streaks
from tonearm.insights.records import Record
from tonearm.mcp.arguments import Asked, Cursor
from tonearm.mcp.desk import Desk
from tonearm.mcp.paging import check_list
from tonearm.mcp.tool import Tool

_Part = Literal["sessions", "streaks", "repeats", "milestones"]


class HabitArguments(Asked):
    """Which habits."""

    what: _Part | None = None
    """Only these; all four unless said."""
    limit: Annotated[int, Field(ge=1, le=50, description="Most lines of each list.")] = 5
    cursor: Annotated[
        Cursor,
        Field(
            description="`next_cursor` of a part of the answer before, with that part as `what`."
        ),
    ] = None


class Habits(Record, frozen=True):
    """Habits in a range; null where they were not asked for. Each part has an `about` of its own."""

    sessions: Annotated[
        SessionsAnswer | None, Meta(description="Plays without a pause of half an hour.")
    ]
    streaks: Annotated[Streaks | None, Meta(description="Days in a row with a play.")]
    repeats: Annotated[Repeat | None, Meta(description="How much is heard once more.")]
    milestones: Annotated[
        Milestones | None, Meta(description="Round numbers reached, and anniversaries.")
    ]


def _answer(desk: Desk, given: HabitArguments) -> Habits:
    check_list(given.cursor, given.what, get_args(_Part))
    values = given.given()
    what = values.pop("what", None)

    def part(name: str, chart: str) -> Any:  # noqa: ANN401 - each chart has its record
        return desk.ask(chart, **values) if what in (None, name) else None

    return Habits(
        sessions=part("sessions", "sessions"),
        streaks=part("streaks", "streaks"),
        repeats=part("repeats", "repeat"),
        milestones=part("milestones", "milestones"),
    )


TOOLS = (
    Tool(
        name="habits",
        title="Sessions, streaks, repeats and milestones",
        description=(
            "How somebody listens: sessions and when they start, streaks of days, how much is heard once more (share, "
            "most repeated tracks, runs, loops), and round numbers reached with the next anniversaries. Lists begin "
            "with the longest, most or latest; `what` asks for one part, whose `cursor` goes on."
        ),
        arguments=HabitArguments,
        record=Habits,
        answer=_answer,
        example={"range": "2024"},
        aliases={
            "history.repeat_rate": {"what": "repeats"},
            "repeats": {"what": "repeats"},
            "milestones": {"what": "milestones"},
        },
    ),
)
