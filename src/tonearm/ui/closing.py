"""What would close the gaps of a range, in a line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from tonearm.insights.charts.completeness import CoverageGap
from tonearm.speech import from_below
from tonearm.ui import formats

_WORTH_SAYING = 1
"""Days of a gap from which the overview speaks of it; completeness tells of all."""
_JUST_NOW = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Closing:
    """What is missing, and what would close it."""

    missing: str
    """The days of the one gap, or the years of several."""
    remedy: str
    is_open: bool
    """Whether it goes on: more is missing with every day."""


def closing(gaps: Sequence[CoverageGap], zone: str, today: date) -> Closing | None:
    """Tell what is missing by the gaps of a range; None where nothing to speak of is."""
    told_of = [gap for gap in gaps if gap.days >= _WORTH_SAYING]
    spans = [
        span
        for gap in told_of
        if (span := formats.local_days(gap.from_at, gap.to_at, zone)) is not None
    ]
    if not spans:
        return None
    longest = max(told_of, key=lambda gap: gap.days)
    missing = formats.span(*spans[0]) if len(spans) == 1 else _years(spans)
    return Closing(missing, from_below(longest.remedy), spans[-1][1] >= today - _JUST_NOW)


def _years(spans: Sequence[tuple[date, date]]) -> str:
    """Spell the years that spans touch, those in a row by their ends."""
    years = sorted({year for first, last in spans for year in range(first.year, last.year + 1)})
    runs = [
        [year for _place, year in run]
        for _key, run in groupby(enumerate(years), lambda pair: pair[1] - pair[0])
    ]
    return ", ".join(
        str(run[0]) if len(run) == 1 else f"{run[0]}{formats.TO}{run[-1]}" for run in runs
    )
