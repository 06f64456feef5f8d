"""Plan a change of a history: pure work between reading the evidence and publishing."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tonearm.catalogue.credits import credits_of
from tonearm.catalogue.descriptions import Description
from tonearm.catalogue.resolution import resolve
from tonearm.catalogue.store import CatalogueChange, Difference, difference, plan_catalogue
from tonearm.domain.vocabulary import Family
from tonearm.history.arrays import group
from tonearm.history.aside import set_aside
from tonearm.history.corrections.marks import Mark, deleted_sightings, follow
from tonearm.history.evidence import Evidence, Lane
from tonearm.history.identity import derive
from tonearm.history.sightings import SIGHTING_TYPES, Context, Plays, Sightings
from tonearm.storage import tables
from tonearm.storage.columns import pack

_Item = TypeVar("_Item", Description, Context)
_NOTHING = np.empty(0, np.intp)


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
    credits: Mapping[str, Collection[str]] = field(default_factory=dict)
    """The artists of tracks by URI, where somebody names all of them."""

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
    plays: Plays
    description_ids: NDArray[np.uint32]
    context_ids: NDArray[np.uint32]

    def blobs(self) -> Iterator[tuple[Lane, int, bytes]]:
        """Give lane, month and packed columns of every month that is not empty, once; the columns are used up."""
        for month in self._written(Lane.PLAYS):
            yield Lane.PLAYS, month, pack(_plays_of(self.plays, month))
        self.plays.reorder(_NOTHING)
        for month in self._written(Lane.SIGHTINGS):
            yield Lane.SIGHTINGS, month, pack(self._sightings_of(month))
        self.sightings.reorder(_NOTHING)

    def _written(self, wanted: Lane) -> list[int]:
        return [month for (lane, month), count in self.rows.items() if count and lane is wanted]

    def _sightings_of(self, month: int) -> dict[str, NDArray[np.integer]]:
        part = self.sightings.taken(_within(self.sightings.clock, month))
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
    base_corrected: int
    marks: tuple[Mark, ...]
    """With the plays that hold their evidence afterwards."""


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
    deleted: NDArray[np.uint32]
    """The ids of all sightings whose play is deleted."""


def plan_record(evidence: Evidence, claims: Claims) -> Recorded:
    """Plan to add claims to a history; the claims' columns are used up."""
    known, count = evidence.sightings, len(claims)
    descriptions = list(evidence.descriptions)
    contexts = list(evidence.contexts)
    description_at = _places(descriptions, claims.descriptions)
    context_at = _places(contexts, claims.contexts)
    claimed = Sightings(
        id=np.zeros(count, np.uint32),
        family=claims.family,
        description=description_at[claims.description],
        clock=claims.clock,
        ms_played=claims.ms_played,
        stamp=claims.stamp,
        context=context_at[claims.context],
        play=np.zeros(count, np.uint32),
    )
    claims.clear()
    every = known.taken(slice(None))
    every.take_over(claimed)
    # Until the plays are there, nobody asks for what was known.
    known.set_aside(*SIGHTING_TYPES)
    evidence.plays.set_aside()
    row = _keep_distinct(every, len(known))
    fresh = len(every) - len(known)
    if not fresh:
        return _nothing_new(evidence, row)
    first_new = evidence.next_sighting
    every.id[len(known) :] = np.arange(first_new, first_new + fresh, dtype=np.uint32)
    # Planning fills it in; until then zeros that nobody touches take no memory.
    every.play = np.zeros(len(every), np.uint32)
    row = set_aside(_sorted_by_clock(every)[row])
    every.set_aside("id", "family")
    change, plays = _plan(
        evidence, every, descriptions, contexts, first_new + fresh, claims.credits
    )
    for sightings in (known, every):
        sightings.set_aside(*SIGHTING_TYPES)
    sighting, play = every.id[row], every.play[row]
    del row
    every.set_aside("id", "play")
    # The id of a play is the lowest of its sightings: of an old one, it is known.
    old = np.flatnonzero(plays.id < first_new)
    changed = plays.id[old[~_is_unchanged(plays, old, evidence.plays)]]
    return Recorded(
        change=change,
        sighting=sighting,
        is_new_sighting=sighting >= first_new,
        play=play,
        is_new_play=play >= first_new,
        is_changed_play=np.isin(play, changed),
        deleted=deleted_sightings(every, change.marks),
    )


def _keep_distinct(every: Sightings, known: int) -> NDArray[np.int32]:
    """Let go of claims that say what another row says; give where each of those behind the first `known` is said."""
    labels, firsts = group(
        [every.description, every.clock, every.ms_played, every.stamp, every.context, every.family]
    )
    is_kept = np.zeros(len(every), bool)
    is_kept[firsts] = True
    is_kept[:known] = True
    row_of = np.cumsum(is_kept, dtype=np.int32) - 1
    row: NDArray[np.int32] = row_of[firsts[labels[known:]]]
    del labels, firsts, row_of
    every.keep(is_kept)
    return row


def _sorted_by_clock(sightings: Sightings) -> NDArray[np.int32]:
    """Sort sightings by clock and id, as they are stored; for each row before, give its row now."""
    order = np.lexsort((sightings.id, sightings.clock)).astype(np.int32)
    sightings.reorder(order)
    row_of = np.empty(len(order), np.int32)
    row_of[order] = np.arange(len(order), dtype=np.int32)
    return row_of


def _nothing_new(evidence: Evidence, rows: NDArray[np.int32]) -> Recorded:
    """Say of claims that all were known: the plays stay as they are."""
    known = evidence.sightings
    nowhere = np.zeros(len(rows), bool)
    return Recorded(
        change=None,
        sighting=known.id[rows],
        is_new_sighting=nowhere,
        play=known.play[rows],
        is_new_play=nowhere,
        is_changed_play=nowhere,
        deleted=deleted_sightings(known, evidence.marks),
    )


def plan_removal(evidence: Evidence, gone: NDArray[np.uint32]) -> Change:
    """Plan to remove sightings by id, as if they had never been there."""
    kept = evidence.sightings.taken(~np.isin(evidence.sightings.id, gone))
    descriptions, contexts = list(evidence.descriptions), list(evidence.contexts)
    change, _ = _plan(evidence, kept, descriptions, contexts, evidence.next_sighting, {})
    return change


def _plan(
    evidence: Evidence,
    sightings: Sightings,
    descriptions: list[Description],
    contexts: list[Context],
    next_sighting: int,
    told: Mapping[str, Collection[str]],
) -> tuple[Change, Plays]:
    """Plan for the history to be these sightings, sorted by clock and id; sets their plays."""
    # What nothing claims, such as the names in a malformed row, must not count for anything.
    used = np.zeros(len(descriptions), bool)
    used[sightings.description] = True
    descriptions = [text for text, is_used in zip(descriptions, used, strict=True) if is_used]
    sightings.description = (np.cumsum(used) - 1).astype(np.uint32)[sightings.description]
    uses = _uses(sightings, len(descriptions))
    resolution = resolve(descriptions, uses)
    derived = derive(sightings, resolution, contexts)
    polled = {
        text.uri
        for text, count in zip(descriptions, uses[Family.POLL], strict=True)
        if count and text.uri is not None
    }
    credited = credits_of(evidence.catalogue.credits, told, polled)
    catalogue = plan_catalogue(
        evidence.user_id, evidence.catalogue, descriptions, resolution, credited
    )
    del resolution
    plays = derived.plays
    plays.track = catalogue.track_ids[plays.track]

    used = np.zeros(len(derived.contexts), bool)
    used[plays.context] = True
    used[sightings.context] = True
    sightings.set_aside("context")
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
    marks = follow(evidence.marks, sightings, descriptions, derived.contexts)
    segments = _changed_segments(evidence, sightings, plays, catalogue, context_ids)
    change = Change(
        evidence.user_id,
        evidence.version,
        next_sighting,
        catalogue,
        context,
        segments,
        evidence.corrected,
        marks,
    )
    return change, plays


def _uses(sightings: Sightings, count: int) -> list[list[int]]:
    """For each family count the sightings that have each description."""
    return [
        np.bincount(sightings.description[sightings.family == family], minlength=count).tolist()
        for family in Family
    ]


def _changed_segments(
    evidence: Evidence,
    sightings: Sightings,
    plays: Plays,
    catalogue: CatalogueChange,
    context_ids: NDArray[np.uint32],
) -> ChangedSegments:
    rows: dict[tuple[Lane, int], int] = {}
    known, before = evidence.sightings, evidence.plays
    is_gone, is_moved = _gone(known, sightings), _moved(known, sightings)
    for month in _months(known.clock, sightings.clock):
        new = _within(sightings.clock, month)
        if is_moved[new].any() or is_gone[_within(known.clock, month)].any():
            rows[Lane.SIGHTINGS, month] = new.stop - new.start
    for read in (known, sightings):
        read.set_aside("id")
    for month in _months(before.ended_at, plays.ended_at):
        old_part, part = _plays_of(before, month), _plays_of(plays, month)
        if any(not np.array_equal(old_part[name], part[name]) for name in part):
            rows[Lane.PLAYS, month] = len(part["id"])
    return ChangedSegments(
        rows=rows,
        sightings=sightings,
        plays=plays,
        description_ids=catalogue.description_ids,
        context_ids=context_ids,
    )


def month_of(instants: NDArray[np.int64]) -> NDArray[np.int16]:
    """Give the UTC months of instants, counted from January 1970."""
    return instants.view("datetime64[ms]").astype("datetime64[M]").astype(np.int16)


def _months(*columns: NDArray[np.int64]) -> range:
    """Give the months from the first to the last of some sorted instants."""
    ends = [month_of(column[[0, -1]]).tolist() for column in columns if len(column)]
    return (
        range(min(first for first, _ in ends), max(last for _, last in ends) + 1)
        if ends
        else range(0)
    )


def _within(instants: NDArray[np.int64], month: int) -> slice:
    """Give the rows of a month among sorted instants."""
    bounds = np.array([month, month + 1], "datetime64[M]").astype("datetime64[ms]").astype(np.int64)
    start, end = np.searchsorted(instants, bounds).tolist()
    return slice(start, end)


def _plays_of(plays: Plays, month: int) -> dict[str, NDArray[np.integer]]:
    rows = _within(plays.ended_at, month)
    return {name: column[rows] for name, column in plays.columns().items()}


def _gone(before: Sightings, after: Sightings) -> NDArray[np.bool_]:
    """For each sighting of before, whether it is not there any more."""
    return ~np.isin(before.id, after.id)


def _moved(before: Sightings, after: Sightings) -> NDArray[np.bool_]:
    """For each sighting of after, whether it came or has changed its play."""
    order = np.argsort(before.id)
    known = np.isin(after.id, before.id)
    moved = ~known
    rows = order[np.searchsorted(before.id[order], after.id[known])]
    moved[known] = before.play[rows] != after.play[known]
    return moved


def _is_unchanged(plays: Plays, rows: NDArray[np.int64], before: Plays) -> NDArray[np.bool_]:
    """For some plays, by row, whether one of the same id read just so before."""
    if not len(before):
        return np.zeros(len(rows), bool)
    order = np.argsort(before.id)
    places = np.searchsorted(before.id[order], plays.id[rows])
    known = order[np.minimum(places, len(before) - 1)]
    same = np.ones(len(rows), bool)
    for name, column in plays.columns().items():
        same &= before.columns()[name][known] == column[rows]
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
