"""Plays and time by weekday and hour."""

from tonearm.insights.chart import Chart
from tonearm.insights.records import Heatmap, HeatmapCell
from tonearm.insights.view import View

_HOURS = 24


def _answer(view: View) -> Heatmap:
    zone = view.question.zone
    plays = view.lane.hours(zone, view.question.rule).sums(*view.counted_rows())
    ms_played = view.lane.hours(zone, None).sums(*view.rows())
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
        record=Heatmap,
        answer=_answer,
    ),
)
