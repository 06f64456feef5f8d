"""The plays of one selection as columns, with what measures need of them made on demand."""

from collections.abc import Callable
from threading import RLock
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from tonearm.domain.instants import to_ms
from tonearm.domain.offsets import local_days, local_ms
from tonearm.domain.periods import Period, find_zone
from tonearm.domain.vocabulary import Rule
from tonearm.history.store import PlayColumns
from tonearm.insights.axis import Axis, Occurrences
from tonearm.insights.question import Item

_HOUR_MS = 3_600_000
_HOURS_OF_WEEK = 168
_THURSDAY_H = 72  # 1970 began on a Thursday, three days into its week
_COUNTED_MS = 30_000
_Made = TypeVar("_Made")


class LaneColumns:
    """The plays of a selection, ascending by time."""

    def __init__(
        self, columns: PlayColumns, mask: NDArray[np.bool_] | NDArray[np.int64] | None
    ) -> None:
        """Take the plays that a mask marks, or rows name; all of them without one."""
        self._lock = RLock()
        self._made: dict[tuple[object, ...], Any] = {}
        self.columns = columns
        rows = slice(None) if mask is None else mask
        self.is_whole = mask is None
        self.id = columns.id[rows]
        self.ended_at = columns.ended_at[rows]
        self.started_at = columns.started_at[rows]
        self.ms_played = columns.ms_played[rows]
        self.track = columns.track[rows]
        self.context = columns.context[rows]

    @property
    def nbytes(self) -> int:
        """Memory of what was made on demand, and of the lane's own columns."""
        with self._lock:
            made = sum(_size_of(value) for value in self._made.values())
        if self.is_whole:  # the columns are those of the store
            return made
        own = (self.id, self.ended_at, self.started_at, self.ms_played, self.track, self.context)
        return made + sum(int(column.nbytes) for column in own)

    def rows(self, period: Period, zone: str) -> tuple[int, int]:
        """Give the plays of a period: the first row and the one after the last."""
        return _between(self.ended_at, *edges_ms(period, zone))

    def counted_rows(self, rule: Rule, period: Period, zone: str) -> tuple[int, int]:
        """Do the same among the plays that a rule counts."""
        return _between(self.counted_ended_at(rule), *edges_ms(period, zone))

    def counted(self, rule: Rule) -> NDArray[np.int64]:
        """Give the rows that a rule counts."""
        return self.once(("counted", rule), lambda: np.flatnonzero(self.is_counted(rule)))

    def counted_ended_at(self, rule: Rule) -> NDArray[np.int64]:
        """Give the instants of the plays that a rule counts."""
        return self.once(("counted at", rule), lambda: self.ended_at[self.counted(rule)])

    def is_counted(self, rule: Rule) -> NDArray[np.bool_]:
        """Mark the plays that a rule counts."""
        mask: NDArray[np.bool_] = self.ms_played > 0
        if rule is Rule.ANY:
            return mask
        is_done = self.columns.is_context("reason_end", "trackdone")[self.context]
        if rule is Rule.DONE:
            # Exports know no durations: only a track played to its end is known to be done.
            return is_done
        # `half` falls back to `30s` where the duration is unknown, as it is with exports alone.
        return (self.ms_played >= _COUNTED_MS) | (is_done & mask)

    def is_undecided(self) -> NDArray[np.bool_]:
        """Mark the plays of which nothing tells how they ended."""
        unknown = self.columns.context_reason_end == 0
        return self.once(("undecided",), lambda: unknown[self.context])

    def labels(self, item: Item, rule: Rule | None = None) -> NDArray[np.int32]:
        """Give the item of each play, or of each play that a rule counts; 0 is unknown."""
        track = self.track if rule is None else self.track[self.counted(rule)]
        if item == "tracks":
            return track
        owner = self.columns.track_artist if item == "artists" else self.columns.track_album
        return owner[track]

    def size(self, item: Item) -> int:
        """Give the number after the largest of an item's ids."""
        if item == "tracks":
            return len(self.columns.track_artist)
        owner = self.columns.track_artist if item == "artists" else self.columns.track_album
        return int(owner.max(initial=0)) + 1

    def plays_by(self, item: Item, rule: Rule) -> Axis:
        """Count plays by the ids of an item."""
        return self.once(
            ("plays", item, rule), lambda: Axis(self.labels(item, rule), self.size(item))
        )

    def time_by(self, item: Item) -> Axis:
        """Sum listening time by the ids of an item."""
        return self.once(
            ("time", item), lambda: Axis(self.labels(item), self.size(item), self.ms_played)
        )

    def sums(self, item: Item, rule: Rule | None, rows: tuple[int, int]) -> NDArray[np.int64]:
        """Count an item's plays over rows among those a rule counts, or sum its time over rows where no rule is given.

        The tracks are summed, and what they belong to from them, so that several items cost as much as one.
        """
        axis = self.time_by("tracks") if rule is None else self.plays_by("tracks", rule)
        by_track = axis.sums(*rows)
        if item == "tracks":
            return by_track
        owner = self.columns.track_artist if item == "artists" else self.columns.track_album
        # Sums of milliseconds stay far below 2**53, where doubles are exact.
        return np.bincount(owner, by_track, minlength=self.size(item)).astype(np.int64)

    def occurrences(self, item: Item, rule: Rule) -> Occurrences:
        """Index the counted plays by the ids of an item."""
        return self.once(
            ("where", item, rule),
            lambda: Occurrences(self.labels(item, rule), self.size(item)),
        )

    def hours(self, zone: str, rule: Rule | None) -> Axis:
        """Count plays by local hour of the week, or sum their time where no rule is given."""

        def make() -> Axis:
            hours = self.wall(zone)[self.chosen(rule)] // _HOUR_MS
            labels = ((hours + _THURSDAY_H) % _HOURS_OF_WEEK).astype(np.uint8)
            return Axis(labels, _HOURS_OF_WEEK, None if rule else self.ms_played)

        return self.once(("hours", zone, rule), make)

    def days(self, zone: str, rule: Rule | None) -> Axis:
        """Count plays by local day since the first of `day_span`, or sum their time where no rule is given."""

        def make() -> Axis:
            first, size = self.day_span(zone)
            labels = (self.local_days(zone)[self.chosen(rule)] - first).astype(np.int32)
            return Axis(labels, size, None if rule else self.ms_played)

        return self.once(("days", zone, rule), make)

    def day_span(self, zone: str) -> tuple[int, int]:
        """Give the first local day with a play, counted from 1970, and the number of days from then on."""
        if not len(self.ended_at):
            return 0, 0
        first, last = self.local_days_of(zone, 0, len(self.ended_at))
        return first, last - first + 1

    def wall(self, zone: str) -> NDArray[np.int64]:
        """Give what local clocks showed at the end of each play, in milliseconds since 1970; not kept."""
        return local_ms(self.ended_at, zone)

    def local_days(self, zone: str) -> NDArray[np.int64]:
        """Give the local day of each play, counted from 1970; not kept."""
        return local_days(self.ended_at, zone)

    def local_days_of(self, zone: str, start: int, end: int) -> tuple[int, int]:
        """Give the local days of the first and the last play among rows `start` to before `end`."""
        first, last = (
            int(local_days(self.ended_at[edge : edge + 1], zone)[0]) for edge in (start, end - 1)
        )
        return first, last

    def first_and_last_at(self, start: int, end: int) -> tuple[int, int]:
        """Give the earliest and the latest instant among rows `start` to before `end`, of which there are some."""
        return int(self.ended_at[start]), int(self.ended_at[end - 1])

    def chosen(self, rule: Rule | None) -> NDArray[np.int64] | slice:
        """Give the rows that a rule counts; all of them without one."""
        return slice(None) if rule is None else self.counted(rule)

    def once(self, key: tuple[object, ...], make: Callable[[], _Made]) -> _Made:
        """Make something the first time it is asked for, and keep it as long as the lane.

        It has to have `nbytes`, or be a tuple or dataclass of such things, so that it counts towards the memory limit.
        """
        with self._lock:
            if key not in self._made:
                self._made[key] = make()
            made: _Made = self._made[key]
            return made


def edges_ms(period: Period, zone: str) -> tuple[int | None, int | None]:
    """Give a period's first instant and the first after it in Unix milliseconds; None where it is open."""
    first, end = period.bounds(find_zone(zone))
    return (None if first is None else to_ms(first)), (None if end is None else to_ms(end))


def _size_of(value: Any) -> int:  # noqa: ANN401 - whatever measures keep
    if isinstance(value, tuple):
        return sum(map(_size_of, value))
    return int(getattr(value, "nbytes", 0))


def _between(
    instants: NDArray[np.int64], start_ms: int | None, end_ms: int | None
) -> tuple[int, int]:
    start = 0 if start_ms is None else int(np.searchsorted(instants, start_ms))
    end = len(instants) if end_ms is None else int(np.searchsorted(instants, end_ms))
    return start, end
