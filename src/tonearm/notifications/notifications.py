"""The inbox: what a person was told, read or not."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from tonearm.accounts.endings import announce_endings
from tonearm.accounts.link_endings import announce_link_endings
from tonearm.domain.errors import NotFoundError
from tonearm.domain.events import EventName
from tonearm.notifications.wording import tell
from tonearm.ops.clock import Clock
from tonearm.storage.database import Database
from tonearm.storage.outbox import decode, encode, list_waiting, take_all
from tonearm.storage.tables import notifications, users

READ_ARE_KEPT = timedelta(days=90)
_CLEARED = EventName.HISTORY_CLEARED
_OF_IMPORTS = (EventName.IMPORT_FINISHED, EventName.IMPORT_FAILED, EventName.IMPORT_UNDONE)


@dataclass(frozen=True, slots=True)
class Notification:
    """Something a person was told."""

    id: int
    event: EventName
    """What kind of thing has happened."""
    text: str
    """What has happened, in a sentence."""
    link: str
    """Where to go from there: a path of this site."""
    created_at: datetime
    """When it happened."""
    read_at: datetime | None


class Notifications:
    """The inboxes of all people."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def list(
        self,
        user_id: int,
        *,
        before: int | None = None,
        limit: int = 50,
        is_unread: bool | None = None,
    ) -> list[Notification]:
        """List a person's notifications, the newest first: those with a smaller number than `before`.

        `is_unread` leaves only unread ones, or only read ones.
        """
        query = (
            select(notifications)
            .where(notifications.c.user_id == user_id)
            .order_by(notifications.c.id.desc())
            .limit(limit)
        )
        if before is not None:
            query = query.where(notifications.c.id < before)
        if is_unread is not None:
            query = query.where(notifications.c.read_at.is_(None) == is_unread)
        with self._database.read() as connection:
            return [_notification(row) for row in connection.execute(query)]

    def count_unread(self, user_id: int) -> int:
        """Count what a person has not read."""
        query = select(func.count()).where(
            notifications.c.user_id == user_id, notifications.c.read_at.is_(None)
        )
        with self._database.read() as connection:
            return connection.scalar(query) or 0

    def read(self, user_id: int, notification_id: int) -> Notification:
        """Mark a notification as read; raises NotFoundError."""
        place = _place(user_id, notification_id)
        with self._database.write() as connection:
            connection.execute(
                update(notifications)
                .where(*place, notifications.c.read_at.is_(None))
                .values(read_at=self._clock())
            )
            row = connection.execute(select(notifications).where(*place)).one_or_none()
            if row is None:
                raise _missing(notification_id)
            return _notification(row)

    def read_all(self, user_id: int) -> int:
        """Mark all of a person's notifications as read, and say how many."""
        with self._database.write() as connection:
            return connection.execute(
                update(notifications)
                .where(notifications.c.user_id == user_id, notifications.c.read_at.is_(None))
                .values(read_at=self._clock())
            ).rowcount

    def delete(self, user_id: int, notification_id: int) -> None:
        """Delete a notification; raises NotFoundError."""
        with self._database.write() as connection:
            place = _place(user_id, notification_id)
            if not connection.execute(delete(notifications).where(*place)).rowcount:
                raise _missing(notification_id)

    def deliver_all(self) -> int:
        """Turn every event that waits into a notification, and say how many events there were.

        Any number of processes may do this at the same time.
        """
        with self._database.read() as connection:
            waiting = list_waiting(connection)
        count = 0
        for user_id in waiting:
            with self._database.write() as connection:
                count += deliver(connection, user_id)
        return count

    def look_around(self) -> None:
        """Do what is due once a day: tell of keys and links that end soon, and drop what was read long ago."""
        announce_endings(self._database, self._clock)
        announce_link_endings(self._database, self._clock)
        with self._database.write() as connection:
            connection.execute(
                delete(notifications).where(notifications.c.read_at < self._clock() - READ_ARE_KEPT)
            )


def deliver(connection: Connection, user_id: int) -> int:
    """Turn a person's events into notifications, all of it in one transaction, and say how many events there were."""
    # Who finds the row locked leaves the events to whoever holds it, and looks again a little later.
    person = connection.execute(
        select(users.c.muted)
        .where(users.c.id == user_id)
        .with_for_update(key_share=True, skip_locked=True)
    ).one_or_none()
    if person is None:
        return 0
    muted = frozenset((person.muted or "").split())
    taken = take_all(connection, user_id)
    cleared = max((one.id for one in taken if one.event.EVENT is _CLEARED), default=0)
    if cleared:
        _forget_imports(connection, user_id)
    rows = [
        {
            "user_id": user_id,
            "id": one.id,
            "event": one.event.EVENT.value,
            "details": encode(one.event),
            "created_at": one.happened_at,
        }
        for one in taken
        if one.event.EVENT not in muted
        and not (one.id < cleared and one.event.EVENT in _OF_IMPORTS)
    ]
    if rows:
        connection.execute(insert(notifications), rows)
    return len(taken)


def _forget_imports(connection: Connection, user_id: int) -> None:
    # The imports are gone, and others will have their numbers.
    connection.execute(
        delete(notifications).where(
            notifications.c.user_id == user_id, notifications.c.event.in_(_OF_IMPORTS)
        )
    )


def _place(user_id: int, notification_id: int) -> tuple[ColumnElement[bool], ...]:
    return notifications.c.user_id == user_id, notifications.c.id == notification_id


def _missing(notification_id: int) -> NotFoundError:
    return NotFoundError(f"There is no notification {notification_id}.")


def _notification(row: Row[Any]) -> Notification:
    name = EventName(row.event)
    told = tell(decode(name, row.details))
    return Notification(row.id, name, told.text, told.link, row.created_at, row.read_at)
