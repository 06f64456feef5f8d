"""What one play is known from: its sightings, and the rows of files or the polls that tell of each."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection, Table, select

from tonearm.catalogue.descriptions import Description
from tonearm.domain.vocabulary import Family, ImportState
from tonearm.history.evidence import Lane, load_months
from tonearm.history.sightings import Context
from tonearm.storage.columns import unpack
from tonearm.storage.poll_tables import polled
from tonearm.storage.tables import contexts, descriptions, import_members, imports


@dataclass(frozen=True, slots=True)
class Support:
    """Rows of one imported file that are one sighting."""

    import_id: int
    imported_at: datetime
    file: str
    rows: tuple[int, ...]
    """Positions in the file's array, from 0."""


@dataclass(frozen=True, slots=True)
class PollSupport:
    """An answer of Spotify that is one sighting."""

    link_id: int
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class Sighting:
    """A distinct claim about a play; clock and stamp in Unix milliseconds."""

    id: int
    family: Family
    description: Description
    context: Context
    clock: int
    ms_played: int
    stamp: int
    """0 without one."""
    supports: tuple[Support, ...]
    polls: tuple[PollSupport, ...]


def load_sightings(connection: Connection, user_id: int, play_id: int) -> list[Sighting]:
    """Read the sightings of a play, best first."""
    plays = load_months(connection, user_id, Lane.SIGHTINGS, names=("play",))
    months = [month for month, part in plays.items() if (part["play"] == play_id).any()]
    found = [
        {name: int(column[row]) for name, column in part.items()}
        for part in load_months(connection, user_id, Lane.SIGHTINGS, months).values()
        for row in np.flatnonzero(part["play"] == play_id).tolist()
    ]
    found.sort(key=lambda own: (own["family"], own["clock"], own["stamp"], own["id"]))
    told = _rows(connection, user_id, descriptions, [own["description"] for own in found])
    circumstances = _rows(connection, user_id, contexts, [own["context"] for own in found])
    supports = _load_supports(connection, user_id, found)
    polls = _load_polls(connection, user_id, found)
    return [
        Sighting(
            id=own["id"],
            family=Family(own["family"]),
            description=Description(
                *(getattr(told[own["description"]], part) for part in Description._fields)
            ),
            context=Context(
                *(getattr(circumstances[own["context"]], part) for part in Context._fields)
            ),
            clock=own["clock"],
            ms_played=own["ms_played"],
            stamp=own["stamp"],
            supports=tuple(supports[own["id"]]),
            polls=tuple(polls[own["id"]]),
        )
        for own in found
    ]


def _load_supports(
    connection: Connection, user_id: int, sightings: list[dict[str, int]]
) -> dict[int, list[Support]]:
    """Find sightings in the ledgers of the files that may hold them."""
    supports: dict[int, list[Support]] = {own["id"]: [] for own in sightings}
    clocks = [own["clock"] for own in sightings]
    columns = import_members.c
    ledgers = connection.execute(
        select(columns.import_id, columns.name, columns.ledger, imports.c.finished_at)
        .join(
            imports,
            (imports.c.user_id == columns.user_id) & (imports.c.id == columns.import_id),
        )
        .where(
            columns.user_id == user_id,
            columns.ledger.is_not(None),
            columns.first_at <= max(clocks, default=0),
            columns.last_at >= min(clocks, default=0),
            imports.c.state == ImportState.PUBLISHED,
        )
        .order_by(columns.import_id, columns.position)
    )
    for row in ledgers:
        references = unpack(row.ledger, ("sighting",))["sighting"]
        for number, own in supports.items():
            rows = np.flatnonzero(references == number).tolist()
            if rows:
                own.append(Support(row.import_id, row.finished_at, row.name, tuple(rows)))
    return supports


def _load_polls(
    connection: Connection, user_id: int, sightings: list[dict[str, int]]
) -> dict[int, list[PollSupport]]:
    """Find the answers that tell of sightings, by link."""
    told: dict[int, list[PollSupport]] = {own["id"]: [] for own in sightings}
    rows = connection.execute(
        select(polled.c.sighting, polled.c.link_id, polled.c.fetched_at)
        .where(polled.c.user_id == user_id, polled.c.sighting.in_(told))
        .order_by(polled.c.link_id)
    )
    for row in rows:
        told[row.sighting].append(PollSupport(row.link_id, row.fetched_at))
    return told


def _rows(connection: Connection, user_id: int, table: Table, ids: list[int]) -> dict[int, Any]:
    rows = connection.execute(
        select(table).where(table.c.user_id == user_id, table.c.id.in_(set(ids)))
    )
    return {row.id: row for row in rows}
