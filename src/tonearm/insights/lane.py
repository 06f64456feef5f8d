"""The plays of one selection as columns, with what measures need of them made on demand."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import lru_cache
from threading import Lock
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from tonearm.domain.instants import to_ms
from tonearm.domain.offsets import local_days, local_ms
from tonearm.domain.periods import Period, find_zone
from tonearm.domain.vocabulary import Rule
from tonearm.history.growing import Growing
from tonearm.history.store import PLAY_COLUMNS, PlayColumns
from tonearm.insights.axis import Axis, CreditedOccurrences, Occurrences, OwnerSums
from tonearm.insights.flights import Flights
from tonearm.insights.question import Grouping, Item

_HOUR_MS = 3_600_000
_HOURS_OF_WEEK = 168
_THURSDAY_H = 72  # 1970 began on a Thursday, three days into its week
_COUNTED_MS = 30_000
_Key = tuple[object, ...]
_Made = TypeVar("_Made")
_Value = TypeVar("_Value", bound=np.generic)


class LaneColumns:
    """The plays of a selection, ascending by time."""

    def __init__(
        self,
        columns: PlayColumns,
        mask: NDArray[np.bool_] | NDArray[np.int64] | None,
        shorter: "LaneColumns | None" = None,
    ) -> None:
        """Take the plays that a mask marks, or rows name; all of them without one.

        `shorter` is the same selection of columns that these begin with: then the mask speaks of the plays behind
        those, and what was made with it is made longer where that can be.
        """
        self._lock = Lock()
        self._flights = Flights()
        self._made: dict[_Key, tuple[Any, int]] = {}
        self._can_grow: set[_Key] = set()
        self._shorter = {} if shorter is None else shorter.growing()
        self.columns = columns
        self._own = _own_columns(columns, mask, shorter)
        self.is_whole = not self._own
        column = {name: part.values for name, part in self._own.items()}
        self.id: NDArray[np.uint32] = column.get("id", columns.id)
        self.ended_at: NDArray[np.int64] = column.get("ended_at", columns.ended_at)
        self.started_at: NDArray[np.int64] = column.get("started_at", columns.started_at)
        self.ms_played: NDArray[np.int32] = column.get("ms_played", columns.ms_played)
        self.track: NDArray[np.int32] = column.get("track", columns.track)
        self.context: NDArray[np.int32] = column.get("context", columns.context)

    def own(self, name: str) -> Growing[Any]:
        """Give a column to go on with."""
        return self._own.get(name) or Growing.joined([getattr(self, name)])

    @property
    def nbytes(self) -> int:
        """Memory of what was made on demand, and of the lane's own columns; none where they are those of the store."""
        with self._lock:
            made = sum(size for _, size in self._made.values())
            made += sum(size for _, size, _ in self._shorter.values())
        return made + sum(column.nbytes for column in self._own.values())

    def rows(self, period: Period, zone: str) -> tuple[int, int]:
        """Give the plays of a period: the first row and the one after the last."""
        return _between(self.ended_at, *edges_ms(period, zone))

    def counted_rows(self, rule: Rule, period: Period, zone: str) -> tuple[int, int]:
        """Do the same among the plays that a rule counts."""
        return _between(self.counted_ended_at(rule), *edges_ms(period, zone))

    def counted(self, rule: Rule) -> NDArray[np.int64]:
        """Give the rows that a rule counts."""
        return self.column(
            ("counted", rule),
            lambda start: np.flatnonzero(self.is_counted(rule, start)) + start,
        )

    def counted_ended_at(self, rule: Rule) -> NDArray[np.int64]:
        """Give the instants of the plays that a rule counts."""
        return self.column(
            ("counted at", rule), lambda start: self.ended_at[self._chosen(rule, start)]
        )

    def is_counted(self, rule: Rule, start: int = 0) -> NDArray[np.bool_]:
        """Mark the plays that a rule counts, of those from row `start` on."""
        ms_played = self.ms_played[start:]
        mask: NDArray[np.bool_] = ms_played > 0
        if rule is Rule.ANY:
            return mask
        is_done = self.columns.is_context("reason_end", "trackdone")[self.context[start:]]
        if rule is Rule.DONE:
            # Exports know no durations: only a track played to its end is known to be done.
            return is_done
        # `half` falls back to `30s` where the duration is unknown, as it is with exports alone.
        return (ms_played >= _COUNTED_MS) | (is_done & mask)

    def is_undecided(self) -> NDArray[np.bool_]:
        """Mark the plays of which nothing tells how they ended."""
        unknown = self.columns.context_reason_end == 0
        return self.column(("undecided",), lambda start: unknown[self.context[start:]])

    def labels(self, item: Item, rule: Rule | None = None, start: int = 0) -> NDArray[np.int32]:
        """Give the item of each play, or of each play that a rule counts, from row `start` on; 0 is unknown."""
        track = self.track[self._chosen(rule, start)]
        if item == "tracks":
            return track
        owner = self.columns.track_artist if item == "artists" else self.columns.track_album
        return owner[track]

    @property
    def further(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Tracks, ascending, and whom they credit beside their own artist."""
        return self.once(("further",), self.columns.further_artists)

    def credited(self, rule: Rule | None) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Give rows, among those that a rule counts, ascending, and who is credited at each beside its own artist."""

        def make() -> tuple[NDArray[np.int32], NDArray[np.int32]]:
            tracks, artists = self.further
            played = self.labels("tracks", rule)
            counts = np.bincount(tracks, minlength=self.size("tracks"))
            rows = np.flatnonzero(counts[played])
            each = counts[played[rows]]
            begins = np.searchsorted(tracks, played[rows])
            # Of every row the places of its artists, one after another.
            places = np.arange(each.sum()) + np.repeat(begins - np.cumsum(each) + each, each)
            return np.repeat(rows, each).astype(np.int32), artists[places]

        return self.once(("credited", rule), make)

    def size(self, item: Grouping) -> int:
        """Give the number after the largest of an item's ids; of artists also where a track is not their own."""
        if item == "tracks":
            return len(self.columns.track_artist)
        if item == "albums":
            return self.once(
                ("size", item), lambda: int(self.columns.track_album.max(initial=0)) + 1
            )
        owners = self.columns.track_artist, self.columns.credit_artist
        return self.once(
            ("size", "artists"), lambda: max(int(owner.max(initial=0)) for owner in owners) + 1
        )

    def plays_by(self, item: Item, rule: Rule) -> Axis:
        """Count plays by the ids of an item."""
        labels = self.column(("labels", item, rule), lambda start: self.labels(item, rule, start))
        return self._axis(("plays", item, rule), labels, self.size(item))

    def time_by(self, item: Item) -> Axis:
        """Sum listening time by the ids of an item."""
        labels = self.track
        if item != "tracks":
            labels = self.column(("labels", item), lambda start: self.labels(item, start=start))
        return self._axis(("time", item), labels, self.size(item), self.ms_played)

    def sums(self, item: Grouping, rule: Rule | None, rows: tuple[int, int]) -> NDArray[np.int64]:
        """Count an item's plays over rows among those a rule counts, or sum its time over rows where no rule is given.

        The tracks are summed, and what they belong to from them, so that several items cost as much as one.
        """
        axis = self.time_by("tracks") if rule is None else self.plays_by("tracks", rule)
        if item == "tracks":
            return axis.sums(*rows)
        owner = self.columns.track_album if item == "albums" else self.columns.track_artist
        further = self.further if item == "credited" else None
        owners = self.once(
            ("sums", item, rule), lambda: OwnerSums(axis, owner, self.size(item), further)
        )
        return owners.sums(*rows)

    def occurrences(self, item: Item, rule: Rule | None) -> Occurrences:
        """Index the counted plays, or all of them where no rule is given, by the ids of an item."""
        size = self.size(item)
        return self.once(
            ("where", item, rule),
            lambda: Occurrences(self.labels(item, rule), size),
            lambda shorter, start: Occurrences(
                self.labels(item, rule, start), size, shorter=shorter
            ),
        )

    def where(self, item: Grouping, rule: Rule | None) -> Occurrences | CreditedOccurrences:
        """Do the same, or index them by every artist that they credit."""
        if item != "credited":
            return self.occurrences(item, rule)
        return self.once(
            ("where", item, rule),
            lambda: CreditedOccurrences(
                self.occurrences("artists", rule), *self.credited(rule), self.size(item)
            ),
        )

    def hours(self, zone: str, rule: Rule | None) -> Axis:
        """Count plays by local hour of the week, or sum their time where no rule is given."""

        def part(start: int) -> NDArray[np.uint8]:
            hours = self._of_chosen(self.wall(zone, start), rule, start) // _HOUR_MS
            return ((hours + _THURSDAY_H) % _HOURS_OF_WEEK).astype(np.uint8)

        labels = self.column(("hour", zone, rule), part)
        weights = None if rule else self.ms_played
        return self._axis(("hours", zone, rule), labels, _HOURS_OF_WEEK, weights)

    def days(self, zone: str, rule: Rule | None) -> Axis:
        """Count plays by local day since the first of `day_span`, or sum their time where no rule is given."""
        first, size = self.day_span(zone)

        def part(start: int) -> NDArray[np.int32]:
            days = self._of_chosen(self.local_days(zone, start), rule, start)
            return (days - first).astype(np.int32)

        labels = self.column(("day", zone, rule), part)
        return self._axis(("days", zone, rule), labels, size, None if rule else self.ms_played)

    def day_span(self, zone: str) -> tuple[int, int]:
        """Give the first local day with a play, counted from 1970, and the number of days from then on."""
        if not len(self.ended_at):
            return 0, 0
        first, last = self.once(
            ("day span", zone), lambda: self.local_days_of(zone, 0, len(self.ended_at))
        )
        return first, last - first + 1

    def wall(self, zone: str, start: int = 0) -> NDArray[np.int64]:
        """Give what local clocks showed at the end of each play from row `start` on, in ms since 1970; not kept."""
        return local_ms(self.ended_at[start:], zone)

    def local_days(self, zone: str, start: int = 0) -> NDArray[np.int64]:
        """Give the local day of each play from row `start` on, counted from 1970; not kept."""
        return local_days(self.ended_at[start:], zone)

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

    def _chosen(self, rule: Rule | None, start: int) -> NDArray[np.int64] | slice:
        """Do the same for the rows from `start` on."""
        if rule is None:
            return slice(start, None)
        counted = self.counted(rule)
        return counted[np.searchsorted(counted, start) :] if start else counted

    def _of_chosen(
        self, column: NDArray[np.int64], rule: Rule | None, start: int
    ) -> NDArray[np.int64]:
        """Choose from a column that begins with row `start`."""
        rows = self._chosen(rule, start)
        return column if isinstance(rows, slice) else column[rows - start]

    def _axis(
        self,
        key: _Key,
        labels: NDArray[np.integer],
        size: int,
        weights: NDArray[np.int32] | None = None,
    ) -> Axis:
        return self.once(
            key,
            lambda: Axis(labels, size, weights),
            lambda shorter, _: Axis(labels, size, weights, shorter=shorter),
        )

    def column(self, key: _Key, part: Callable[[int], NDArray[_Value]]) -> NDArray[_Value]:
        """Keep a column; `part` gives what it holds of the lane's rows from some row on, whatever came before."""
        kept: Growing[_Value] = self.once(
            key,
            lambda: Growing.joined([part(0)]),
            lambda shorter, start: shorter.grown(part(start)),
        )
        return kept.values

    def once(
        self,
        key: _Key,
        make: Callable[[], _Made],
        grow: Callable[[_Made, int], _Made] | None = None,
    ) -> _Made:
        """Make something the first time it is asked for, and keep it as long as the lane.

        It has to have `nbytes`, or be a tuple or dataclass of such things, so that it counts towards the memory limit.
        `grow` makes it from what a shorter lane had, given with the number of that lane's rows.
        """
        found = self._made.get(key)
        if found is None:
            with self._flights.one(key):
                found = self._made.get(key) or self._make(key, make, grow)
        made: _Made = found[0]
        return made

    def _make(
        self, key: _Key, make: Callable[[], Any], grow: Callable[[Any, int], Any] | None
    ) -> tuple[Any, int]:
        shorter = None if grow is None else self._shorter.get(key)
        made = make() if grow is None or shorter is None else grow(shorter[0], shorter[2])
        kept = made, _size_of(made)
        with self._lock:
            self._made[key] = kept
            self._shorter.pop(key, None)
            if grow is not None:
                self._can_grow.add(key)
        return kept

    def growing(self) -> dict[_Key, tuple[Any, int, int]]:
        """Give what a longer lane can go on with: each with its size, and the rows of the lane that made it."""
        rows = len(self.id)
        with self._lock:
            made = {key: (*self._made[key], rows) for key in self._can_grow} if rows else {}
            return self._shorter | made


def _own_columns(
    columns: PlayColumns,
    mask: NDArray[np.bool_] | NDArray[np.int64] | None,
    shorter: LaneColumns | None,
) -> dict[str, Growing[Any]]:
    """Give the columns of a lane; none where they are those of the store."""
    if mask is None and (shorter is None or shorter.is_whole):
        return {}
    start = 0 if shorter is None else len(shorter.columns.id)
    if mask is None:
        rows = np.arange(len(columns.id) - start)
    else:
        rows = np.flatnonzero(mask) if mask.dtype == bool else mask.astype(np.int64)
    own: dict[str, Growing[Any]] = {}
    for name in PLAY_COLUMNS:
        column = getattr(columns, name)[start:]
        if shorter is None:
            own[name] = Growing.taken(column, rows)
        else:
            own[name] = shorter.own(name).grown(column[rows])
    return own


@lru_cache(maxsize=256)
def edges_ms(period: Period, zone: str) -> tuple[int | None, int | None]:
    """Give a period's first instant and the first after it in Unix milliseconds; None where it is open."""
    first, end = period.bounds(find_zone(zone))
    return (None if first is None else to_ms(first)), (None if end is None else to_ms(end))


def _size_of(value: Any) -> int:  # noqa: ANN401 - whatever measures keep
    if isinstance(value, tuple):
        return sum(map(_size_of, value))
    if not hasattr(value, "nbytes") and is_dataclass(value):
        return sum(_size_of(getattr(value, part.name)) for part in fields(value))
    return int(getattr(value, "nbytes", 0))


def _between(
    instants: NDArray[np.int64], start_ms: int | None, end_ms: int | None
) -> tuple[int, int]:
    start = 0 if start_ms is None else int(np.searchsorted(instants, start_ms))
    end = len(instants) if end_ms is None else int(np.searchsorted(instants, end_ms))
    return start, end
