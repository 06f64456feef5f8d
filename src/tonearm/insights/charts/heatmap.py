"""Plays and time by weekday and hour."""

from tonearm.insights.calendar import by_hour_of_week
from tonearm.insights.chart import Chart
from tonearm.insights.question import Question
from tonearm.insights.records import Heatmap, HeatmapCell
from tonearm.insights.view import View

_HOURS = 24


def _answer(view: View, _asked: Question) -> Heatmap:
    plays, ms_played = (by_hour_of_week(view, rule).ravel() for rule in (view.rule, None))
    return Heatmap(
        covered=view.covered(),
        items=tuple(
            HeatmapCell(index // _HOURS, index % _HOURS, *values)
            for index, values in enumerate(zip(plays.tolist(), ms_played.tolist(), strict=True))
        ),
    )


CHARTS = (
    Chart(
        name="heatmap",
        title="Hours of the week",
        description="Plays and listening time by local weekday (0 is Monday) and hour, all 168 cells.",
        definition="A play belongs to the hour that local clocks showed when it ended.",
        drawing="heatmap",
        question=Question,
        record=Heatmap,
        answer=_answer,
        line_plays="weekday={weekday}&hour={hour}",
    ),
)
