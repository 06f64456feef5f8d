"""How plays ended: which of them it is known of, and which were skipped."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tonearm.insights.axis import Axis
from tonearm.insights.lane import LaneColumns

SHORT_MS = 30_000
BY_HAND = ("fwdbtn", "backbtn", "clickrow", "clickside", "playbtn", "uriopen", "popup")
STATES = 3
JUDGED, _SKIPPED = 1, 2


class Ended(NamedTuple):
    """Some plays of a lane: their rows, and their numbers by track."""

    rows: NDArray[np.int32]
    tracks: Axis


def judged_and_skipped(lane: LaneColumns) -> tuple[Ended, Ended]:
    """Give the judged plays of a lane, and the skipped ones."""

    def make() -> tuple[Ended, Ended]:
        states, size = _states(lane), lane.size("tracks")
        judged, skipped = (
            Ended(rows, Axis(lane.track[rows], size))
            for rows in (
                np.flatnonzero(states >= state).astype(np.int32) for state in (JUDGED, _SKIPPED)
            )
        )
        return judged, skipped

    return lane.once(("skips",), make)


def _states(lane: LaneColumns) -> NDArray[np.uint8]:
    """Give 0 for plays of an unknown end, and which of the others were skipped."""
    columns = lane.columns
    says_skipped = columns.context_skipped == 1
    is_judged = ((columns.context_reason_end != 0) | says_skipped)[lane.context]
    is_by_hand = (says_skipped | columns.is_context("reason_end", *BY_HAND))[lane.context]
    is_done = columns.is_context("reason_end", "trackdone")[lane.context]
    lengths = np.full(len(columns.track_artist), -1, np.int32)
    np.maximum.at(lengths, lane.track[is_done], lane.ms_played[is_done])
    # Twice the time played is less than the length, or else than twice the shortest play that counts.
    bars = np.where(lengths < 0, 2 * SHORT_MS, lengths)
    is_early = 2 * lane.ms_played < bars[lane.track]
    states: NDArray[np.uint8] = is_judged.astype(np.uint8)
    states[is_by_hand & is_early] = _SKIPPED
    return states
