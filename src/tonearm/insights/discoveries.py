"""What was new in a range or in its units, and what came back: for every answer that tells of it."""

import numpy as np
from numpy.typing import NDArray

from tonearm.domain.instants import from_ms
from tonearm.insights.firsts import DAY_MS, first_plays, plays_of_new, rediscoveries
from tonearm.insights.leaders import most
from tonearm.insights.question import Item
from tonearm.insights.records import DiscoveryTotals, Rediscovery
from tonearm.insights.view import View

_ITEMS: tuple[Item, ...] = ("artists", "albums", "tracks")

DISCOVERY_TRAITS = {
    "new_artists": "new_artist",
    "new_albums": "new_album",
    "new_tracks": "new_track",
    "plays_of_new": "of_new_track",
    "rediscoveries": "returned",
}
"""By the numbers that tell of what was new, the trait of the plays behind them."""


def discovery_totals(view: View) -> DiscoveryTotals:
    """Give what was new in the range of a view, and what came back."""
    rows = np.array(view.counted_rows, np.int32)
    (whole,) = zip(*discovery_columns(view, rows, np.array([plays_of_new(view)])), strict=True)
    return DiscoveryTotals(*whole)


def discovery_columns(
    view: View, rows: NDArray[np.int32], of_new: NDArray[np.int64]
) -> tuple[list[int] | list[float], ...]:
    """Give the columns of lines that begin at `rows`, the last of which is the end."""
    plays = np.diff(rows)
    found = [first_plays(view.lane, view.grouping(item), view.rule).rows for item in _ITEMS]
    back, _ = rediscoveries(view.lane, view.rule)
    new = [np.diff(np.searchsorted(places, rows)).tolist() for places in found]
    share = np.round(of_new / np.maximum(plays, 1), 6)
    returns = np.diff(np.searchsorted(back, rows))
    return plays.tolist(), *new, of_new.tolist(), share.tolist(), returns.tolist()


def list_rediscovered(view: View, limit: int) -> tuple[Rediscovery, ...]:
    """Give the plays of the range that came after the longest pauses."""
    back, pauses = rediscoveries(view.lane, view.rule)
    first, end = np.searchsorted(back, np.array(view.counted_rows, np.int32)).tolist()
    places = first + most(pauses[first:end], limit)
    played_at = view.lane.counted_ended_at(view.rule)[back[places]]
    plays = view.lane.id[view.lane.counted(view.rule)[back[places]]].tolist()
    tracks = view.lane.plays_by("tracks", view.rule).labels[back[places]].tolist()
    names = view.names("tracks", tracks)
    lines = zip((-pauses[places]).tolist(), played_at.tolist(), tracks, plays, strict=True)
    ordered = sorted(lines, key=lambda line: (*line[:2], names[line[2]].key))
    return tuple(
        Rediscovery(
            id=track,
            name=names[track].name,
            artist=names[track].artist,
            played_at=from_ms(moment),
            play=play,
            pause_days=-pause // DAY_MS,
        )
        for pause, moment, track, play in ordered[:limit]
    )
