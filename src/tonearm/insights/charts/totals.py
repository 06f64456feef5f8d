"""Totals of a range."""

from msgspec.structs import asdict

from tonearm.insights.chart import Chart
from tonearm.insights.question import Question
from tonearm.insights.records import Totals
from tonearm.insights.totals import count_totals
from tonearm.insights.view import View


def _answer(view: View, _asked: Question) -> Totals:
    return Totals(covered=view.covered(), **asdict(count_totals(view)))


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
