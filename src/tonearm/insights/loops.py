"""Loops: plays of one track again and again within a day."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tonearm.domain.vocabulary import Rule
from tonearm.insights.axis import Axis
from tonearm.insights.lane import LaneColumns
from tonearm.insights.leaders import foremost
from tonearm.insights.runs import Groups
from tonearm.insights.standings import NEVER, spelled
from tonearm.insights.view import Named, View

_DAY_MS = 86_400_000


class _Looping(NamedTuple):
    """The plays that are at least the third of their track within 24 hours, in order, and what a range can cut off."""

    row: NDArray[np.int32]
    """Of the play, among the counted ones."""
    second: NDArray[np.int32]
    """Row of the play of its track two before it: a range without that one has no loop here."""
    third: NDArray[np.int32]
    """The same of the play of its track just before it; -1 where that one does not loop."""
    reach: NDArray[np.int32]
    """The earliest of these rows for this play and all after it, so that it ascends."""
    track: NDArray[np.int32]
    by_track: Groups
    plays: Axis
    loops: Axis
    """Counts the plays that begin a loop."""


class Loops:
    """Loops of a range by track."""

    def __init__(self, view: View) -> None:
        """Count the loops in the range of a view."""
        lane, rule = view.lane, view.rule
        looping = lane.once(("looping", rule), lambda: _find(lane, rule))
        start, end = view.counted_rows
        low, high = (int(place) for place in np.searchsorted(looping.row, (start, end)))
        # From here on no play needs one from before the range: running sums hold.
        whole = min(max(low, int(np.searchsorted(looping.reach, start))), high)
        cut = np.flatnonzero(looping.second[low:whole] >= start) + low
        begun = cut[looping.third[cut] < start]
        of_cut, of_begun = (
            np.bincount(looping.track[places], minlength=looping.plays.size)
            for places in (cut, begun)
        )
        self.plays = looping.plays.sums(whole, high) + of_cut
        """Looping plays by track."""
        self.loops = looping.loops.sums(whole, high) + of_begun
        """Loops by track."""
        self._looping, self._cut, self._rest = looping, cut, (whole, high)
        self.rows = looping.row[np.concatenate([cut, np.arange(whole, high)])]
        """The looping plays, as rows among the counted ones."""
        self._ended_at = lane.counted_ended_at(rule)

    def leaders(self, count: int) -> list[int]:
        """Give the tracks that may be among the first `count` by loops."""
        columns = (-self.loops).__getitem__, (-self.plays).__getitem__, self._firsts
        return foremost(np.flatnonzero(self.loops), columns, count)

    def ranked(self, leaders: list[int], names: Mapping[int, Named]) -> list[int]:
        """Put leaders in order: more loops, more looping plays, an earlier first one, then by name."""
        firsts = self._firsts(np.array(leaders, np.int64)).tolist()
        keys = {
            track: (-int(self.loops[track]), -int(self.plays[track]), first, spelled(names[track]))
            for track, first in zip(leaders, firsts, strict=True)
        }
        return sorted(leaders, key=keys.__getitem__)

    def _firsts(self, tracks: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give the instant of each track's first looping play, of which it has to have one."""
        looping = self._looping
        places = np.full(looping.plays.size, NEVER, np.int64)
        # Of several writes to one place the last one stays: backwards, that is the first play.
        places[looping.track[self._cut][::-1]] = self._cut[::-1]
        later = looping.by_track.firsts(tracks, *self._rest, missing=NEVER)
        return self._ended_at[looping.row[np.minimum(places[tracks], later)]]


def _find(lane: LaneColumns, rule: Rule) -> _Looping:
    rows = lane.occurrences("tracks", rule).rows
    tracks, ended_at = lane.labels("tracks", rule)[rows], lane.counted_ended_at(rule)[rows]
    is_looping = np.zeros(len(rows), bool)
    # A traveller's plays stand in the order of local clocks: a later one may have ended earlier.
    is_near = np.abs(ended_at[2:] - ended_at[:-2]) <= _DAY_MS
    is_looping[2:] = is_near & (tracks[2:] == tracks[:-2])
    place = np.flatnonzero(is_looping)
    place = place[np.argsort(rows[place])]
    is_going_on = is_looping[place - 1]
    second = rows[place - 2]
    third = np.where(is_going_on, rows[place - 3], np.int32(-1))
    earliest = np.where(is_going_on, third, second)
    track, size = tracks[place], lane.size("tracks")
    return _Looping(
        row=rows[place],
        second=second,
        third=third,
        reach=np.minimum.accumulate(earliest[::-1])[::-1],
        track=track,
        by_track=Groups(track),
        plays=Axis(track, size),
        loops=Axis(track, size, (~is_going_on).astype(np.int32)),
    )
