"""A listener's plays prepared for measures: lanes by kind, rules as masks, axes on demand."""

from collections.abc import Callable
from threading import RLock
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from tonearm.domain.offsets import local_days, local_ms
from tonearm.domain.vocabulary import Kind, Rule
from tonearm.history.store import KINDS, PlayColumns
from tonearm.insights.axis import Axis, Occurrences

Item = Literal["artists", "albums", "tracks"]

_HOUR_MS = 3_600_000
_HOURS_OF_WEEK = 168
_THURSDAY_H = 72  # 1970 began on a Thursday, three days into its week
_COUNTED_MS = 30_000
_Made = TypeVar("_Made", Axis, Occurrences, NDArray[np.int64], "LaneColumns")


class LaneColumns:
    """The plays of one kind, or of all, ascending by time."""

    def __init__(self, columns: PlayColumns, kind: Kind | None) -> None:
        self._lock = RLock()
        self._made: dict[tuple[object, ...], Any] = {}
        self._catalogue = columns
        rows: slice | NDArray[np.bool_] = slice(None)
        if kind is not None:
            mask = columns.track_kind[columns.track] == KINDS.index(kind)
            rows = slice(None) if mask.all() else mask
        self.ended_at = columns.ended_at[rows]
        self.ms_played = columns.ms_played[rows]
        self.track = columns.track[rows]
        self._is_done = columns.is_done[rows]
        self.is_undecided = columns.is_undecided[rows]

    @property
    def nbytes(self) -> int:
        """Memory of what was made on demand, and of the lane's own columns."""
        made = sum(value.nbytes for value in self._made.values())
        return int(made) + int(self.ended_at.nbytes + self.ms_played.nbytes + self.track.nbytes)

    def rows_between(self, start_ms: int | None, end_ms: int | None) -> tuple[int, int]:
        """Give the rows that ended from `start_ms` to before `end_ms`."""
        return _between(self.ended_at, start_ms, end_ms)

    def counted_between(
        self, rule: Rule, start_ms: int | None, end_ms: int | None
    ) -> tuple[int, int]:
        """Do the same among the plays that a rule counts."""
        return _between(self.counted_ended_at(rule), start_ms, end_ms)

    def counted(self, rule: Rule) -> NDArray[np.int64]:
        """Give the rows that a rule counts."""
        return self._once(("counted", rule), lambda: np.flatnonzero(self._is_counted(rule)))

    def counted_ended_at(self, rule: Rule) -> NDArray[np.int64]:
        """Give the instants of the plays that a rule counts."""
        return self._once(("counted at", rule), lambda: self.ended_at[self.counted(rule)])

    def plays_by(self, item: Item, rule: Rule) -> Axis:
        """Count plays by the ids of an item."""
        return self._once(
            ("plays", item, rule), lambda: Axis(self._labels(item, rule), self._size(item))
        )

    def time_by(self, item: Item) -> Axis:
        """Sum listening time by the ids of an item."""
        return self._once(
            ("time", item), lambda: Axis(self._labels(item), self._size(item), self.ms_played)
        )

    def occurrences(self, item: Item, rule: Rule) -> Occurrences:
        """Index the counted plays by the ids of an item."""
        return self._once(
            ("where", item, rule),
            lambda: Occurrences(self.plays_by(item, rule).labels, self._size(item)),
        )

    def hours(self, zone: str, rule: Rule | None) -> Axis:
        """Count plays by local hour of the week, or sum their time where no rule is given."""

        def make() -> Axis:
            hours = local_ms(self._instants(rule), zone) // _HOUR_MS
            labels = ((hours + _THURSDAY_H) % _HOURS_OF_WEEK).astype(np.uint8)
            return Axis(labels, _HOURS_OF_WEEK, None if rule else self.ms_played)

        return self._once(("hours", zone, rule), make)

    def days(self, zone: str, rule: Rule | None) -> Axis:
        """Count plays by local day since `first_day`, or sum their time where no rule is given."""

        def make() -> Axis:
            days = local_days(self._instants(rule), zone)
            first, size = self.day_span(zone)
            return Axis((days - first).astype(np.int32), size, None if rule else self.ms_played)

        return self._once(("days", zone, rule), make)

    def day_span(self, zone: str) -> tuple[int, int]:
        """Give the first local day with a play, counted from 1970, and the number of days from then on."""
        if not len(self.ended_at):
            return 0, 0
        first, last = (
            int(local_days(self.ended_at[edge], zone)[0]) for edge in (slice(1), slice(-1, None))
        )
        return first, last - first + 1

    def _instants(self, rule: Rule | None) -> NDArray[np.int64]:
        return self.ended_at if rule is None else self.counted_ended_at(rule)

    def _labels(self, item: Item, rule: Rule | None = None) -> NDArray[np.int32]:
        track = self.track if rule is None else self.track[self.counted(rule)]
        if item == "tracks":
            return track
        owner = self._catalogue.track_artist if item == "artists" else self._catalogue.track_album
        return owner[track]

    def _size(self, item: Item) -> int:
        if item == "tracks":
            return len(self._catalogue.track_artist)
        owner = self._catalogue.track_artist if item == "artists" else self._catalogue.track_album
        return int(owner.max(initial=0)) + 1

    def _is_counted(self, rule: Rule) -> NDArray[np.bool_]:
        mask: NDArray[np.bool_]
        if rule is Rule.ANY:
            mask = self.ms_played > 0
        elif rule is Rule.DONE:
            # Exports know no durations: only a track played to its end is known to be done.
            mask = self._is_done
        else:
            # `half` falls back to `30s` where the duration is unknown, as it is with exports alone.
            mask = (self.ms_played >= _COUNTED_MS) | (self._is_done & (self.ms_played > 0))
        return mask

    def _once(self, key: tuple[object, ...], make: Callable[[], _Made]) -> _Made:
        with self._lock:
            if key not in self._made:
                self._made[key] = make()
            made: _Made = self._made[key]
            return made


class Library:
    """All lanes of one listener in one version."""

    def __init__(self, columns: PlayColumns, version: int) -> None:
        self.columns = columns
        self.version = version
        self._lanes: dict[str, LaneColumns] = {}
        self._lock = RLock()

    def lane(self, kind: str) -> LaneColumns:
        """Give the plays of a kind, or of `all`."""
        with self._lock:
            if kind not in self._lanes:
                self._lanes[kind] = LaneColumns(self.columns, None if kind == "all" else Kind(kind))
            return self._lanes[kind]

    @property
    def nbytes(self) -> int:
        """Memory of everything made so far."""
        return self.columns.nbytes + sum(lane.nbytes for lane in self._lanes.values())


def _between(
    instants: NDArray[np.int64], start_ms: int | None, end_ms: int | None
) -> tuple[int, int]:
    start = 0 if start_ms is None else int(np.searchsorted(instants, start_ms))
    end = len(instants) if end_ms is None else int(np.searchsorted(instants, end_ms))
    return start, end
