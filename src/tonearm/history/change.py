"""Plan a change of a history: pure work between reading the evidence and publishing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tonearm.catalogue.descriptions import Description
from tonearm.catalogue.resolution import resolve
from tonearm.catalogue.store import CatalogueChange, Difference, difference, plan_catalogue
from tonearm.domain.vocabulary import Family
from tonearm.history.arrays import group
from tonearm.history.evidence import Evidence, Lane
from tonearm.history.identity import derive
from tonearm.history.sightings import Context, Plays, Sightings
from tonearm.storage import tables
from tonearm.storage.columns import pack

_Item = TypeVar("_Item", Description, Context)


@dataclass(slots=True)
class Claims:
    """Rows that somebody puts forward as evidence, in their order."""

    family: NDArray[np.uint8]
    description: NDArray[np.uint32]
    clock: NDArray[np.int64]
    ms_played: NDArray[np.int32]
    stamp: NDArray[np.int64]
    context: NDArray[np.uint32]
    descriptions: Sequence[Description]
    contexts: Sequence[Context]

    def __len__(self) -> int:
        return len(self.family)

    def clear(self) -> None:
        """Let go of the columns, which in a large import are most of the memory."""
        empty = np.empty(0, np.uint8)
        self.family = self.description = self.clock = self.ms_played = empty  # type: ignore[assignment]
        self.stamp = self.context = empty  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class ChangedSegments:
    """The months that read otherwise than before; packed only when they are written."""

    rows: dict[tuple[Lane, int], int]
    """Rows by lane and month (counted from January 1970); 0 where a month has become empty."""
    sightings: Sightings
    order: NDArray[np.int32]
    sighting_months: NDArray[np.int16]
    """In that order."""
    plays: Plays
    play_months: NDArray[np.int16]
    description_ids: NDArray[np.uint32]
    context_ids: NDArray[np.uint32]

    def blobs(self) -> Iterator[tuple[Lane, int, bytes]]:
        """Give lane, month and packed columns of every month that is not empty."""
        for (lane, month), count in self.rows.items():
            if count and lane is Lane.SIGHTINGS:
                yield lane, month, pack(self._sightings_of(month))
            elif count:
                yield lane, month, pack(_between(self.plays, self.play_months, month))

    def _sightings_of(self, month: int) -> dict[str, NDArray[np.integer]]:
        start, end = np.searchsorted(self.sighting_months, (month, month + 1))
        part = self.sightings.taken(self.order[start:end])
        part.description = self.description_ids[part.description]
        part.context = self.context_ids[part.context]
        return part.columns()


@dataclass(frozen=True, slots=True)
class Change:
    """What has to be written for a history to move to its next version."""

    user_id: int
    base_version: int
    next_sighting: int
    catalogue: CatalogueChange
    contexts: Difference
    segments: ChangedSegments


@dataclass(frozen=True, slots=True)
class Recorded:
    """A planned change with what it means for each claim."""

    change: Change | None
    """None where no claim was new."""
    sighting: NDArray[np.uint32]
    """For each claim, the id of its sighting."""
    is_new_sighting: NDArray[np.bool_]
    play: NDArray[np.uint32]
    """For each claim, the id of its play."""
    is_new_play: NDArray[np.bool_]
    is_changed_play: NDArray[np.bool_]
    """Whether the claim's play was there before and reads otherwise now."""


def plan_record(evidence: Evidence, claims: Claims) -> Recorded:
    """Plan to add claims to a history; the claims' columns are used up."""
    known, count = evidence.sightings, len(claims)
    descriptions = list(evidence.descriptions)
    contexts = list(evidence.contexts)
    description_at = _places(descriptions, claims.descriptions)
    context_at = _places(contexts, claims.contexts)
    every = Sightings.concatenated(
        [
            known,
            Sightings(
                id=np.zeros(count, np.uint32),
                family=claims.family,
                description=description_at[claims.description],
                clock=claims.clock,
                ms_played=claims.ms_played,
                stamp=claims.stamp,
                context=context_at[claims.context],
                play=np.zeros(count, np.uint32),
            ),
        ]
    )
    claims.clear()
    labels, firsts = group(
        [every.description, every.clock, every.ms_played, every.stamp, every.context, every.family]
    )
    is_kept = np.zeros(len(every), bool)
    is_kept[firsts] = True
    is_kept[: len(known)] = True
    row_of = np.cumsum(is_kept, dtype=np.int32) - 1
    sighting_row = row_of[firsts[labels[len(known) :]]]
    del labels, firsts, row_of
    every.keep(is_kept)
    del is_kept
    fresh = len(every) - len(known)
    if not fresh:
        return _nothing_new(known, sighting_row)
    every.id[len(known) :] = evidence.next_sighting + np.arange(fresh, dtype=np.uint32)
    change, plays, play_of = _plan(
        evidence, every, descriptions, contexts, evidence.next_sighting + fresh
    )
    play = play_of[sighting_row]
    is_old = np.zeros(len(plays), bool)
    is_old[play_of[: len(known)]] = True
    del play_of
    is_changed = is_old & ~_is_unchanged(plays, evidence.plays)
    return Recorded(
        change=change,
        sighting=every.id[sighting_row],
        is_new_sighting=sighting_row >= len(known),
        play=plays.id[play],
        is_new_play=~is_old[play],
        is_changed_play=is_changed[play],
    )


def _nothing_new(known: Sightings, rows: NDArray[np.int32]) -> Recorded:
    """Say of claims that all were known: the plays stay as they are."""
    nowhere = np.zeros(len(rows), bool)
    return Recorded(
        change=None,
        sighting=known.id[rows],
        is_new_sighting=nowhere,
        play=known.play[rows],
        is_new_play=nowhere,
        is_changed_play=nowhere,
    )


def plan_removal(evidence: Evidence, gone: NDArray[np.uint32]) -> Change:
    """Plan to remove sightings by id, as if they had never been there."""
    kept = evidence.sightings.taken(~np.isin(evidence.sightings.id, gone))
    descriptions, contexts = list(evidence.descriptions), list(evidence.contexts)
    return _plan(evidence, kept, descriptions, contexts, evidence.next_sighting)[0]


def _plan(
    evidence: Evidence,
    sightings: Sightings,
    descriptions: list[Description],
    contexts: list[Context],
    next_sighting: int,
) -> tuple[Change, Plays, NDArray[np.int32]]:
    # What nothing claims, such as the names in a malformed row, must not count for anything.
    used = np.zeros(len(descriptions), bool)
    used[sightings.description] = True
    descriptions = [text for text, is_used in zip(descriptions, used, strict=True) if is_used]
    sightings.description = (np.cumsum(used) - 1).astype(np.uint32)[sightings.description]
    is_extended = sightings.family == Family.EXTENDED
    count = len(descriptions)
    resolution = resolve(
        descriptions,
        np.bincount(sightings.description[is_extended], minlength=count).tolist(),
        np.bincount(sightings.description[~is_extended], minlength=count).tolist(),
    )
    derived = derive(sightings, resolution, contexts)
    catalogue = plan_catalogue(evidence.user_id, evidence.catalogue, descriptions, resolution)
    plays = derived.plays
    plays.track = catalogue.track_ids[plays.track]

    used = np.zeros(len(derived.contexts), bool)
    used[plays.context] = True
    used[sightings.context] = True
    context = difference(
        evidence.user_id,
        tables.contexts,
        evidence.stored_contexts,
        {value: () for value, is_used in zip(derived.contexts, used, strict=True) if is_used},
    )
    context_ids = np.fromiter(
        (context.ids.get(value, 0) for value in derived.contexts), np.uint32, len(derived.contexts)
    )
    plays.context = context_ids[plays.context]
    sightings.play = plays.id[derived.play_of]
    segments = _changed_segments(evidence, sightings, plays, catalogue, context_ids)
    change = Change(evidence.user_id, evidence.version, next_sighting, catalogue, context, segments)
    return change, plays, derived.play_of


def _changed_segments(
    evidence: Evidence,
    sightings: Sightings,
    plays: Plays,
    catalogue: CatalogueChange,
    context_ids: NDArray[np.uint32],
) -> ChangedSegments:
    rows: dict[tuple[Lane, int], int] = {}
    months = month_of(sightings.clock)
    dirty = _dirty_sighting_months(evidence.sightings, sightings, months)
    order = np.lexsort((sightings.id, sightings.clock)).astype(np.int32)
    sighting_months = months[order]
    del months
    for month in dirty.tolist():
        start, end = np.searchsorted(sighting_months, (month, month + 1)).tolist()
        rows[Lane.SIGHTINGS, month] = end - start
    before, after = month_of(evidence.plays.ended_at), month_of(plays.ended_at)
    for month in np.union1d(before, after).tolist():
        old = _between(evidence.plays, before, month)
        new = _between(plays, after, month)
        if any(not np.array_equal(old[name], new[name]) for name in new):
            rows[Lane.PLAYS, month] = len(new["id"])
    return ChangedSegments(
        rows=rows,
        sightings=sightings,
        order=order,
        sighting_months=sighting_months,
        plays=plays,
        play_months=after,
        description_ids=catalogue.description_ids,
        context_ids=context_ids,
    )


def month_of(instants: NDArray[np.int64]) -> NDArray[np.int16]:
    """Give the UTC months of instants, counted from January 1970."""
    return instants.view("datetime64[ms]").astype("datetime64[M]").astype(np.int16)


def _between(plays: Plays, months: NDArray[np.int16], month: int) -> dict[str, NDArray[np.integer]]:
    bounds = slice(int(np.searchsorted(months, month)), int(np.searchsorted(months, month + 1)))
    return {name: column[bounds] for name, column in plays.columns().items()}


def _dirty_sighting_months(
    before: Sightings, after: Sightings, months: NDArray[np.int16]
) -> NDArray[np.int16]:
    """Months in which a sighting came, went, or changed its play."""
    gone = ~np.isin(before.id, after.id)
    order = np.argsort(before.id)
    known = np.isin(after.id, before.id)
    moved = ~known
    rows = order[np.searchsorted(before.id[order], after.id[known])]
    moved[known] = before.play[rows] != after.play[known]
    return np.unique(np.concatenate([months[moved], month_of(before.clock[gone])]))


def _is_unchanged(plays: Plays, before: Plays) -> NDArray[np.bool_]:
    """For each play, whether one of the same id read just so before."""
    if not len(before):
        return np.zeros(len(plays), bool)
    order = np.argsort(before.id)
    rows = order[np.minimum(np.searchsorted(before.id[order], plays.id), len(before) - 1)]
    same = np.ones(len(plays), bool)
    for name, column in plays.columns().items():
        same &= before.columns()[name][rows] == column
    return same


def _places(known: list[_Item], claimed: Sequence[_Item]) -> NDArray[np.uint32]:
    """Find each claimed item's position in a list, appending those it lacks."""
    positions = {item: position for position, item in enumerate(known)}
    places = np.empty(len(claimed), np.uint32)
    for index, item in enumerate(claimed):
        place = positions.setdefault(item, len(known))
        if place == len(known):
            known.append(item)
        places[index] = place
    return places
