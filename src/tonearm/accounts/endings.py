"""Keys that end soon: their holders are told once."""

from datetime import timedelta

from sqlalchemy import select, update

from tonearm.domain.events import KeyExpiring
from tonearm.ops.clock import Clock
from tonearm.storage.database import Database
from tonearm.storage.outbox import emit
from tonearm.storage.tables import keys

TOLD_BEFORE = timedelta(days=7)


def announce_endings(database: Database, clock: Clock) -> None:
    """Emit an event for each key that ends within a week, once a key, whoever else looks at the same time."""
    now = clock()
    is_due = (
        keys.c.warned_at.is_(None)
        & (keys.c.expires_at > now)
        & (keys.c.expires_at <= now + TOLD_BEFORE)
    )
    with database.read() as connection:
        due = connection.execute(
            select(keys.c.user_id, keys.c.id, keys.c.name, keys.c.expires_at)
            .where(is_due)
            .order_by(keys.c.user_id, keys.c.id)
        ).all()
    for key in due:
        place = (keys.c.user_id == key.user_id, keys.c.id == key.id, is_due)
        with database.write() as connection:
            if connection.execute(update(keys).where(*place).values(warned_at=now)).rowcount:
                event = KeyExpiring(key.id, key.name, key.expires_at)
                emit(connection, key.user_id, event, now)
