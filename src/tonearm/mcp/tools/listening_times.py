"""At which hours and on which weekdays somebody listens."""

from typing import Annotated

from msgspec import Meta

from tonearm.insights.charts.clock import Clock, ClockHour
from tonearm.insights.records import Covered, Heatmap, Record
from tonearm.mcp.arguments import Asked
from tonearm.mcp.desk import Desk
from tonearm.mcp.telling import WEEKDAYS
from tonearm.mcp.tool import Tool

_HOURS = 24


class WeekdayHours(Record, frozen=True):
    """One weekday, hour by hour."""

    weekday: Annotated[int, Meta(description="0 is Monday.")]
    plays: Annotated[int, Meta(description="Plays that the rule counts.")]
    ms_played: Annotated[int, Meta(description="Listening time, in milliseconds.")]
    plays_by_hour: Annotated[tuple[int, ...], Meta(description="Plays of the hours 0 to 23.")]
    ms_by_hour: Annotated[
        tuple[int, ...], Meta(description="Listening time of the hours 0 to 23, in milliseconds.")
    ]


class ListeningTimes(Record, frozen=True):
    """Plays and time by weekday and hour."""

    covered: Covered
    busiest: Annotated[
        str | None, Meta(description="The hour of the week with most plays, in words.")
    ]
    hours: tuple[ClockHour, ...]
    weekdays: tuple[WeekdayHours, ...]


def _answer(desk: Desk, given: Asked) -> ListeningTimes:
    heatmap: Heatmap = desk.ask("heatmap", **given.given())
    clock: Clock = desk.ask("clock", **given.given())
    days = [heatmap.items[at : at + _HOURS] for at in range(0, len(heatmap.items), _HOURS)]
    top = max(heatmap.items, key=lambda cell: (cell.plays, -cell.weekday, -cell.hour))
    return ListeningTimes(
        covered=heatmap.covered,
        busiest=f"{WEEKDAYS[top.weekday]} {top.hour}:00 to {top.hour + 1}:00, {top.plays:,} plays"
        if top.plays
        else None,
        hours=clock.items,
        weekdays=tuple(
            WeekdayHours(
                weekday=cells[0].weekday,
                plays=sum(cell.plays for cell in cells),
                ms_played=sum(cell.ms_played for cell in cells),
                plays_by_hour=tuple(cell.plays for cell in cells),
                ms_by_hour=tuple(cell.ms_played for cell in cells),
            )
            for cells in days
        ),
    )


TOOLS = (
    Tool(
        name="listening_times",
        title="Hours and weekdays",
        description=(
            "Plays and listening time by hour of the day and by weekday and hour (the heatmap of the week), by local "
            "clocks; of everything or of one artist, album or track."
        ),
        arguments=Asked,
        record=ListeningTimes,
        answer=_answer,
        example={"range": "2024"},
        aliases={"history.listening_heatmap": {}},
    ),
)
