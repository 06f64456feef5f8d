"""The outbox: events are written in the transaction that changes something, and taken out by whoever reacts to them.

Writing one takes a lock on its person's row until the transaction ends, so it comes after the locks on what is changed
and before the entry in the audit log, which comes last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from tonearm.domain.events import RECORDS, Event, EventName
from tonearm.storage.tables import events, users


@dataclass(frozen=True, slots=True)
class Happening:
    """An event as it waits in the outbox."""

    id: int
    """Its number among those of its person: never given to another."""
    happened_at: datetime
    event: Event


def emit(connection: Connection, user_id: int, event: Event, at: datetime) -> None:
    """Write down that something has happened to a person; nothing, where the person is gone."""
    number = connection.scalar(
        update(users)
        .where(users.c.id == user_id)
        .values(last_event=users.c.last_event + 1)
        .returning(users.c.last_event)
    )
    if number is not None:
        connection.execute(
            insert(events).values(
                user_id=user_id,
                id=number,
                name=event.EVENT.value,
                details=encode(event),
                happened_at=at,
            )
        )


def list_waiting(connection: Connection) -> Sequence[int]:
    """Give the persons for whom events wait."""
    return connection.scalars(select(events.c.user_id).distinct().order_by(events.c.user_id)).all()


def take_all(connection: Connection, user_id: int) -> list[Happening]:
    """Take a person's events out, oldest first; they are back if the transaction comes to nothing."""
    rows = connection.execute(
        delete(events)
        .where(events.c.user_id == user_id)
        .returning(events.c.id, events.c.happened_at, events.c.name, events.c.details)
    ).all()
    return [
        Happening(row.id, row.happened_at, decode(EventName(row.name), row.details))
        for row in sorted(rows, key=lambda row: row.id)
    ]


def encode(event: Event) -> str:
    """Give an event's fields as JSON."""
    return msgspec.json.encode(event).decode()


def decode(name: EventName, details: str) -> Event:
    """Make an event of its fields."""
    return msgspec.json.decode(details, type=RECORDS[name])
