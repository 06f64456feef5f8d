"""Traits: what measures find in single plays, so that such a number leads to just those plays."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tonearm.insights.charts.completeness import SOURCES, by_source
from tonearm.insights.charts.repeat import plays_of_longest_run
from tonearm.insights.endings import judged_and_skipped
from tonearm.insights.firsts import first_plays, rediscoveries
from tonearm.insights.loops import Loops
from tonearm.insights.view import View

_FROM = "from_"

Trait = Literal[
    "judged",
    "skipped",
    "unjudged",
    "new_artist",
    "new_album",
    "new_track",
    "of_new_track",
    "returned",
    "looping",
    "longest_run",
    "from_extended",
    "from_account",
    "from_poll",
    "from_manual",
]


def has_trait(view: View, trait: Trait, low: int, high: int) -> NDArray[np.bool_]:
    """Mark the rows of a view's lane that have a trait in its range, or in the part of it from row `low` to `high`."""
    marked = np.zeros(len(view.lane.id), bool)
    marked[_rows(view, trait, low, high)] = True
    return marked if trait != "unjudged" else ~marked


def _rows(view: View, trait: Trait, low: int, high: int) -> NDArray[np.integer]:
    lane, rule = view.lane, view.rule
    if trait in ("judged", "unjudged", "skipped"):
        judged, skipped = judged_and_skipped(lane)
        return (skipped if trait == "skipped" else judged).rows
    if trait.startswith(_FROM):
        return np.flatnonzero(
            by_source(view, None).labels == SOURCES.index(trait.removeprefix(_FROM))
        )
    counted = lane.counted(rule)
    if trait == "new_artist":
        found: NDArray[np.integer] = first_plays(lane, view.grouping("artists"), rule).rows
    elif trait == "new_album":
        found = first_plays(lane, "albums", rule).rows
    elif trait == "new_track":
        found = first_plays(lane, "tracks", rule).rows
    elif trait == "of_new_track":
        begin, end = np.searchsorted(counted, (low, high)).tolist()
        tracks = lane.plays_by("tracks", rule).labels[begin:end]
        found = begin + np.flatnonzero(first_plays(lane, "tracks", rule).row_of[tracks] >= begin)
    elif trait == "returned":
        found = rediscoveries(lane, rule)[0]
    else:
        found = Loops(view).rows if trait == "looping" else plays_of_longest_run(view)
    rows: NDArray[np.integer] = counted[found]
    return rows
