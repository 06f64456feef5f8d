"""Rankings of artists, albums and tracks by plays or by listening time."""

from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from tonearm.domain.instants import from_ms
from tonearm.domain.text import normalise
from tonearm.domain.vocabulary import RankBy
from tonearm.insights.chart import Chart
from tonearm.insights.library import Item
from tonearm.insights.records import Top, TopItem
from tonearm.insights.view import Named, View

_NEVER = 1 << 62
_FEW = 64


class _Standings:
    """Plays and time of every item in a range, and what it takes to order them."""

    def __init__(self, view: View, item: Item) -> None:
        rule = view.question.rule
        self._view, self._item = view, item
        self._rows = view.counted_rows()
        self._labels = view.lane.plays_by(item, rule).labels
        self._where = view.lane.occurrences(item, rule)
        self._ended_at = view.lane.counted_ended_at(rule)
        self.plays = view.lane.plays_by(item, rule).sums(*self._rows)
        self.ms_played = view.lane.time_by(item).sums(*view.rows())
        self.plays[:1] = self.ms_played[:1] = 0  # what has no artist or album has no place
        self.weight = self.plays if view.question.by is RankBy.PLAYS else self.ms_played

    def first_and_last(self, label: int) -> tuple[int, int]:
        """Give the instants of an item's first and last counted play in the range."""
        found = self._where.first_and_last(label, *self._rows)
        if found is None:
            return _NEVER, _NEVER
        return int(self._ended_at[found[0]]), int(self._ended_at[found[1]])

    def leaders(self, count: int) -> list[int]:
        """Give the items that may be among the first `count`, all that are level with the last of them included."""
        sure: list[int] = []
        level = np.flatnonzero(self.weight)
        for column in (self._weights, self._times, self._firsts):
            places = count - len(sure)
            if len(level) <= places:
                break
            values = column(level)
            bar = np.partition(values, places - 1)[places - 1]
            sure += level[values < bar].tolist()
            level = level[values == bar]
        return sure + list(level.tolist())

    def rank(self, label: int) -> int | None:
        """Give the place of one item; None where it has none."""
        if not self.weight[label]:
            return None
        ahead = 0
        level = np.flatnonzero(self.weight)
        for column in (self._weights, self._times, self._firsts):
            values = column(level)
            mine = values[np.searchsorted(level, label)]
            ahead += int(np.count_nonzero(values < mine))
            level = level[values == mine]
            if len(level) == 1:
                return ahead + 1
        names = self._view.names(self._item, level.tolist())
        spelled = {other: _spelled(named) for other, named in names.items()}
        return ahead + sum(other < spelled[label] for other in spelled.values()) + 1

    def order(self, label: int, named: Named) -> tuple[object, ...]:
        """Give the key that a ranking sorts by."""
        first, _ = self.first_and_last(label)
        return -int(self.weight[label]), -int(self.ms_played[label]), first, _spelled(named)

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
        firsts = np.full(len(self.plays), _NEVER, np.int64)
        # Of several writes to one place the last one stays: backwards, that is the first play.
        firsts[self._labels[start:end][::-1]] = self._ended_at[start:end][::-1]
        return firsts


def _spelled(named: Named) -> tuple[str, str]:
    return normalise(named.known_as), named.key


def _answer(item: Item, view: View) -> Top:
    standings = _Standings(view, item)
    leaders = standings.leaders(view.question.limit)
    names = view.names(item, leaders)
    ranked = sorted(leaders, key=lambda label: standings.order(label, names[label]))
    before = view.period.previous
    previous = None if before is None else _Standings(view.shifted(before), item)
    weight = standings.weight
    whole = _whole(view)
    items: list[TopItem] = []
    for rank, label in enumerate(ranked[: view.question.limit], start=1):
        first, last = standings.first_and_last(label)
        items.append(
            TopItem(
                rank=rank,
                id=label,
                name=names[label].name,
                artist=names[label].artist,
                plays=int(standings.plays[label]),
                ms_played=int(standings.ms_played[label]),
                share=round(int(weight[label]) / whole, 6) if whole else 0.0,
                first_play_at=None if first == _NEVER else from_ms(first),
                last_play_at=None if last == _NEVER else from_ms(last),
                previous_rank=None if previous is None else previous.rank(label),
            )
        )
    return Top(
        covered=view.covered(),
        by=view.question.by,
        total=int(np.count_nonzero(weight)),
        items=tuple(items),
    )


def _whole(view: View) -> int:
    """Give all plays, or all listening time, of the range."""
    if view.question.by is RankBy.PLAYS:
        start, end = view.counted_rows()
        return end - start
    start, end = view.rows()
    return int(view.lane.ms_played[start:end].sum(dtype=np.int64))


def _chart(item: Item, described: str) -> Chart[Top]:
    return Chart(
        name=f"top-{item}",
        title=f"Top {item}",
        description=f"{described}, with plays, time, share, first and last play, and change of rank.",
        record=Top,
        answer=partial(_answer, item),
        parameters=frozenset({"by", "limit"}),
    )


CHARTS = (
    _chart(
        "artists", "Artists by plays or listening time; each play credits its primary artist once"
    ),
    _chart("albums", "Albums by plays or listening time"),
    _chart("tracks", "Tracks by plays or listening time"),
)
