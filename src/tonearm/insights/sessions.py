"""Sessions: plays in a row without a long pause."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tonearm.domain.instants import from_ms
from tonearm.domain.periods import Period
from tonearm.domain.vocabulary import Rule
from tonearm.insights.lane import LaneColumns, edges_ms
from tonearm.insights.leaders import leaders
from tonearm.insights.records import Session

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

    def within(self, period: Period, zone: str) -> tuple[int, int]:
        """Give the sessions that start in a period: the first row and the one after the last."""
        start, end = edges_ms(period, zone)
        first = 0 if start is None else int(np.searchsorted(self.started_at, start))
        last = len(self.started_at) if end is None else int(np.searchsorted(self.started_at, end))
        return first, last

    def longest(self, rows: tuple[int, int], limit: int) -> tuple[Session, ...]:
        """Give the longest sessions among some rows, of several the earliest first."""
        places = rows[0] + leaders(limit, -self.ms_length[slice(*rows)])[:limit]
        return tuple(
            Session(from_ms(started_at), from_ms(ended_at), *rest)
            for started_at, ended_at, *rest in zip(
                self.started_at[places].tolist(),
                self.ended_at[places].tolist(),
                self.ms_length[places].tolist(),
                self.ms_played[places].tolist(),
                self.plays[places].tolist(),
                strict=True,
            )
        )


def list_sessions(lane: LaneColumns, rule: Rule) -> Sessions:
    """Give the sessions of a whole lane that hold a play which the rule counts."""
    return lane.once(("sessions", rule), lambda: _sessions(lane, rule))


def rows_of_session(lane: LaneColumns, at_ms: int) -> NDArray[np.int64]:
    """Give the rows of the session in which an instant lies, ascending; none where nothing was heard then."""
    heard, is_first = _heard(lane)
    firsts = np.flatnonzero(is_first)
    begins = lane.started_at[heard][firsts]
    place = int(np.searchsorted(begins, at_ms, "right")) - 1
    if place < 0:
        return heard[:0]
    after = int(firsts[place + 1]) if place + 1 < len(firsts) else len(heard)
    own = heard[firsts[place] : after]
    end = max(int(begins[place]), int(lane.ended_at[own].max()))
    return np.sort(own) if at_ms <= end else own[:0]


def sessions_of_plays(lane: LaneColumns, rule: Rule) -> NDArray[np.int64]:
    """Give the session of each play that a rule counts, by its place among `list_sessions`; -1 where it is in none."""
    heard, is_first = _heard(lane)
    number = np.cumsum(is_first) - 1
    is_counted = lane.is_counted(rule)
    has_counted = np.bincount(number[is_counted[heard]], minlength=len(heard)) > 0
    found = np.full(len(lane.id), -1, np.int64)
    found[heard] = (np.cumsum(has_counted) - 1)[number]
    return found[lane.counted(rule)]


def _sessions(lane: LaneColumns, rule: Rule) -> Sessions:
    heard, is_first = _heard(lane)
    first = np.flatnonzero(is_first)
    last = np.append(first[1:], len(heard)) - 1 if len(first) else first
    plays, ms_played = (
        np.diff(np.concatenate([[0], np.cumsum(values, dtype=np.int64)[last]]))
        for values in (lane.is_counted(rule)[heard], lane.ms_played[heard])
    )
    kept = plays > 0
    begin, end = lane.started_at[heard][first][kept], _latest(lane, heard)[last][kept]
    # A clock that was ahead may have stamped a start later than the end.
    return Sessions(begin, end, np.maximum(end - begin, 0), ms_played[kept], plays[kept])


def _heard(lane: LaneColumns) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Give the rows that were heard at all, by their start, and mark those that begin a session."""
    heard = np.flatnonzero(lane.ms_played > 0)
    heard = heard[np.argsort(lane.started_at[heard], kind="stable")]
    # A play starts long after the latest end before it only where it begins a session, so that the
    # latest end of all plays so far is that of the session.
    is_first = np.ones(len(heard), bool)
    is_first[1:] = lane.started_at[heard][1:] - _latest(lane, heard)[:-1] >= PAUSE_MS
    return heard, is_first


def _latest(lane: LaneColumns, heard: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the latest end so far of each play."""
    return np.maximum.accumulate(lane.ended_at[heard])
