"""Who leads in a range: the one order of all rankings."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tonearm.domain.text import normalise
from tonearm.domain.vocabulary import RankBy
from tonearm.insights.leaders import foremost, most
from tonearm.insights.question import Item
from tonearm.insights.view import Named, View

NEVER = 1 << 62
_FEW = 64


class Standings:
    """Plays and time of every item in a range, and what it takes to order them."""

    def __init__(self, view: View, item: Item, by: RankBy) -> None:
        """Sum up the range of a view."""
        rule = view.rule
        self._view, self._item = view, item
        self._rows = view.counted_rows
        grouping = view.grouping(item)
        self._where = view.lane.where(grouping, rule)
        self._ended_at = view.lane.counted_ended_at(rule)
        self.plays = view.lane.sums(grouping, rule, self._rows).copy()
        self.ms_played = view.lane.sums(grouping, None, view.rows).copy()
        self.weight = self.plays if by is RankBy.PLAYS else self.ms_played
        self.whole = int(self.weight.sum())
        if grouping == "credited":  # where one play may be several artists'
            rows = (rule, self._rows) if by is RankBy.PLAYS else (None, view.rows)
            self.whole = int(view.lane.sums("tracks", *rows).sum())
        """All plays, or all listening time, of the range, also of what has no place."""
        self.plays[:1] = self.ms_played[:1] = 0  # what has no artist or album has no place

    def first_and_last(self, label: int) -> tuple[int, int]:
        """Give the instants of an item's first and last counted play in the range."""
        found = self._where.first_and_last(label, *self._rows)
        if found is None:
            return NEVER, NEVER
        return int(self._ended_at[found[0]]), int(self._ended_at[found[1]])

    def leaders(self, count: int) -> list[int]:
        """Give the items that may be among the first `count`, all that are level with the last of them included."""
        columns = (self._weights, self._times, self._firsts)
        return foremost(most(self.weight, count), columns, count)

    def ranks(self, labels: Iterable[int]) -> dict[int, int]:
        """Give the places of some items, as far as they have one."""
        places = np.fromiter(labels, np.int64)
        places = places[self.weight[places] > 0]
        keys, ascending = self._keys[places], np.sort(self._keys)
        starts, ends = (ascending.searchsorted(keys, side) for side in ("left", "right"))
        ranks = len(ascending) - ends + 1
        for number in np.flatnonzero(ends - starts > 1).tolist():
            ranks[number] += self._level_ahead_of(int(places[number]))
        return dict(zip(places.tolist(), ranks.tolist(), strict=True))

    def rank(self, label: int) -> int | None:
        """Give the place of one item; None where it has none."""
        if self.weight[label] <= 0:
            return None
        ahead = int(np.count_nonzero(self._keys > self._keys[label]))
        return ahead + 1 + self._level_ahead_of(label)

    def _level_ahead_of(self, label: int) -> int:
        """Count the items with the key of one that come before it."""
        ahead = 0
        (level,) = (self._keys == self._keys[label]).nonzero()
        for column in (self._times, self._firsts):
            if len(level) > 1:
                values = column(level)
                mine = values[level.searchsorted(label)]
                ahead += int(np.count_nonzero(values < mine))
                level = level[values == mine]
        if len(level) > 1:
            names = self._view.names(self._item, level.tolist())
            names_of = {other: spelled(named) for other, named in names.items()}
            ahead += sum(other < names_of[label] for other in names_of.values())
        return ahead

    def ranked(self, count: int) -> tuple[list[int], dict[int, Named]]:
        """Give the first `count` items in order, and the names of those and what is level with them."""
        leaders = self.leaders(count)
        names = self._view.names(self._item, leaders)
        return self.arranged(leaders, names)[:count], names

    def arranged(self, labels: Collection[int], names: Mapping[int, Named]) -> list[int]:
        """Put items into the order of the ranking."""
        weights = {label: (int(self.weight[label]), int(self.ms_played[label])) for label in labels}
        level = Counter(weights.values())

        def place(label: int) -> tuple[object, ...]:
            weight, time = weights[label]
            if level[weight, time] > 1:
                return self.order(label, names[label])
            return -weight, -time  # nothing left to settle

        return sorted(labels, key=place)

    def order(self, label: int, named: Named) -> tuple[object, ...]:
        """Give the key that a ranking sorts by."""
        first, _ = self.first_and_last(label)
        return -int(self.weight[label]), -int(self.ms_played[label]), first, spelled(named)

    @cached_property
    def _keys(self) -> NDArray[np.int64]:
        """Weight and then time in one number, which leaves hardly anybody level; weight alone where none holds both."""
        span = int(self.ms_played.max(initial=0)) + 1
        if int(self.weight.max(initial=0)) * span + span > np.iinfo(np.int64).max:
            return self.weight
        return self.weight * span + self.ms_played

    def _weights(self, labels: NDArray[np.int64]) -> NDArray[np.int64]:
        return -self.weight[labels]

    def _times(self, labels: NDArray[np.int64]) -> NDArray[np.int64]:
        return -self.ms_played[labels]

    def _firsts(self, labels: NDArray[np.int64]) -> NDArray[np.int64]:
        if len(labels) <= _FEW:
            return np.array([self.first_and_last(label)[0] for label in labels.tolist()], np.int64)
        return self._every_first[labels]

    @cached_property
    def _every_first(self) -> NDArray[np.int64]:
        """The first counted instant in the range by label."""
        start, end = self._rows
        lane, rule = self._view.lane, self._view.rule
        labels = lane.labels(self._item, rule)
        rows = np.full(len(self.plays), end, np.int64)
        # Of several writes to one place the last one stays: backwards, that is the first play.
        rows[labels[start:end][::-1]] = np.arange(start, end)[::-1]
        if self._view.grouping(self._item) == "credited":
            credited, artists = lane.credited(rule)
            inside = slice(*credited.searchsorted(np.array((start, end), credited.dtype)))
            np.minimum.at(rows, artists[inside], credited[inside])
        firsts = np.full(len(rows), NEVER, np.int64)
        firsts[rows < end] = self._ended_at[rows[rows < end]]
        return firsts


def spelled(named: Named) -> tuple[str, str]:
    """Give the last key of every ranking: the normalised name, then what identifies the item."""
    return normalise(named.known_as), named.key
