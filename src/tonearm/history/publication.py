"""Write a planned change: new revisions beside the old ones first, then one short transaction."""

from collections.abc import Iterator
from datetime import datetime
from importlib import import_module
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from tonearm.domain.errors import ConflictError
from tonearm.history.change import Change
from tonearm.history.corrections.marks import update_marks
from tonearm.storage.bulk import insert_rows
from tonearm.storage.database import Database
from tonearm.storage.tables import histories, manifest, segments


class HistoryMovedError(ConflictError):
    """Somebody else published in between: plan again on the newer version."""

    code = "history_moved"


def history_version(connection: Connection, user_id: int) -> int:
    """Give the version of a listener's history; 0 before the first."""
    found = connection.scalar(select(histories.c.version).where(histories.c.user_id == user_id))
    return found or 0


class Versions(NamedTuple):
    """What an answer is true of."""

    history: int
    """Grows with every publication."""
    corrections: int
    """Grows with every correction made or undone."""


# Making a query takes longer than answering it, and this one is part of every answer.
_VERSIONS = select(histories.c.version, histories.c.corrected).where(
    histories.c.user_id == bindparam("user")
)


def history_versions(connection: Connection, user_id: int) -> Versions:
    """Give the versions of a listener's history and corrections; 0 before the first."""
    row = connection.execute(_VERSIONS, {"user": user_id}).one_or_none()
    return Versions(*(row or (0, 0)))


def lock_history(connection: Connection, user_id: int, now: datetime) -> tuple[int, int]:
    """Make the caller the only writer of a listener's history; give its version and last revision."""
    # Only the one in use: those of PostgreSQL take 50 ms and 2 MB to load.
    dialect = import_module(f"sqlalchemy.dialects.{connection.dialect.name}")
    connection.execute(
        dialect.insert(histories)
        .values(user_id=user_id, version=0, revision=0, next_sighting=1, changed_at=now)
        .on_conflict_do_nothing()
    )
    row = connection.execute(
        select(histories.c.version, histories.c.revision)
        .where(histories.c.user_id == user_id)
        .with_for_update()
    ).one()
    return row.version, row.revision


def stage(database: Database, change: Change, *, batch_bytes: int, now: datetime) -> int:
    """Write a change's segments under a revision that nobody reads yet, in short transactions.

    Returns the revision. What a crash leaves behind is swept by the next publication.
    """
    with database.write() as connection:
        _, revision = lock_history(connection, change.user_id, now)
        revision += 1
        connection.execute(
            update(histories).where(histories.c.user_id == change.user_id).values(revision=revision)
        )
    for batch in _batches(change, revision, batch_bytes):
        with database.write() as connection:
            insert_rows(connection, segments, batch)
    return revision


def publish(connection: Connection, change: Change, revision: int, *, now: datetime) -> int:
    """Move a history to its next version; raise HistoryMovedError if it is not the planned one any more."""
    user_id = change.user_id
    version, _ = lock_history(connection, user_id, now)
    if history_versions(connection, user_id) != (change.base_version, change.base_corrected):
        raise HistoryMovedError("The history changed in the meantime.")
    change.catalogue.apply(connection, user_id)
    change.contexts.apply(connection, user_id)
    update_marks(connection, user_id, change.marks)
    for lane, month in change.segments.rows:
        place = (
            (manifest.c.user_id == user_id)
            & (manifest.c.lane == lane)
            & (manifest.c.month == month)
        )
        connection.execute(delete(manifest).where(place))
    rows = [
        {"user_id": user_id, "lane": lane, "month": month, "revision": revision, "rows": count}
        for (lane, month), count in change.segments.rows.items()
        if count
    ]
    if rows:
        connection.execute(insert(manifest), rows)
    _sweep(connection, user_id)
    state = {"version": version + 1, "next_sighting": change.next_sighting, "changed_at": now}
    if change.catalogue.rewrites_tracks or change.contexts.gone:
        state["rewritten"] = version + 1
    connection.execute(update(histories).where(histories.c.user_id == user_id).values(state))
    return version + 1


def renew(connection: Connection, user_id: int, *, now: datetime) -> None:
    """Move a history to its next version with the same plays, because other files vouch for them now."""
    connection.execute(
        update(histories)
        .where(histories.c.user_id == user_id)
        .values(version=histories.c.version + 1, changed_at=now)
    )


def _sweep(connection: Connection, user_id: int) -> None:
    """Delete the segments of a listener that the manifest does not name."""
    is_in_force = (
        select(manifest.c.month)
        .where(
            manifest.c.user_id == segments.c.user_id,
            manifest.c.lane == segments.c.lane,
            manifest.c.month == segments.c.month,
            manifest.c.revision == segments.c.revision,
        )
        .exists()
    )
    connection.execute(delete(segments).where(segments.c.user_id == user_id, ~is_in_force))


def _batches(change: Change, revision: int, batch_bytes: int) -> Iterator[list[tuple[object, ...]]]:
    batch: list[tuple[object, ...]] = []
    size = 0
    for lane, month, blob in change.segments.blobs():
        batch.append((change.user_id, int(lane), month, revision, blob))
        size += len(blob)
        if size >= batch_bytes:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
