"""Where polls belong: which polled sightings are one listen, and which play each listen is already.

Spotify's list tells when a play ended by a clock that no export repeats to the second, so listens meet plays within a
tolerance, one to one. All of it looks at content alone (docs/explanation/plays.md, "Plays").
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tonearm.catalogue.resolution import NO_ITEM, Resolution
from tonearm.history.sightings import Context, Sightings, context_ranks

_REDELIVERED_MS = 30_000
_EXTENDED_MS = 90_000
# Account data tells the minute: its middle, and half a minute more of tolerance.
_MIDDLE_MS = 30_000
_ACCOUNT_MS = _EXTENDED_MS + _MIDDLE_MS

_Rows = NDArray[np.integer]
_Instants = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ExtendedPlays:
    """The plays that the extended history tells of."""

    rows: _Rows
    """The sightings of the extended history."""
    labels: NDArray[np.int32]
    """For each of these the number of its play."""
    first: _Rows
    """For each play one of its sightings."""
    ended_at: _Instants


@dataclass(frozen=True, slots=True)
class Placed:
    """Where polled sightings belong."""

    extended: NDArray[np.int64]
    """For each polled sighting the number of its extended play, or -1."""
    account: NDArray[np.int64]
    """For each the place of the account sighting that is the same play, or -1."""
    listen: NDArray[np.int64]
    """For each the number of a listen that only polls tell of, or -1."""
    alone: _Rows
    """For each such listen the sighting that speaks for it."""
    counted: NDArray[np.int64]
    """The places of account sightings that are the same play as a listen."""
    spoken: _Rows
    """For each of these the sighting that speaks for the listen."""


def place(
    sightings: Sightings,
    resolution: Resolution,
    contexts: Sequence[Context],
    polls: _Rows,
    extended: ExtendedPlays,
    account: _Rows,
) -> Placed:
    """Find the plays of polled sightings among extended plays, and account sightings that no such play absorbs."""
    works = _works(resolution)
    listens = _listens(sightings, resolution, contexts, works, polls)
    by_extended = _among_extended(sightings, resolution, works, listens, extended)
    left = np.flatnonzero(by_extended < 0)
    by_account = np.full(len(by_extended), -1, np.int64)
    by_account[left] = _among_account(
        sightings, resolution, works, (listens.work[left], listens.at[left]), account
    )
    is_alone = (by_extended < 0) & (by_account < 0)
    number = np.where(is_alone, np.cumsum(is_alone) - 1, -1)
    is_counted = by_account >= 0
    return Placed(
        by_extended[listens.of],
        by_account[listens.of],
        number[listens.of],
        listens.speaker[is_alone],
        by_account[is_counted],
        listens.speaker[is_counted],
    )


def _works(resolution: Resolution) -> NDArray[np.int32]:
    """Number descriptions so that those of one track, or of equal names, share a number.

    Relinking gives a recording several URIs.
    """
    track, pair = resolution.track_of, resolution.pair_of
    named = np.flatnonzero(pair != NO_ITEM)
    work = track
    while True:
        by_pair = np.full(int(pair.max(initial=0)) + 1, np.iinfo(np.int32).max, np.int32)
        np.minimum.at(by_pair, pair[named], work[named])
        joined = work.copy()
        joined[named] = by_pair[pair[named]]
        by_track = np.full(int(track.max(initial=0)) + 1, np.iinfo(np.int32).max, np.int32)
        np.minimum.at(by_track, track, joined)
        joined = by_track[track]
        if np.array_equal(joined, work):
            return work
        work = joined


@dataclass(frozen=True, slots=True)
class _Listens:
    """What polls tell of, ordered by work and time."""

    work: NDArray[np.int32]
    at: _Instants
    """The first clock of each."""
    speaker: _Rows
    """The sighting that speaks for each."""
    of: NDArray[np.int64]
    """For each polled sighting its listen."""


def _listens(
    sightings: Sightings,
    resolution: Resolution,
    contexts: Sequence[Context],
    works: NDArray[np.int32],
    polls: _Rows,
) -> _Listens:
    """Put together what was delivered several times, with its stamp moved."""
    clock, ms_played = sightings.clock[polls], sightings.ms_played[polls]
    work = works[sightings.description[polls]]
    order = np.lexsort((clock, work))
    clock, ms_played, work = clock[order], ms_played[order], work[order]
    is_moment = np.ones(len(order), bool)
    is_moment[1:] = (clock[1:] != clock[:-1]) | (work[1:] != work[:-1])
    moment = np.flatnonzero(is_moment)
    # A play that ends less than its own length after another has not been heard in between.
    shortest = np.minimum.reduceat(ms_played, moment).astype(np.int64)
    reach = np.clip(shortest - 1, 0, _REDELIVERED_MS)
    at, owner = clock[moment], work[moment]
    anchor = np.arange(len(moment))
    is_near = (at[1:] - at[:-1] <= _REDELIVERED_MS) & (owner[1:] == owner[:-1])
    for place in (np.flatnonzero(is_near) + 1).tolist():
        before = anchor[place - 1]
        if at[place] - at[before] <= reach[place]:
            anchor[place] = before
    is_first = anchor == np.arange(len(moment))
    of = np.empty(len(order), np.int64)
    of[order] = (np.cumsum(is_first) - 1)[np.cumsum(is_moment) - 1]
    speaker = _speakers(sightings, resolution, contexts, polls, of)
    return _Listens(owner[is_first], at[is_first], speaker, of)


def _speakers(
    sightings: Sightings,
    resolution: Resolution,
    contexts: Sequence[Context],
    polls: _Rows,
    of: NDArray[np.int64],
) -> _Rows:
    """Give what speaks for each listen: samples first, which have a stamp; then the earliest, then the shortest."""
    used, place = np.unique(sightings.context[polls], return_inverse=True)
    order = np.lexsort(
        (
            context_ranks([contexts[index] for index in used.tolist()])[place],
            resolution.wording_ranks(sightings.description[polls]),
            sightings.ms_played[polls],
            sightings.clock[polls],
            sightings.stamp[polls] == 0,
            of,
        )
    )
    return polls[order[np.diff(of[order], prepend=-1) > 0]]


def _among_extended(
    sightings: Sightings,
    resolution: Resolution,
    works: NDArray[np.int32],
    listens: _Listens,
    extended: ExtendedPlays,
) -> NDArray[np.int64]:
    """For each listen give its extended play, or -1."""
    is_heard = np.zeros(len(works) + 1, bool)
    is_heard[listens.work] = True
    is_near = (extended.ended_at >= listens.at.min() - _EXTENDED_MS) & (
        extended.ended_at <= listens.at.max() + _EXTENDED_MS
    )
    play = np.flatnonzero(is_near)
    play = play[is_heard[works[sightings.description[extended.first[play]]]]]
    first = extended.first[play]
    # Two plays of one track, end and length differ in their stamps.
    stamp = np.zeros(len(extended.first), np.int64)
    is_wanted = np.zeros(len(extended.first), bool)
    is_wanted[play] = True
    chosen = np.flatnonzero(is_wanted[extended.labels])
    np.maximum.at(stamp, extended.labels[chosen], sightings.stamp[extended.rows[chosen]])
    work, ended_at = works[sightings.description[first]], extended.ended_at[play]
    track = resolution.ranks(sightings.description[first])
    order = np.lexsort((stamp[play], sightings.ms_played[first], track, ended_at, work))
    found = pair_off(
        (listens.work, listens.at), (work[order], ended_at[order]), tolerance=_EXTENDED_MS
    )
    return _looked_up(play[order], found)


def _among_account(
    sightings: Sightings,
    resolution: Resolution,
    works: NDArray[np.int32],
    listens: tuple[NDArray[np.int32], _Instants],
    account: _Rows,
) -> NDArray[np.int64]:
    """For each listen, by work and time, give the place of its account sighting, or -1."""
    description = sightings.description[account]
    work, at = works[description], sightings.clock[account] + _MIDDLE_MS
    wording = resolution.wording_ranks(description)
    order = np.lexsort((wording, sightings.ms_played[account], at, work))
    found = pair_off(listens, (work[order], at[order]), tolerance=_ACCOUNT_MS)
    return _looked_up(order, found)


def _looked_up(values: NDArray[np.int64], places: NDArray[np.int64]) -> NDArray[np.int64]:
    found = np.full(len(places), -1, np.int64)
    found[places >= 0] = values[places[places >= 0]]
    return found


def pair_off(
    left: tuple[NDArray[np.int32], _Instants],
    right: tuple[NDArray[np.int32], _Instants],
    *,
    tolerance: int,
) -> NDArray[np.int64]:
    """Pair instants of equal groups one to one; for each on the left give its place on the right, or -1.

    Both sides are ordered by group and time. Their heads are a pair if they lie within the tolerance, in milliseconds;
    else the earlier one stays alone.
    """
    found = np.full(len(left[0]), -1, np.int64)
    group = np.concatenate([left[0], right[0]])
    at = np.concatenate([left[1], right[1]])
    is_right = np.arange(len(group)) >= len(found)
    order = np.lexsort((is_right, at, group))
    group, at = group[order], at[order]
    is_start = np.ones(len(order), bool)
    is_start[1:] = (group[1:] != group[:-1]) | (at[1:] - at[:-1] > tolerance)
    starts = np.flatnonzero(is_start)
    sizes = np.diff(starts, append=len(order))
    rights = np.add.reduceat(is_right[order], starts, dtype=np.int64) if len(order) else sizes
    is_mixed = (rights > 0) & (rights < sizes)
    # Most often there is one of each, a tolerance apart at most.
    first = starts[is_mixed & (sizes == 2)]  # noqa: PLR2004 - a pair
    one, other = order[first], order[first + 1]
    found[np.minimum(one, other)] = np.maximum(one, other) - len(found)
    for run in np.flatnonzero(is_mixed & (sizes > 2)).tolist():  # noqa: PLR2004 - more than a pair
        members = order[starts[run] : starts[run] + sizes[run]]
        mine, theirs = members[members < len(found)], members[members >= len(found)] - len(found)
        for here, there in _heads(left[1][mine].tolist(), right[1][theirs].tolist(), tolerance):
            found[mine[here]] = theirs[there]
    return found


def _heads(left: list[int], right: list[int], tolerance: int) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    here = there = 0
    while here < len(left) and there < len(right):
        apart = left[here] - right[there]
        if abs(apart) <= tolerance:
            pairs.append((here, there))
        here += apart <= tolerance
        there += apart >= -tolerance
    return pairs
