"""Sessions: plays in a row without a long pause."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tonearm.domain.vocabulary import Rule
from tonearm.insights.lane import LaneColumns

PAUSE_MS = 30 * 60_000


@dataclass(frozen=True, slots=True)
class Sessions:
    """Columns of sessions, ascending by time; instants and lengths in milliseconds."""

    started_at: NDArray[np.int64]
    ended_at: NDArray[np.int64]
    ms_length: NDArray[np.int64]
    ms_played: NDArray[np.int64]
    plays: NDArray[np.int64]

    @property
    def nbytes(self) -> int:
        """Memory of the columns."""
        return 5 * int(self.started_at.nbytes)


def list_sessions(lane: LaneColumns, rule: Rule) -> Sessions:
    """Give the sessions of a whole lane that hold a play which the rule counts."""
    return lane.once(("sessions", rule), lambda: _sessions(lane, rule))


def _sessions(lane: LaneColumns, rule: Rule) -> Sessions:
    heard = np.flatnonzero(lane.ms_played > 0)
    heard = heard[np.argsort(lane.started_at[heard], kind="stable")]
    started_at = lane.started_at[heard]
    ended_at = np.maximum.accumulate(lane.ended_at[heard])
    # A play starts long after the latest end before it only where it begins a session, so that the
    # latest end of all plays so far is that of the session.
    is_first = np.ones(len(heard), bool)
    is_first[1:] = started_at[1:] - ended_at[:-1] >= PAUSE_MS
    first = np.flatnonzero(is_first)
    last = np.append(first[1:], len(heard)) - 1 if len(first) else first
    plays, ms_played = (
        np.diff(np.concatenate([[0], np.cumsum(values, dtype=np.int64)[last]]))
        for values in (lane.is_counted(rule)[heard], lane.ms_played[heard])
    )
    kept = plays > 0
    begin, end = started_at[first][kept], ended_at[last][kept]
    # A clock that was ahead may have stamped a start later than the end.
    return Sessions(begin, end, np.maximum(end - begin, 0), ms_played[kept], plays[kept])
