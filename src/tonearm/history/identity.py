"""plays = f(sightings): which sightings are one play, and what it looks like.

Pure, set-based, and blind to everything but the sightings themselves (docs/explanation/plays.md, "Plays").
"""

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from tonearm.catalogue.resolution import Resolution
from tonearm.domain.vocabulary import Family
from tonearm.history.arrays import ROWS_AT_ONCE, best_match, group, slices
from tonearm.history.polled import ExtendedPlays, place
from tonearm.history.sightings import Context, Plays, Sightings, context_ranks

_MINUTE = 60_000
_LATEST_LEAD = 5 * _MINUTE
_LONGEST_LAG = 30 * 24 * 60 * _MINUTE

_Number = TypeVar("_Number", bound=np.generic)
_Labels = NDArray[np.int32]
_Columns = list[NDArray[np.integer]]


@dataclass(frozen=True, slots=True)
class Derived:
    """The plays that sightings amount to."""

    plays: Plays
    """`track` counts in the resolution, `context` in `contexts`."""
    play_of: NDArray[np.int32]
    """For each sighting the row of its play."""
    contexts: list[Context]
    """The contexts given, followed by those that merging made."""


def derive(sightings: Sightings, resolution: Resolution, contexts: list[Context]) -> Derived:
    """Derive plays; `description` and `context` of the sightings are positions in what is passed beside."""
    is_extended = sightings.family == Family.EXTENDED
    extended = np.flatnonzero(is_extended).astype(np.int32)
    is_poll = sightings.family == Family.POLL
    account = np.flatnonzero(~(is_extended | is_poll)).astype(np.int32)
    polls = np.flatnonzero(is_poll).astype(np.int32)
    del is_extended, is_poll
    contexts = list(contexts)

    labels = _label_extended(sightings, resolution.track_of, extended)
    # Of the columns set aside here and below, little is asked until they are written.
    sightings.set_aside("description", "ms_played")
    merged = _Merged.of(sightings, extended, labels, contexts)
    merged.settle_times(sightings, contexts)
    absorbed_by = _absorb(sightings, resolution, account, extended, merged, labels)
    absorbed = absorbed_by >= 0
    alone = account[~absorbed]

    play_of = np.empty(len(sightings), np.int32)
    play_of[extended] = labels
    play_of[account[absorbed]] = labels[absorbed_by[absorbed]]
    play_of[alone] = np.arange(len(alone), dtype=np.int32) + len(merged.first)
    around = alone
    if len(polls):
        play_of[polls], alone, around = _place_polls(
            sightings, resolution, contexts, polls, extended, labels, merged, alone
        )
    del labels, extended

    first = _joined(merged.first, alone)
    ended_at = _joined(merged.ended_at, sightings.clock[alone])
    started_at = _joined(merged.started_at, sightings.clock[alone] - sightings.ms_played[alone])
    context = _joined(merged.context, sightings.context[around])
    del merged
    ids = np.full(len(first), np.iinfo(np.uint32).max, np.uint32)
    np.minimum.at(ids, play_of, sightings.id)
    sightings.set_aside("id", "ms_played")
    order = np.lexsort((ids, started_at, ended_at)).astype(np.int32)
    # Each column is put in order before the next is made, so that only one is ever held twice.
    ids = ids[order]
    ended_at = ended_at[order]
    started_at = started_at[order]
    context = context[order]
    first = first[order]
    plays = Plays(
        id=ids,
        ended_at=ended_at,
        started_at=started_at,
        ms_played=sightings.ms_played[first],
        track=resolution.track_of[sightings.description[first]].view(np.uint32),
        context=context,
    )
    del first
    sightings.set_aside("description", "ms_played")
    rank = _ranks(order)
    del order
    return Derived(plays, rank[play_of], contexts)


def _place_polls(
    sightings: Sightings,
    resolution: Resolution,
    contexts: list[Context],
    polls: NDArray[np.int32],
    extended: NDArray[np.int32],
    labels: _Labels,
    merged: "_Merged",
    alone: NDArray[np.int32],
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Give which play each poll tells of, and `alone` with the rows of plays that polls alone tell of behind it.

    Plays that extended histories tell of come first, then these. For these the rows are given too that tell of the
    circumstances: account data knows none, so that a poll may.
    """
    known = ExtendedPlays(extended, labels, merged.first, merged.ended_at)
    exported = np.flatnonzero(sightings.family[alone] == Family.ACCOUNT)
    placed = place(sightings, resolution, contexts, polls, known, alone[exported])
    known_as = np.append(exported, -1)[placed.account]
    number = np.where(placed.account < 0, placed.listen + len(alone), known_as)
    number += len(known.first)
    around = alone.copy()
    around[exported[placed.counted]] = placed.spoken
    return (
        np.where(placed.extended < 0, number, placed.extended),
        np.concatenate([alone, placed.alone]),
        np.concatenate([around, placed.alone]),
    )


def _ranks(order: NDArray[np.int32]) -> NDArray[np.int32]:
    """Give at which place each row stands in an order."""
    rank = np.empty(len(order), np.int32)
    for part in slices(len(order)):
        rank[order[part]] = np.arange(part.start, part.start + len(order[part]), dtype=np.int32)
    return rank


def _label_extended(
    sightings: Sightings, track_of: NDArray[np.int32], rows: NDArray[np.int32]
) -> _Labels:
    """Number the plays of the extended sightings, densely from 0.

    Plays never span tracks, so tracks are taken some at a time: that bounds the memory for sorting.
    """
    parts = len(rows) // ROWS_AT_ONCE + 1
    if parts == 1:
        return _label(sightings, track_of, rows)[0]
    labels = np.empty(len(rows), np.int32)
    part_of = (track_of % parts).astype(np.int16)[sightings.description[rows]]
    count = 0
    for part in range(parts):
        chosen = np.flatnonzero(part_of == part)
        found, found_count = _label(sightings, track_of, rows[chosen])
        labels[chosen] = found + count
        count += found_count
    return labels


def _label(
    sightings: Sightings, track_of: NDArray[np.int32], rows: NDArray[np.int32]
) -> tuple[_Labels, int]:
    clock, stamp = sightings.clock[rows], sightings.stamp[rows]
    ms_played, tracks = sightings.ms_played[rows], track_of[sightings.description[rows]]
    is_stamped = stamp > 0
    # Odd anchors are start seconds, even ones end clocks: the two never meet.
    anchor = np.where(is_stamped, stamp // 1000 * 2 + 1, clock * 2)
    labels, firsts = group([tracks, anchor, ms_played])
    unstamped, stamped = np.flatnonzero(~is_stamped), np.flatnonzero(is_stamped)
    if not len(unstamped) or not len(stamped):
        return labels, len(firsts)
    columns: _Columns = [tracks, clock, ms_played]
    found = best_match(
        [column[unstamped] for column in columns],
        [column[stamped] for column in columns],
        [stamp[stamped]],
    )
    joins = found >= 0
    labels[unstamped[joins]] = labels[stamped[found[joins]]]
    used = np.zeros(len(firsts), bool)
    used[labels] = True
    return (np.cumsum(used, dtype=np.int32) - 1)[labels], int(used.sum())


def _joined(left: NDArray[_Number], right: NDArray[_Number]) -> NDArray[_Number]:
    return np.concatenate([left, right]) if len(right) else left


@dataclass(frozen=True, slots=True)
class _Merged:
    """The extended plays: a sighting of each, its times, and its merged context."""

    first: NDArray[np.int32]
    ended_at: NDArray[np.int64]
    """The earliest `ts`, until `settle_times`."""
    started_at: NDArray[np.int64]
    """The finest stamp, or 0, until `settle_times`."""
    context: NDArray[np.uint32]

    @classmethod
    def of(
        cls,
        sightings: Sightings,
        rows: NDArray[np.int32],
        labels: _Labels,
        contexts: list[Context],
    ) -> "_Merged":
        count = int(labels.max()) + 1 if len(labels) else 0
        clock = np.full(count, np.iinfo(np.int64).max)
        for part in slices(len(rows)):
            np.minimum.at(clock, labels[part], sightings.clock[rows[part]])
        sightings.set_aside("clock")
        stamp = np.zeros(count, np.int64)
        for part in slices(len(rows)):
            np.maximum.at(stamp, labels[part], sightings.stamp[rows[part]])
        sightings.set_aside("stamp")
        first = np.empty(count, np.int32)
        context = np.empty(count, np.uint32)
        for part in slices(len(rows)):
            label, row = labels[part], rows[part]
            first[label] = row
            context[label] = sightings.context[row]
        is_mixed = np.zeros(count, bool)
        for part in slices(len(rows)):
            label = labels[part]
            is_mixed[label[sightings.context[rows[part]] != context[label]]] = True
        if is_mixed.any():
            _merge_contexts(sightings, rows, labels, is_mixed, context, contexts)
        sightings.set_aside("stamp", "context")
        return cls(first, clock, stamp, context)

    def settle_times(self, sightings: Sightings, contexts: list[Context]) -> None:
        """Turn `ts` and stamp into end and start, in place and some plays at a time, to spare memory."""
        is_offline = np.array([bool(context.offline) for context in contexts], bool)
        for part in slices(len(self.first)):
            clock, stamp = self.ended_at[part], self.started_at[part]
            ms_played = sightings.ms_played[self.first[part]]
            stamped_end = stamp + ms_played
            is_sane = (
                (stamp > 0)
                & (stamped_end >= clock - _LONGEST_LAG)
                & (stamped_end <= clock + _LATEST_LEAD)
            )
            np.copyto(clock, stamped_end, where=is_sane & is_offline[self.context[part]])
            np.copyto(stamp, clock - ms_played, where=~is_sane)


def _merge_contexts(
    sightings: Sightings,
    rows: NDArray[np.int32],
    labels: _Labels,
    is_mixed: NDArray[np.bool_],
    merged: NDArray[np.uint32],
    contexts: list[Context],
) -> None:
    """Fold the contexts of plays that have several, in the order of the evidence."""
    rank = context_ranks(contexts)
    chosen = is_mixed[labels]
    rows, labels = rows[chosen], labels[chosen]
    context = sightings.context[rows]
    stamp = np.where(sightings.stamp[rows] > 0, sightings.stamp[rows], np.iinfo(np.int64).max)
    order = np.lexsort((rank[context], stamp, sightings.clock[rows], labels))
    labels, context = labels[order], context[order]
    starts = np.flatnonzero(np.diff(labels, prepend=-1))
    place = np.arange(len(labels)) - np.repeat(starts, np.diff(starts, append=len(labels)))
    numbers = {value: number for number, value in reversed(list(enumerate(contexts)))}
    merged[labels[starts]] = context[starts]
    for step in range(1, int(place.max()) + 1):
        at = np.flatnonzero(place == step)
        targets = labels[at]
        pairs = merged[targets].astype(np.int64) << 32 | context[at]
        distinct, inverse = np.unique(pairs, return_inverse=True)
        outcome = np.empty(len(distinct), np.uint32)
        for index, pair in enumerate(distinct.tolist()):
            value = contexts[pair >> 32].merged(contexts[pair & 0xFFFFFFFF])
            number = numbers.setdefault(value, len(contexts))
            if number == len(contexts):
                contexts.append(value)
            outcome[index] = number
        merged[targets] = outcome[inverse]


def _absorb(
    sightings: Sightings,
    resolution: Resolution,
    account: NDArray[np.int32],
    extended: NDArray[np.int32],
    merged: _Merged,
    labels: _Labels,
) -> NDArray[np.int64]:
    """For each account sighting find the place in `extended` of the play that absorbs it, or -1."""
    if not len(account) or not len(extended):
        return np.full(len(account), -1, np.int64)
    pair = resolution.pair_of[sightings.description]
    near = np.flatnonzero(np.isin(pair[extended], pair[account]))
    rows = extended[near]
    stamp, ms_played = sightings.stamp[rows], sightings.ms_played[rows]
    client_end = stamp + ms_played
    # A stamp in whole seconds may stand for a moment almost a second later.
    latest_end = np.where(stamp % 1000 == 0, client_end + 999, client_end)
    minutes = [sightings.clock[rows] // _MINUTE]
    minutes += [np.where(stamp > 0, end // _MINUTE, -1) for end in (client_end, latest_end)]
    offered: _Columns = [
        np.tile(pair[rows], 3),
        np.tile(ms_played, 3),
        np.concatenate(minutes),
    ]
    wanted: _Columns = [
        pair[account],
        sightings.ms_played[account],
        sightings.clock[account] // _MINUTE,
    ]
    play = labels[near]
    # Ids depend on the order of imports: what settles a tie must not.
    preference: _Columns = [
        np.tile(column, 3)
        for column in (
            merged.ended_at[play],
            merged.started_at[play],
            resolution.ranks(sightings.description[rows]),
            stamp,
            sightings.clock[rows],
        )
    ]
    found = best_match(wanted, offered, preference)
    place = near[np.where(found >= 0, found % max(len(rows), 1), 0)] if len(near) else found
    return np.where(found >= 0, place, -1)
