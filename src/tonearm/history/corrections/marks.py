"""Marks: which evidence a correction chose, by its content, and which plays hold that evidence now.

Evidence comes and goes and has other ids when it comes back; its content stays. So whatever is deleted stays deleted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, insert, select, update

from tonearm.catalogue.descriptions import Description
from tonearm.domain.vocabulary import CorrectionKind
from tonearm.history.sightings import Context, Sightings
from tonearm.storage.columns import pack, unpack
from tonearm.storage.tables import corrections
from tonearm.storage.tables import marks as table

_SCRAMBLES = (
    (np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)),
    (np.uint64(27), np.uint64(0x94D049BB133111EB)),
)
_LAST_SHIFT = np.uint64(31)
_SIGN = np.uint64(1)  # packed columns are signed: keys leave the sign free


@dataclass(frozen=True, slots=True)
class Mark:
    """The evidence one correction chose."""

    correction_id: int
    kind: CorrectionKind
    evidence: NDArray[np.int64]
    """Keys of sightings; of descriptions where wordings are split off."""
    plays: NDArray[np.uint32]
    """The plays that hold such evidence now, ascending."""


def load_marks(connection: Connection, user_id: int) -> tuple[Mark, ...]:
    """Read the marks of the corrections in force, by their ids."""
    rows = connection.execute(
        select(table.c.correction_id, corrections.c.kind, table.c.evidence, table.c.plays)
        .join(
            corrections,
            (corrections.c.user_id == table.c.user_id)
            & (corrections.c.id == table.c.correction_id),
        )
        .where(table.c.user_id == user_id, corrections.c.undone_at.is_(None))
        .order_by(table.c.correction_id)
    )
    return tuple(
        Mark(
            row.correction_id,
            CorrectionKind(row.kind),
            unpack(row.evidence)["key"].astype(np.int64),
            _plays(row.plays),
        )
        for row in rows
    )


def marked_by(connection: Connection, user_id: int, correction_id: int) -> tuple[int, ...]:
    """Give the plays that one correction holds, or held when it was undone; none where it has no mark."""
    is_its = (table.c.user_id == user_id) & (table.c.correction_id == correction_id)
    packed = connection.scalar(select(table.c.plays).where(is_its))
    return () if packed is None else tuple(_plays(packed).tolist())


def _plays(packed: bytes) -> NDArray[np.uint32]:
    return unpack(packed)["id"].astype(np.uint32)


def insert_mark(connection: Connection, user_id: int, mark: Mark) -> None:
    """Write the mark of a new correction."""
    connection.execute(
        insert(table).values(
            user_id=user_id,
            correction_id=mark.correction_id,
            evidence=pack({"key": mark.evidence}),
            plays=pack({"id": mark.plays}),
        )
    )


def update_marks(connection: Connection, user_id: int, marks: Iterable[Mark]) -> None:
    """Write which plays hold the evidence of marks now."""
    for mark in marks:
        connection.execute(
            update(table)
            .where(table.c.user_id == user_id, table.c.correction_id == mark.correction_id)
            .values(plays=pack({"id": mark.plays}))
        )


def follow(
    marks: Sequence[Mark],
    sightings: Sightings,
    descriptions: Sequence[Description],
    contexts: Sequence[Context],
) -> tuple[Mark, ...]:
    """Find the plays that hold marked evidence among sightings that know their plays."""
    if not marks:
        return ()
    words = description_keys(descriptions)
    keys = sighting_keys(sightings, descriptions, contexts)
    wanted = np.unique(np.concatenate([mark.evidence for mark in marks]))
    # Most sightings are marked by nothing: they are left out at once.
    places = np.minimum(np.searchsorted(wanted, keys), len(wanted) - 1)
    some = np.flatnonzero(wanted[places] == keys)
    keys, plays = keys[some], sightings.play[some]
    followed: list[Mark] = []
    for mark in marks:
        if mark.kind is CorrectionKind.SPLIT:
            held = sightings.play[np.isin(words, mark.evidence)[sightings.description]]
        else:
            held = plays[np.isin(keys, mark.evidence)]
        followed.append(replace(mark, plays=np.unique(held)))
    return tuple(followed)


def marked_plays(marks: Iterable[Mark], kind: CorrectionKind) -> NDArray[np.uint32]:
    """Give the plays that the corrections of a kind hold."""
    plays = [mark.plays for mark in marks if mark.kind is kind]
    return np.unique(np.concatenate([np.empty(0, np.uint32), *plays]))


def deleted_sightings(sightings: Sightings, marks: Iterable[Mark]) -> NDArray[np.uint32]:
    """Give the ids of the sightings whose play is deleted."""
    plays = marked_plays(marks, CorrectionKind.DELETE)
    return sightings.id[np.isin(sightings.play, plays)] if len(plays) else plays


def sighting_keys(
    sightings: Sightings, descriptions: Sequence[Description], contexts: Sequence[Context]
) -> NDArray[np.int64]:
    """Give each sighting a key of its content; the same content has the same one for ever, on every machine."""
    mixed = np.zeros(len(sightings), np.uint64)
    for column in (
        _digests(descriptions)[sightings.description],
        _digests(contexts)[sightings.context],
        sightings.family,
        sightings.clock,
        sightings.ms_played,
        sightings.stamp,
    ):
        mixed += column.astype(np.uint64)
        for shift, factor in _SCRAMBLES:
            mixed ^= mixed >> shift
            mixed *= factor
        mixed ^= mixed >> _LAST_SHIFT
    return (mixed >> _SIGN).astype(np.int64)


def description_keys(descriptions: Sequence[Description]) -> NDArray[np.int64]:
    """Do the same for descriptions."""
    return (_digests(descriptions) >> _SIGN).astype(np.int64)


def _digests(items: Sequence[tuple[str | bool | None, ...]]) -> NDArray[np.uint64]:
    digests = (int.from_bytes(blake2b(_spelled(item), digest_size=8).digest()) for item in items)
    return np.fromiter(digests, np.uint64, len(items))


def _spelled(parts: tuple[str | bool | None, ...]) -> bytes:
    """Write parts one after another so that no two tuples read the same."""
    spelled = bytearray()
    for part in parts:
        if part is None or isinstance(part, bool):
            spelled += {None: b"?", False: b"-", True: b"+"}[part]
        else:
            text = part.encode()
            spelled += b"'" + len(text).to_bytes(4) + text
    return bytes(spelled)
