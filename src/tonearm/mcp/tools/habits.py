"""Sessions, and days in a row."""

from typing import Annotated

from msgspec import Meta
from pydantic import Field

from tonearm.insights.charts.sessions import SessionHour, SessionsAnswer
from tonearm.insights.charts.streaks import Streak, Streaks
from tonearm.insights.records import Covered, Record, Session
from tonearm.mcp.arguments import Asked
from tonearm.mcp.desk import Desk
from tonearm.mcp.tool import Tool


class HabitArguments(Asked):
    """Which sessions and streaks."""

    limit: Annotated[int, Field(ge=1, le=50, description="Most lines of each list.")] = 5


class Habits(Record, frozen=True):
    """Sessions and streaks of a range."""

    covered: Covered
    sessions: Annotated[int, Meta(description="Sessions that start in the range.")]
    ms_mean: Annotated[int, Meta(description="Mean length of a session, in milliseconds.")]
    ms_median: Annotated[int, Meta(description="Median length of a session, in milliseconds.")]
    plays_mean: Annotated[float, Meta(description="Mean number of plays in a session.")]
    hours: tuple[SessionHour, ...]
    longest_sessions: tuple[Session, ...]
    current_streak: Streak
    longest_streaks: tuple[Streak, ...]


def _answer(desk: Desk, given: HabitArguments) -> Habits:
    sessions: SessionsAnswer = desk.ask("sessions", **given.given())
    streaks: Streaks = desk.ask("streaks", **given.given())
    return Habits(
        covered=sessions.covered,
        sessions=sessions.sessions,
        ms_mean=sessions.ms_mean,
        ms_median=sessions.ms_median,
        plays_mean=sessions.plays_mean,
        hours=sessions.hours,
        longest_sessions=sessions.longest,
        current_streak=streaks.current,
        longest_streaks=streaks.items,
    )


TOOLS = (
    Tool(
        name="habits",
        title="Sessions and streaks",
        description=(
            "Listening sessions (plays without a pause of half an hour): how many, how long, when they start, the "
            "longest; and streaks: days in a row with a play, the current one and the longest."
        ),
        arguments=HabitArguments,
        record=Habits,
        answer=_answer,
        example={"range": "2024"},
    ),
)
