"""All selections of one listener's plays in one version."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from threading import RLock
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from tonearm.history.coverage import Coverage, Vouched
from tonearm.history.overlay import NOTHING, Overlay
from tonearm.history.publication import Versions
from tonearm.history.store import PlayColumns
from tonearm.insights.flights import Flights
from tonearm.insights.known import KnownNames
from tonearm.insights.lane import LaneColumns
from tonearm.insights.question import Item
from tonearm.insights.selection import EVERYTHING, Selection
from tonearm.insights.travel import TravelledColumns

_MOST_FILTERED = 12


class Library:
    """A listener's plays in one version: whole lanes, and the filtered ones that were asked for last."""

    def __init__(
        self,
        columns: PlayColumns,
        version: int,
        is_hidden: NDArray[np.bool_] | None = None,
        *,
        before: "Library | None" = None,
        overlay: Overlay = NOTHING,
        corrections_version: int = 0,
    ) -> None:
        """Take the columns of a version; `is_hidden` marks the plays that count only where they are asked for.

        `before` has shorter columns that these begin with: its lanes are gone on with. `overlay` is what
        the columns are corrected by.
        """
        self.columns = columns
        self._columns_bytes = columns.nbytes
        self.version = version
        self.corrections_version = corrections_version
        self.overlay = overlay
        self.names: dict[Item, KnownNames] = {item: KnownNames() for item in get_args(Item)}
        """Names that were looked up before."""
        self._is_hidden = is_hidden
        self._whole: dict[Selection, LaneColumns] = {}
        self._filtered: OrderedDict[Selection, LaneColumns] = OrderedDict()
        self._shorter: dict[Selection, LaneColumns] = {}
        self._vouched: Vouched | None = None
        self._coverage: dict[str, Coverage] = {}
        self._estimated: NDArray[np.uint32] | None = None
        self._lock = RLock()
        self._flights = Flights()
        if before is not None and self._hides_the_same(before):
            self._shorter = before.lanes()

    @property
    def versions(self) -> Versions:
        """The version of the history, and of its corrections."""
        return Versions(self.version, self.corrections_version)

    def lane(self, selection: Selection) -> LaneColumns:
        """Give the plays of a selection."""
        lane = self._whole.get(selection)
        if lane is not None:
            return lane
        kept = self._whole if selection.is_plain else self._filtered
        lane = kept.get(selection)
        if lane is None:
            with self._flights.one(selection):
                lane = kept.get(selection) or self._make(selection)
        if kept is self._filtered:
            with self._lock:
                if selection in self._filtered:
                    self._filtered.move_to_end(selection)
                while len(self._filtered) > _MOST_FILTERED:
                    self._filtered.popitem(last=False)
        return lane

    def lanes(self) -> dict[Selection, LaneColumns]:
        """Give the lanes that those of longer columns can go on with."""
        with self._lock:
            return self._shorter | self._whole | self._filtered

    def _make(self, selection: Selection) -> LaneColumns:
        # A track that has been heard before may have come to credit further artists.
        shorter = None if selection.has_credited else self._shorter.get(selection)
        # Where the listener travels, plays are not in the order of their instants.
        start = len(shorter.columns.id) if shorter and selection.home is None else 0
        if selection.names_items and not start:
            chosen: NDArray[np.bool_] | NDArray[np.int64] | None = self._rows_of(selection)
        else:
            chosen = self._mask(selection, slice(start, None))
        if selection.home is not None:
            lane: LaneColumns = TravelledColumns(self.columns, chosen, selection.home)
        else:
            lane = LaneColumns(self.columns, chosen, shorter)
        with self._lock:
            (self._whole if selection.is_plain else self._filtered)[selection] = lane
            self._shorter.pop(selection, None)
        return lane

    def _mask(
        self, selection: Selection, rows: slice | NDArray[np.int64]
    ) -> NDArray[np.bool_] | None:
        is_hidden = None if self._is_hidden is None else self._is_hidden[rows]
        return selection.mask(self.columns.at(rows), is_hidden)

    def _rows_of(self, selection: Selection) -> NDArray[np.int64]:
        """Give the plays of a selection of a few items, without a look at all the others."""
        wanted = np.flatnonzero(selection.is_wanted(self.columns))
        rows = self.lane(EVERYTHING).occurrences("tracks", None).rows_of(wanted)
        mask = self._mask(selection, rows)
        return rows if mask is None else rows[mask]

    def _hides_the_same(self, before: "Library") -> bool:
        """Whether what a shorter library has is hidden here just as there."""
        length = len(before.columns.id)
        nothing = np.zeros(length, bool)
        mine, theirs = (
            nothing if mask is None else mask[:length]
            for mask in (self._is_hidden, before._is_hidden)  # noqa: SLF001 - its own kind
        )
        return np.array_equal(mine, theirs)

    def coverage(self, zone: str, load: Callable[[], Vouched]) -> Coverage:
        """Give what the imports vouch for by the days of a zone; `load` is asked once a version."""
        found = self._coverage.get(zone)
        if found is None:
            with self._flights.one("coverage"):
                if self._vouched is None:
                    self._vouched = load()
                found = self._coverage[zone] = Coverage.of(self._vouched, zone)
        return found

    def estimated(self, load: Callable[[], NDArray[np.uint32]]) -> NDArray[np.uint32]:
        """Give the ids of the plays whose lengths are estimated, ascending; `load` is asked once a version."""
        if self._estimated is None:
            with self._flights.one("estimated"):
                if self._estimated is None:
                    self._estimated = load()
        return self._estimated

    def hidden_among(self, ids: Iterable[int], first_ms: int, last_ms: int) -> frozenset[int]:
        """Give which of some plays, that ended between two instants, count only where they are asked for."""
        if self._is_hidden is None:
            return frozenset()
        start, end = np.searchsorted(self.columns.ended_at, (first_ms, last_ms + 1)).tolist()
        marked = self.columns.id[start:end][self._is_hidden[start:end]]
        return frozenset(ids).intersection(marked.tolist())

    @property
    def nbytes(self) -> int:
        """Memory of everything made so far."""
        with self._lock:
            lanes = [*self._whole.values(), *self._filtered.values(), *self._shorter.values()]
        names = sum(known.nbytes for known in self.names.values())
        return self._columns_bytes + sum(lane.nbytes for lane in lanes) + names
