"""What imports tell others: an event in the transaction in which an import comes to its end."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from tonearm.domain.events import Event, ImportFailed, ImportFinished, ImportUndone
from tonearm.domain.vocabulary import ImportState
from tonearm.storage.outbox import emit
from tonearm.storage.tables import imports

_LONGEST_NAME = 200


def announce(connection: Connection, user_id: int, import_id: int, at: datetime) -> None:
    """Emit what has become of an import, as its row says now; nothing, where it has not come to an end to tell of."""
    row = connection.execute(
        select(imports).where(imports.c.user_id == user_id, imports.c.id == import_id)
    ).one_or_none()
    event = None if row is None else _event(row, import_id)
    if event is not None:
        emit(connection, user_id, event, at)


def _event(row: Row[Any], import_id: int) -> Event | None:
    names = row.name.split("\n")
    name = names[0][:_LONGEST_NAME]
    if row.state == ImportState.PUBLISHED:
        counts = row.counts
        return ImportFinished(import_id, name, len(names), counts["new"], counts["malformed"])
    if row.state == ImportState.FAILED:
        return ImportFailed(import_id, name, len(names), row.problem or "")
    if row.state == ImportState.UNDONE:
        return ImportUndone(import_id, name, len(names))
    return None
