"""Active days, and runs of them: for every answer that tells of streaks."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tonearm.insights.runs import runs_of
from tonearm.insights.view import View


class ActiveDays(NamedTuple):
    """The local days of a range with a counted play, and their runs."""

    days: NDArray[np.int64]
    """Counted from 1970."""
    begins: NDArray[np.int64]
    """Where in `days` each run of days in a row begins."""
    ends: NDArray[np.int64]
    """The place after its last day."""

    def longest(self, count: int) -> list[tuple[int, int]]:
        """Give the first and the last day of the longest runs, of equal ones the latest first."""
        order = np.lexsort((-self.begins, self.begins - self.ends))[:count]
        firsts, lasts = self.days[self.begins[order]], self.days[self.ends[order] - 1]
        return list(zip(firsts.tolist(), lasts.tolist(), strict=True))


def find_active_days(view: View) -> ActiveDays:
    """Find the active days in the range of a view."""
    sums = view.lane.days(view.zone, view.rule).sums(*view.counted_rows)
    days = np.flatnonzero(sums) + view.lane.day_span(view.zone)[0]
    # In a row of days, day and place grow alike.
    return ActiveDays(days, *runs_of(days - np.arange(len(days))))
