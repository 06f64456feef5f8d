"""How the plays of ranked items lie in a range, for a small line beside each of them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from tonearm.domain.instants import to_ms
from tonearm.insights.lane import edges_ms
from tonearm.insights.question import Item
from tonearm.insights.records import Top
from tonearm.insights.view import View

PARTS = 24
Trend = tuple[int, ...]
"""Counted plays in each of as many equal parts of the range."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """A ranking, and the trend of each of its items by number."""

    top: Top
    trends: Mapping[int, Trend]


def draw_ranking(view: View, item: Item, answer: Callable[[View], Top]) -> Ranking:
    """Answer a ranking together with its trends."""
    top = answer(view)
    return Ranking(top, list_trends(view, item, (one.id for one in top.items)))


def list_trends(view: View, item: Item, numbers: Iterable[int]) -> dict[int, Trend]:
    """Give the trend of some items over the range as far as it has come; where it is open, from first to last play."""
    view = view.at_home()
    start, end = view.counted_rows
    if start == end:
        return {}
    ended_at = view.lane.counted_ended_at(view.rule)[start:end]
    first, stop = edges_ms(view.period, view.zone)
    first = int(ended_at[0]) if first is None else first
    last = int(ended_at[-1])
    stop = last + 1 if stop is None else max(min(stop, to_ms(view.now)), last + 1)
    borders = start + ended_at.searchsorted(first - (first - stop) * np.arange(PARTS + 1) // PARTS)
    where = view.lane.where(view.grouping(item), view.rule)
    return {
        number: tuple(np.diff(where.within(number, start, end).searchsorted(borders)).tolist())
        for number in numbers
    }
