"""All selections of one listener's plays in one version."""

from collections import OrderedDict
from threading import RLock

import numpy as np
from numpy.typing import NDArray

from tonearm.history.store import PlayColumns
from tonearm.insights.lane import LaneColumns
from tonearm.insights.selection import Selection
from tonearm.insights.travel import TravelledColumns

_MOST_FILTERED = 12


class Library:
    """A listener's plays in one version: whole lanes, and the filtered ones that were asked for last."""

    def __init__(
        self, columns: PlayColumns, version: int, is_hidden: NDArray[np.bool_] | None = None
    ) -> None:
        """Take the columns of a version; `is_hidden` marks the plays that count only where they are asked for."""
        self.columns = columns
        self.version = version
        self._is_hidden = is_hidden
        self._whole: dict[Selection, LaneColumns] = {}
        self._filtered: OrderedDict[Selection, LaneColumns] = OrderedDict()
        self._lock = RLock()

    def lane(self, selection: Selection) -> LaneColumns:
        """Give the plays of a selection."""
        kept = self._whole if selection.is_plain else self._filtered
        with self._lock:
            lane = kept.get(selection)
            if lane is None:
                mask = selection.mask(self.columns, self._is_hidden)
                lane = kept[selection] = _columns_of(self.columns, mask, selection.home)
            if kept is self._filtered:
                self._filtered.move_to_end(selection)
                while len(self._filtered) > _MOST_FILTERED:
                    self._filtered.popitem(last=False)
            return lane

    @property
    def nbytes(self) -> int:
        """Memory of everything made so far."""
        with self._lock:
            lanes = [*self._whole.values(), *self._filtered.values()]
        return self.columns.nbytes + sum(lane.nbytes for lane in lanes)


def _columns_of(
    columns: PlayColumns, mask: NDArray[np.bool_] | None, home: str | None
) -> LaneColumns:
    return LaneColumns(columns, mask) if home is None else TravelledColumns(columns, mask, home)
