"""The plays of a listener who travels: each by the clock of the country it was played in."""

import numpy as np
from numpy.typing import NDArray

from tonearm.domain.countries import zone_of_country
from tonearm.domain.offsets import local_days, local_ms
from tonearm.domain.periods import Period
from tonearm.domain.vocabulary import Rule
from tonearm.history.store import PlayColumns
from tonearm.insights.lane import LaneColumns

_EPOCH_ORDINAL = 719_163  # of 1 January 1970


class TravelledColumns(LaneColumns):
    """The plays of a selection, ascending by local day and clock.

    A range of local days has to be a run of rows, and whoever flies around the world has days that overlap.
    """

    def __init__(
        self,
        columns: PlayColumns,
        chosen: NDArray[np.bool_] | NDArray[np.int64] | None,
        home: str,
    ) -> None:
        """Take the plays that a mask marks, or rows name, for a listener at home in a zone."""
        rows = np.arange(len(columns.ended_at))
        rows = rows if chosen is None else rows[chosen]
        days, wall = _local(columns, rows, home)
        order = np.lexsort((rows, wall, days))
        super().__init__(columns, rows[order])
        self._days, self._wall = days[order], wall[order]

    def rows(self, period: Period, zone: str) -> tuple[int, int]:
        """Give the plays of a period; their own clocks decide, not the zone."""
        del zone
        return _between(self._days, period)

    def counted_rows(self, rule: Rule, period: Period, zone: str) -> tuple[int, int]:
        """Do the same among the plays that a rule counts."""
        del zone
        days = self.once(("counted days", rule), lambda: self._days[self.counted(rule)])
        return _between(days, period)

    def wall(self, zone: str, start: int = 0) -> NDArray[np.int64]:
        """Give what local clocks showed at the end of each play from row `start` on."""
        del zone
        return self._wall[start:]

    def local_days(self, zone: str, start: int = 0) -> NDArray[np.int64]:
        """Give the local day of each play from row `start` on."""
        del zone
        return self._days[start:]

    def local_days_of(self, zone: str, start: int, end: int) -> tuple[int, int]:
        """Give the local days of the first and the last play among rows `start` to before `end`."""
        del zone
        return int(self._days[start]), int(self._days[end - 1])

    def first_and_last_at(self, start: int, end: int) -> tuple[int, int]:
        """Give the earliest and the latest instant among rows `start` to before `end`, of which there are some."""
        instants = self.ended_at[start:end]
        return int(instants.min()), int(instants.max())


def _local(
    columns: PlayColumns, rows: NDArray[np.int64], home: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give local day and clock of each row, by the zone of its country; home where that is unknown."""
    words = columns.words
    zones = [zone_of_country(word, home) if word else home for word in words]
    numbers = {zone: number for number, zone in enumerate(dict.fromkeys(zones))}
    zone_of_word = np.array([numbers[zone] for zone in zones])
    zone_of_row = zone_of_word[columns.context_country[columns.context[rows]]]
    days, wall = np.empty(len(rows), np.int64), np.empty(len(rows), np.int64)
    for zone, number in numbers.items():
        own = np.flatnonzero(zone_of_row == number)
        instants = columns.ended_at[rows[own]]
        days[own], wall[own] = local_days(instants, zone), local_ms(instants, zone)
    return days, wall


def _between(days: NDArray[np.int64], period: Period) -> tuple[int, int]:
    first, end = (
        None if day is None else day.toordinal() - _EPOCH_ORDINAL
        for day in (period.first, period.end)
    )
    start = 0 if first is None else int(np.searchsorted(days, first))
    stop = len(days) if end is None else int(np.searchsorted(days, end))
    return start, stop
