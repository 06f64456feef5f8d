"""Plays and time by weekday and hour."""

from tonearm.insights.chart import Chart
from tonearm.insights.question import Question
from tonearm.insights.records import Heatmap, HeatmapCell
from tonearm.insights.view import View

_HOURS = 24


def _answer(view: View, _asked: Question) -> Heatmap:
    plays = view.lane.hours(view.zone, view.rule).sums(*view.counted_rows)
    ms_played = view.lane.hours(view.zone, None).sums(*view.rows)
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
