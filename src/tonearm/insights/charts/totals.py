"""Totals of a range."""

import numpy as np

from tonearm.insights.chart import Chart
from tonearm.insights.records import Totals
from tonearm.insights.view import View


def _answer(view: View) -> Totals:
    lane, rule = view.lane, view.question.rule
    start, end = view.rows()
    counted = view.counted_rows()
    ms_played = int(lane.ms_played[start:end].sum(dtype=np.int64))
    # Label 0 stands for an unknown artist or album, which is none.
    distinct = {
        item: int(np.count_nonzero(lane.plays_by(item, rule).sums(*counted)[1:]))
        for item in ("tracks", "albums", "artists")
    }
    days = int(np.count_nonzero(lane.days(view.question.zone, rule).sums(*counted)))
    return Totals(
        covered=view.covered(),
        plays=counted[1] - counted[0],
        ms_played=ms_played,
        active_days=days,
        ms_per_active_day=round(ms_played / days) if days else 0,
        **distinct,
    )


CHARTS = (
    Chart(
        name="totals",
        title="Totals",
        description=(
            "Plays, listening time, distinct tracks, albums and artists, days with a play, and the "
            "mean listening time of such a day."
        ),
        record=Totals,
        answer=_answer,
    ),
)
