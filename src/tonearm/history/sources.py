"""Which plays only lesser sources tell of: account data without an extended history, polls alone, or the listener."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, func, select

from tonearm.domain.vocabulary import Family
from tonearm.history.change import month_of
from tonearm.history.coverage import load_file_sets
from tonearm.history.evidence import Lane, list_months, load_months
from tonearm.storage.poll_tables import polled

# Whatever is one play with a poll has a clock that is hardly earlier (docs/explanation/plays.md, "Plays").
_EARLIER_MS = 10 * 60_000
_NAMES = ("family", "play")


def account_plays(connection: Connection, user_id: int) -> NDArray[np.uint32]:
    """Give the ids of the plays that account data tells of, and no extended history."""
    if not any(found.is_account for found in load_file_sets(connection, user_id)):
        return np.empty(0, np.uint32)
    parts = load_months(connection, user_id, Lane.SIGHTINGS, names=_NAMES)
    return _best_told_by(Family.ACCOUNT, parts.values())


def manual_plays(connection: Connection, user_id: int) -> NDArray[np.uint32]:
    """Give the ids of the plays that nothing tells of but the listener, by hand."""
    parts = load_months(connection, user_id, Lane.SIGHTINGS, names=_NAMES)
    return _best_told_by(Family.MANUAL, parts.values())


def polled_plays(connection: Connection, user_id: int) -> NDArray[np.uint32]:
    """Give the ids of the plays that polls alone tell of: their lengths are estimated."""
    first = connection.scalar(
        select(func.min(polled.c.played_at)).where(polled.c.user_id == user_id)
    )
    if first is None:
        return np.empty(0, np.uint32)
    month = int(month_of(np.array([first - _EARLIER_MS]))[0])
    months = [own for own in list_months(connection, user_id, Lane.SIGHTINGS) if own >= month]
    parts = load_months(connection, user_id, Lane.SIGHTINGS, months, _NAMES)
    return _best_told_by(Family.POLL, parts.values())


def told_by(connection: Connection, user_id: int) -> NDArray[np.uint8]:
    """Give for every play, by its id, which families tell of it: bit 0 for the first of them, and so on."""
    told = list(load_months(connection, user_id, Lane.SIGHTINGS, names=_NAMES).values())
    size = max((int(part["play"].max(initial=0)) for part in told), default=0) + 1
    found = np.zeros(size, np.uint8)
    for part in told:
        for family in np.unique(part["family"]).tolist():
            found[part["play"][part["family"] == family]] |= 1 << family
    return found


def _best_told_by(
    family: Family, parts: Iterable[Mapping[str, NDArray[Any]]]
) -> NDArray[np.uint32]:
    """Give the plays, ascending, that a family tells of, and no better one."""
    told = list(parts)
    size = max((int(part["play"].max(initial=0)) for part in told), default=0) + 1
    is_best = np.zeros(size, bool)
    for part in told:
        is_best[part["play"][part["family"] == family]] = True
    for part in told:
        is_best[part["play"][part["family"] < family]] = False
    return np.flatnonzero(is_best).astype(np.uint32)
