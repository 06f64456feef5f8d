"""A listener's whole evidence as it stands in one version of the history."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from tonearm.catalogue.descriptions import Description
from tonearm.catalogue.store import Catalogue, Stored, load_catalogue
from tonearm.history.sightings import PLAY_TYPES, SIGHTING_TYPES, Context, Plays, Sightings
from tonearm.storage.columns import unpack
from tonearm.storage.tables import contexts, histories, manifest, segments


class Lane(IntEnum):
    """What a segment holds."""

    SIGHTINGS = 0
    PLAYS = 1


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


def load_evidence(connection: Connection, user_id: int) -> Evidence:
    """Read the evidence of a listener; memory is about 60 bytes a sighting."""
    row = connection.execute(
        select(histories.c.version, histories.c.next_sighting).where(histories.c.user_id == user_id)
    ).one_or_none()
    version, next_sighting = row or (0, 1)
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
    )


def load_contexts(connection: Connection, user_id: int) -> dict[Context, tuple[int]]:
    """Read a listener's contexts by what they say, in the order of their ids."""
    columns = [column for column in contexts.columns if column.name != "user_id"]
    rows = connection.execute(
        select(*columns).where(contexts.c.user_id == user_id).order_by(contexts.c.id)
    )
    return {Context(*row[1:]): (row[0],) for row in rows}


def load_lane(
    connection: Connection, user_id: int, lane: Lane, types: dict[str, type[np.integer]]
) -> dict[str, Any]:
    """Read the segments in force of one lane, month after month, as whole columns."""
    blobs = connection.execute(
        select(segments.c.data)
        .join(
            manifest,
            (manifest.c.user_id == segments.c.user_id)
            & (manifest.c.lane == segments.c.lane)
            & (manifest.c.month == segments.c.month)
            & (manifest.c.revision == segments.c.revision),
        )
        .where(segments.c.user_id == user_id, segments.c.lane == lane)
        .order_by(segments.c.month)
    ).scalars()
    parts = [unpack(blob) for blob in blobs]
    return {
        name: np.concatenate([part[name] for part in parts] or [np.empty(0, dtype)])
        for name, dtype in types.items()
    }


def _positions(ids: NDArray[np.uint32], stored: Stored) -> NDArray[np.uint32]:
    known = np.fromiter((row[0] for row in stored.values()), np.uint32, len(stored))
    return np.searchsorted(known, ids).astype(np.uint32)
