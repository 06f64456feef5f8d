"""The audit log: who did what to whom, when and from where, each entry sealed by the ones before.

An entry carries the SHA-256 of its own fields and of the hash before it, and the row `audit` of the table `instance`
names the last one: an entry that is changed, removed, put in between or cut off at the end is found by `verify`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from tonearm.accounts.acting import actor
from tonearm.storage.database import Database
from tonearm.storage.tables import audit, instance

_HEAD_ROW = "audit"
_PAGE = 1_000


class Action(StrEnum):
    """What is written down."""

    SET_UP = "instance.set_up"
    LOGGED_IN = "login.succeeded"
    LOG_IN_FAILED = "login.failed"
    LOGGED_OUT = "login.ended"
    SESSION_REVOKED = "session.revoked"
    TOKEN_REUSED = "token.reused"  # noqa: S105 - the name of an action
    USER_ADDED = "user.added"
    USER_DISABLED = "user.disabled"
    USER_ENABLED = "user.enabled"
    USER_DELETED = "user.deleted"
    ROLE_CHANGED = "user.role_changed"
    PASSWORD_CHANGED = "password.changed"  # noqa: S105 - the same
    PASSWORD_RESET_MADE = "password.reset_made"  # noqa: S105 - the same
    INVITED = "invitation.made"
    INVITATION_REVOKED = "invitation.revoked"
    IDENTITY_LINKED = "identity.linked"
    KEY_MADE = "key.made"
    KEY_ROTATED = "key.rotated"
    KEY_REVOKED = "key.revoked"
    SIGNING_KEY_ROTATED = "signing_key.rotated"
    PREFERENCES_CHANGED = "preferences.changed"
    DATA_READ = "data.read"
    IMPORT_PUBLISHED = "import.published"
    IMPORT_UNDONE = "import.undone"
    HISTORY_CORRECTED = "history.corrected"
    HISTORY_CLEARED = "history.cleared"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened."""

    id: int
    at: datetime
    action: Action
    actor_id: int | None
    """None for the command line, for Tonearm itself, and for nobody known."""
    actor: str
    subject_id: int | None
    """Whose account or data it was about."""
    details: Mapping[str, Any]
    address: str | None
    request_id: str | None
    hash: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What a look at the whole chain found."""

    entries: int
    broken_at: int | None
    """Number of the first entry that is not as it was written, or is missing; None where all are there."""


def record(
    connection: Connection,
    at: datetime,
    action: Action,
    *,
    subject_id: int | None = None,
    **details: Any,  # noqa: ANN401 - what JSON can hold
) -> None:
    """Write down what is being done, in the transaction that does it."""
    # The row of the head is locked until this transaction ends: entries are written one after another.
    head = connection.execute(
        select(instance.c.value).where(instance.c.key == _HEAD_ROW).with_for_update()
    ).scalar_one()
    last, _, previous = head.partition(" ")
    who = actor()
    values = {
        "id": int(last) + 1,
        "at": at.astimezone(UTC),
        "action": action.value,
        "actor_id": who.user_id,
        "actor": who.name,
        "subject_id": subject_id,
        "details": json.dumps(details, sort_keys=True, separators=(",", ":")),
        "address": who.address,
        "request_id": who.request_id,
    }
    sealed = _seal(values, previous)
    connection.execute(insert(audit).values(hash=sealed, **values))
    connection.execute(
        update(instance).where(instance.c.key == _HEAD_ROW).values(value=f"{values['id']} {sealed}")
    )


class Audit:
    """Reads what was written down."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(
        self, *, before: int | None = None, subject_id: int | None = None, limit: int = 50
    ) -> list[Entry]:
        """List entries, the newest first: those with a smaller number than `before`."""
        query = select(audit).order_by(audit.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(audit.c.id < before)
        if subject_id is not None:
            query = query.where(audit.c.subject_id == subject_id)
        with self._database.read() as connection:
            return [_entry(row) for row in connection.execute(query)]

    def verify(self) -> Verification:
        """Compute every hash anew, in one state of the database."""
        with self._database.read() as connection:
            head = connection.execute(
                select(instance.c.value).where(instance.c.key == _HEAD_ROW)
            ).scalar_one()
            count, previous = 0, ""
            for row in _all_rows(connection):
                values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
                sealed = values.pop("hash")
                if row.id != count + 1 or sealed != _seal(values, previous):
                    return Verification(count, count + 1)
                count, previous = row.id, sealed
        return Verification(count, None if head == f"{count} {previous}" else count + 1)


def _all_rows(connection: Connection) -> Iterator[Row[Any]]:
    last = 0
    while rows := connection.execute(
        select(audit).where(audit.c.id > last).order_by(audit.c.id).limit(_PAGE)
    ).all():
        yield from rows
        last = rows[-1].id


def _seal(values: Mapping[str, Any], previous: str) -> str:
    # A list, so that no field can be read as part of its neighbour.
    fields = [values[column.name] for column in audit.c if column.name != "hash"]
    text = json.dumps([previous, *fields], default=datetime.isoformat)
    return sha256(text.encode()).hexdigest()


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        id=row.id,
        at=row.at,
        action=Action(row.action),
        actor_id=row.actor_id,
        actor=row.actor,
        subject_id=row.subject_id,
        details=json.loads(row.details),
        address=row.address,
        request_id=row.request_id,
        hash=row.hash,
    )
