"""A listener's whole evidence as it stands in one version of the history."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from tonearm.catalogue.descriptions import Description
from tonearm.catalogue.store import Catalogue, Stored, load_catalogue
from tonearm.domain.vocabulary import CorrectionKind
from tonearm.history.corrections.marks import (
    Mark,
    deleted_sightings,
    load_marks,
    marked_plays,
)
from tonearm.history.sightings import PLAY_TYPES, SIGHTING_TYPES, Context, Plays, Sightings
from tonearm.storage.columns import unpack
from tonearm.storage.tables import contexts, histories, manifest, segments


class Lane(IntEnum):
    """What a segment holds."""

    SIGHTINGS = 0
    PLAYS = 1


class Month(NamedTuple):
    """What the manifest says of a month: one revision never has other rows than it has now."""

    revision: int
    rows: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything `derive` needs, and what it said the last time."""

    user_id: int
    version: int
    next_sighting: int
    sightings: Sightings
    """`description` and `context` are positions in the lists below."""
    descriptions: list[Description]
    contexts: list[Context]
    plays: Plays
    """As stored: `track` and `context` are ids."""
    catalogue: Catalogue
    stored_contexts: Stored
    corrected: int = 0
    """How many corrections were made or undone."""
    marks: tuple[Mark, ...] = ()


def load_evidence(connection: Connection, user_id: int) -> Evidence:
    """Read the evidence of a listener; memory is about 60 bytes a sighting."""
    row = connection.execute(
        select(histories.c.version, histories.c.next_sighting, histories.c.corrected).where(
            histories.c.user_id == user_id
        )
    ).one_or_none()
    version, next_sighting, corrected = row or (0, 1, 0)
    catalogue = load_catalogue(connection, user_id)
    stored_contexts = load_contexts(connection, user_id)
    sightings = Sightings(**load_lane(connection, user_id, Lane.SIGHTINGS, SIGHTING_TYPES))
    sightings.description = _positions(sightings.description, catalogue.descriptions)
    sightings.context = _positions(sightings.context, stored_contexts)
    return Evidence(
        user_id=user_id,
        version=version,
        next_sighting=next_sighting,
        sightings=sightings,
        descriptions=list(catalogue.descriptions),
        contexts=list(stored_contexts),
        plays=Plays(**load_lane(connection, user_id, Lane.PLAYS, PLAY_TYPES)),
        catalogue=catalogue,
        stored_contexts=stored_contexts,
        corrected=corrected,
        marks=load_marks(connection, user_id),
    )


def load_deleted(connection: Connection, user_id: int) -> NDArray[np.uint32]:
    """Read the ids of the sightings whose play is deleted; cheap where none is."""
    marks = load_marks(connection, user_id)
    if not len(marked_plays(marks, CorrectionKind.DELETE)):
        return np.empty(0, np.uint32)
    sightings = Sightings(**load_lane(connection, user_id, Lane.SIGHTINGS, SIGHTING_TYPES))
    return deleted_sightings(sightings, marks)


def load_contexts(
    connection: Connection, user_id: int, first: int = 0
) -> dict[Context, tuple[int]]:
    """Read a listener's contexts, from some id on, by what they say and in the order of their ids."""
    columns = [column for column in contexts.columns if column.name != "user_id"]
    rows = connection.execute(
        select(*columns)
        .where(contexts.c.user_id == user_id, contexts.c.id >= first)
        .order_by(contexts.c.id)
    )
    texts: dict[Any, Any] = {}  # hundreds of contexts name one platform
    return {Context(*map(texts.setdefault, row[1:], row[1:])): (row[0],) for row in rows}


def list_months(connection: Connection, user_id: int, lane: Lane) -> dict[int, Month]:
    """Give the segments in force of one lane by month, counted from January 1970 and ascending."""
    rows = connection.execute(
        select(manifest.c.month, manifest.c.revision, manifest.c.rows)
        .where(manifest.c.user_id == user_id, manifest.c.lane == lane)
        .order_by(manifest.c.month)
    )
    return {row.month: Month(row.revision, row.rows) for row in rows}


def load_lane(
    connection: Connection, user_id: int, lane: Lane, types: dict[str, type[np.integer]]
) -> dict[str, Any]:
    """Read the segments in force of one lane, month after month, as whole columns."""
    parts = load_months(connection, user_id, lane, names=types).values()
    return {
        name: np.concatenate([part[name] for part in parts] or [np.empty(0, dtype)])
        for name, dtype in types.items()
    }


def load_months(
    connection: Connection,
    user_id: int,
    lane: Lane,
    wanted: Collection[int] | None = None,
    names: Collection[str] | None = None,
) -> dict[int, dict[str, NDArray[np.integer]]]:
    """Read the segments in force of one lane, or some columns of the wanted months, by month and ascending."""
    query = (
        select(segments.c.month, segments.c.data)
        .join(
            manifest,
            (manifest.c.user_id == segments.c.user_id)
            & (manifest.c.lane == segments.c.lane)
            & (manifest.c.month == segments.c.month)
            & (manifest.c.revision == segments.c.revision),
        )
        .where(segments.c.user_id == user_id, segments.c.lane == lane)
        .order_by(segments.c.month)
    )
    if wanted is not None:
        query = query.where(segments.c.month.in_(wanted))
    return {row.month: unpack(row.data, names) for row in connection.execute(query)}


def _positions(ids: NDArray[np.uint32], stored: Stored) -> NDArray[np.uint32]:
    known = np.fromiter((row[0] for row in stored.values()), np.uint32, len(stored))
    return np.searchsorted(known, ids).astype(np.uint32)
