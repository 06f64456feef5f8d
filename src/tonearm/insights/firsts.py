"""What was heard for the first time, and what again after a long pause; rows are those of the counted plays.

Who travels hears in the order of local days and clocks, as rows have it.
"""

from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from tonearm.domain.vocabulary import Rule
from tonearm.insights.calendar import unit_starts
from tonearm.insights.lane import LaneColumns
from tonearm.insights.question import Grouping, Unit
from tonearm.insights.view import EPOCH, View

DAY_MS = 86_400_000
LONG_PAUSE_DAYS = 180
NEVER = np.iinfo(np.int32).max


class Firsts:
    """The first play of every artist, album or track."""

    def __init__(
        self, labels: NDArray[np.int32], size: int, *, shorter: "Firsts | None" = None
    ) -> None:
        """Look for labels from 1 to `size` - 1; 0 is nobody known. Those of a `shorter` one come before them."""
        begin = 0 if shorter is None else shorter.end
        self.end: int = begin + len(labels)
        """How many rows were looked through."""
        rows = np.arange(begin, self.end, dtype=np.int32)
        self.row_of = np.full(size, NEVER, np.int32)
        """By label; NEVER where it does not occur."""
        # Of several writes to one place the last one stays: backwards, that is the first play.
        self.row_of[labels[::-1]] = rows[::-1]
        self.row_of[:1] = NEVER
        if shorter is not None:
            known = self.row_of[: len(shorter.row_of)]
            np.minimum(known, shorter.row_of, out=known)
        self.rows = np.sort(self.row_of[self.row_of < NEVER])

    def credited(
        self, tracks: "Firsts", further: tuple[NDArray[np.int32], NDArray[np.int32]]
    ) -> "Firsts":
        """Give those of artists also where a track credits them beside its own."""
        found = Firsts(np.empty(0, np.int32), len(self.row_of), shorter=self)
        labels, artists = further
        np.minimum.at(found.row_of, artists, tracks.row_of[labels])
        found.rows = np.sort(found.row_of[found.row_of < NEVER])
        return found

    @property
    def nbytes(self) -> int:
        """Memory of both arrays."""
        return int(self.row_of.nbytes + self.rows.nbytes)


def first_plays(lane: LaneColumns, item: Grouping, rule: Rule) -> Firsts:
    """Give the first plays of all artists, albums or tracks of a lane."""
    size = lane.size(item)
    if item == "credited":
        own, tracks = (first_plays(lane, one, rule) for one in ("artists", "tracks"))
        return lane.once(("firsts", item, rule), lambda: own.credited(tracks, lane.further))
    return lane.once(
        ("firsts", item, rule),
        lambda: Firsts(lane.labels(item, rule), size),
        lambda shorter, start: Firsts(lane.labels(item, rule, start), size, shorter=shorter),
    )


def rediscoveries(lane: LaneColumns, rule: Rule) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Give the plays of a track after a long pause, ascending, and the pauses in milliseconds."""

    def make() -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        rows = lane.occurrences("tracks", rule).rows
        tracks, ended_at = lane.labels("tracks", rule)[rows], lane.counted_ended_at(rule)[rows]
        pauses = np.diff(ended_at)
        is_back = (tracks[1:] == tracks[:-1]) & (pauses >= LONG_PAUSE_DAYS * DAY_MS)
        found = rows[1:][is_back]
        order = np.argsort(found)
        return found[order], pauses[is_back][order]

    return lane.once(("rediscoveries", rule), make)


def plays_of_new(view: View) -> int:
    """Count the plays in the range of tracks whose first play lies in it."""
    start, end = view.counted_rows
    plays = view.lane.sums("tracks", view.rule, (start, end))
    return int(plays[first_plays(view.lane, "tracks", view.rule).row_of >= start].sum())


def plays_of_new_by_unit(
    view: View, unit: Unit, starts: NDArray[np.int64], rows: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Do the same for units that begin on the days `starts` and at `rows`, as far as they lie in the range."""
    key = ("plays of new", view.rule, view.zone, unit)
    known, of_known = view.lane.once(key, lambda: _of_whole_units(view, unit))
    found = np.zeros(len(rows) - 1, np.int64)
    _, here, there = np.intersect1d(starts[:-1], known, assume_unique=True, return_indices=True)
    found[here] = of_known[there]
    # The range may cut off a part of the first and of the last unit.
    row_of = first_plays(view.lane, "tracks", view.rule).row_of
    tracks = view.lane.plays_by("tracks", view.rule).labels
    for place in {0, len(found) - 1}:
        begin, end = rows[place : place + 2].tolist()
        found[place] = np.count_nonzero(row_of[tracks[begin:end]] >= begin)
    return found


def _of_whole_units(view: View, unit: Unit) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the first days of all units of the lane, and the plays of new tracks in each."""
    origin, size = view.lane.day_span(view.zone)
    starts = unit_starts(
        unit, *(EPOCH + timedelta(days=day) for day in (origin, origin + max(size, 1)))
    )
    days = view.lane.days(view.zone, view.rule).labels
    rows = np.searchsorted(days, (starts - origin).astype(days.dtype))
    row_of = first_plays(view.lane, "tracks", view.rule).row_of
    tracks = view.lane.plays_by("tracks", view.rule).labels
    is_new = row_of[tracks] >= np.repeat(rows[:-1], np.diff(rows))
    running = np.concatenate([[0], np.cumsum(is_new, dtype=np.int64)])
    return starts[:-1], np.diff(running[rows])
