"""Totals of a range."""

import numpy as np

from tonearm.insights.chart import Chart
from tonearm.insights.question import Question
from tonearm.insights.records import Totals
from tonearm.insights.view import View


def _answer(view: View, _asked: Question) -> Totals:
    lane = view.lane
    start, end = view.rows()
    counted = view.counted_rows()
    ms_played = int(lane.ms_played[start:end].sum(dtype=np.int64))
    # Label 0 stands for an unknown artist or album, which is none.
    tracks, albums, artists = (
        int(np.count_nonzero(lane.sums(item, view.rule, counted)[1:]))
        for item in ("tracks", "albums", "artists")
    )
    days = int(np.count_nonzero(lane.days(view.zone, view.rule).sums(*counted)))
    return Totals(
        covered=view.covered(),
        plays=counted[1] - counted[0],
        ms_played=ms_played,
        tracks=tracks,
        albums=albums,
        artists=artists,
        active_days=days,
        ms_per_active_day=round(ms_played / days) if days else 0,
    )


CHARTS = (
    Chart(
        name="totals",
        title="Totals",
        description=(
            "Plays, listening time, distinct tracks, albums and artists, days with a play, and the "
            "mean listening time of such a day."
        ),
        definition=(
            "Plays, distinct items and active days look at counted plays; listening time sums every "
            "play of the range. What has no artist or album known counts as none."
        ),
        drawing="numbers",
        question=Question,
        record=Totals,
        answer=_answer,
    ),
)
