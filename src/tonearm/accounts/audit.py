"""The audit log: who did what to whom, when and from where, each entry sealed by the ones before.

An entry carries the SHA-256 of its own fields and of the hash before it, and the row `audit` of the table `instance`
names the last one, the head: an entry that is changed, removed, put in between or cut off at the end is found by
`verify`. Whoever can write the database can also make a whole new chain; only a head that was noted elsewhere shows
that (docs/explanation/security.md).
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, insert, or_, select, update
from sqlalchemy.exc import DataError, DBAPIError

from tonearm.accounts.acting import Actor, actor
from tonearm.domain.errors import InvalidInputError, UnavailableError
from tonearm.ops.clock import Clock
from tonearm.storage.database import Database
from tonearm.storage.tables import audit, instance

MERGED_FOR = timedelta(minutes=10)
"""How long somebody goes on doing the same before it is written down again, where it is merged."""
_HEAD_ROW = "audit"
_SETTINGS_ROW = "settings"
_HEAD = re.compile(r"0:|(?P<number>[1-9][0-9]{0,8}):(?P<hash>[0-9a-f]{64})")
_PAGE = 1_000
_MOST_KNOWN = 1_000
# The fields under the seal, in its order. A later column joins only with a seal of another form for later entries.
_SEALED = (
    "id", "action", "actor_id", "actor", "subject_id", "details", "address", "request_id",
)  # fmt: skip
_LONGEST_WORD = 64
# What drivers raise where a value is none of its column's type.
_UNREADABLE = (ValueError, TypeError, DBAPIError)


class Action(StrEnum):
    """What is written down."""

    SET_UP = "instance.set_up"
    LOGGED_IN = "login.succeeded"
    LOG_IN_FAILED = "login.failed"
    LOG_IN_THROTTLED = "login.throttled"
    LOGGED_OUT = "login.ended"
    SESSION_REVOKED = "session.revoked"
    TOKEN_REUSED = "token.reused"  # noqa: S105 - the name of an action
    TOKEN_REFUSED = "token.refused"  # noqa: S105 - the same
    USER_ADDED = "user.added"
    USER_DISABLED = "user.disabled"
    USER_ENABLED = "user.enabled"
    USER_DELETED = "user.deleted"
    ROLE_CHANGED = "user.role_changed"
    REGISTERED = "user.registered"
    PROFILE_CHANGED = "user.profile_changed"
    PASSWORD_CHANGED = "password.changed"  # noqa: S105 - the same
    PASSWORD_RESET_MADE = "password.reset_made"  # noqa: S105 - the same
    PASSWORD_RESET = "password.reset"  # noqa: S105 - the same
    INVITED = "invitation.made"
    INVITATION_REVOKED = "invitation.revoked"
    IDENTITY_LINKED = "identity.linked"
    IDENTITY_UNLINKED = "identity.unlinked"
    KEY_MADE = "key.made"
    KEY_ROTATED = "key.rotated"
    KEY_REVOKED = "key.revoked"
    CLIENT_REGISTERED = "client.registered"
    CLIENT_MADE = "client.made"
    CLIENT_REMOVED = "client.removed"
    GRANT_GIVEN = "grant.given"
    GRANT_DENIED = "grant.denied"
    GRANT_REVOKED = "grant.revoked"
    GRANT_REUSED = "grant.reused"
    SIGNING_KEY_MADE = "signing_key.made"
    SIGNING_KEY_ROTATED = "signing_key.rotated"
    VAULT_KEY_MADE = "vault_key.made"
    VAULT_ROTATED = "vault.rotated"
    LINK_MADE = "link.made"
    LINK_ENDED = "link.ended"
    LINK_APP_SET = "link_app.set"
    LINK_APP_REMOVED = "link_app.removed"
    COLLECTING_PAUSED = "collecting.paused"
    COLLECTING_RESUMED = "collecting.resumed"
    COLLECTING_TRIGGERED = "collecting.triggered"
    SHARE_MADE = "share.made"
    SHARE_CHANGED = "share.changed"
    SHARE_REVOKED = "share.revoked"
    PREFERENCES_CHANGED = "preferences.changed"
    DATA_READ = "data.read"
    IMPORT_BROUGHT = "import.brought"
    IMPORT_PUBLISHED = "import.published"
    IMPORT_FAILED = "import.failed"
    IMPORT_CANCEL_REQUESTED = "import.cancel_requested"
    IMPORT_CANCELLED = "import.cancelled"
    IMPORT_UNDONE = "import.undone"
    HISTORY_ADDED = "history.added"
    HISTORY_CORRECTED = "history.corrected"
    CORRECTION_UNDONE = "history.correction_undone"
    HISTORY_CLEARED = "history.cleared"
    JOB_CANCELLED = "job.cancelled"
    JOB_RETRIED = "job.retried"
    QUEUE_CHANGED = "queue.changed"
    SETTINGS_CHANGED = "settings.changed"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened."""

    id: int
    at: datetime
    action: str
    """One of the actions; a text, since an older or newer Tonearm may know others."""
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
class Wanted:
    """Which entries to give: those that fit every part that is given."""

    action: str | None = None
    actor_id: int | None = None
    subject_id: int | None = None
    person_id: int | None = None
    """Whom it was about, or who did it."""
    since: datetime | None = None


EVERYTHING = Wanted()


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a chain, which stands for all before it."""

    number: int
    hash: str
    """Empty before the first entry."""

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"

    @staticmethod
    def parse(text: str) -> "Head":
        """Read a head as it is shown; raises InvalidInputError."""
        head = _parse(text.strip())
        if head is None:
            raise InvalidInputError(
                "A head is the number of an entry and its hash, such as 17:6f1e…, as "
                "`tonearm audit verify` prints it.",
                parameter="expect",
            )
        return head


@dataclass(frozen=True, slots=True)
class Verification:
    """What a look at the whole chain found."""

    entries: int
    """How many are as they were written, from the first on."""
    head: Head
    """The last of these."""
    broken_at: int | None
    """Number of the first entry that is not as it was written, or is missing; None where all are there."""


def record(
    connection: Connection,
    at: datetime,
    action: Action,
    *,
    subject_id: int | None = None,
    by: Actor | None = None,
    **details: Any,  # noqa: ANN401 - what JSON can hold
) -> None:
    """Write down what is being done, as the last step of the transaction that does it.

    From here to the end of the transaction nobody else can write an entry. `by` is for what is done in the name of
    somebody who is not there.

    Raises:
        UnavailableError: the head of the log is not there, so nothing may be done that has to be written down.
    """
    head = _lock_head(connection)
    who = by or actor()
    values = {
        "id": head.number + 1,
        "at": at.astimezone(UTC),
        "action": action.value,
        "actor_id": who.user_id,
        "actor": who.name[:_LONGEST_WORD],
        "subject_id": subject_id,
        "details": _written(details),
        "address": _address(who),
        "request_id": who.request_id and who.request_id[:_LONGEST_WORD],
    }
    sealed = _seal(values, head.hash)
    connection.execute(insert(audit).values(hash=sealed, **values))
    connection.execute(
        update(instance).where(instance.c.key == _HEAD_ROW).values(value=f"{values['id']}:{sealed}")
    )


class Audit:
    """Reads what was written down, and writes down what is done again and again."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._known: dict[tuple[object, ...], datetime] = {}

    def list(
        self, wanted: Wanted = EVERYTHING, *, before: int | None = None, limit: int = 50
    ) -> list[Entry]:
        """List entries, the newest first: those with a smaller number than `before`."""
        query = select(audit).where(*_conditions(wanted)).order_by(audit.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(audit.c.id < before)
        with self._database.read() as connection, _told():
            return [_entry(row) for row in connection.execute(query)]

    def iter(self, wanted: Wanted = EVERYTHING) -> Iterator[Entry]:
        """Give entries in the order in which they were written, all of one state of the database."""
        query = select(audit).where(*_conditions(wanted)).order_by(audit.c.id).limit(_PAGE)
        with self._database.read() as connection, _told():
            page = connection.execute(query).all()
            while page:
                yield from map(_entry, page)
                page = connection.execute(query.where(audit.c.id > page[-1].id)).all()

    def note_reading(self, subject_id: int) -> None:
        """Write down that whoever acts looks at another's data, and by which operation, as `note` does."""
        self.note(Action.DATA_READ, subject_id=subject_id, path=actor().path)

    def note(
        self,
        action: Action,
        *,
        subject_id: int,
        by: Actor | None = None,
        **details: Any,  # noqa: ANN401 - what JSON can hold
    ) -> None:
        """Write down what the same person does again and again from the same address, once in ten minutes.

        What this process knows to be written needs no database; what it does not know, the log itself tells.
        """
        now, who = self._clock(), by or actor()
        deed = action, who.user_id, subject_id, _address(who), _written(details)
        known = self._known.get(deed)
        if known is not None and now - known < MERGED_FOR:
            return
        with self._database.write() as connection:
            # Of two processes at the same time the second one sees what the first one wrote.
            _lock_head(connection)
            written = connection.scalar(
                select(audit.c.at)
                .where(
                    audit.c.subject_id == subject_id,
                    audit.c.actor_id == who.user_id,
                    audit.c.action == action.value,
                    audit.c.address == _address(who),
                    audit.c.details == _written(details),
                    audit.c.at > now - MERGED_FOR,
                )
                .order_by(audit.c.id.desc())
                .limit(1)
            )
            if written is None:
                record(connection, now, action, subject_id=subject_id, by=who, **details)
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[deed] = written or now

    def note_settings(self, values: Mapping[str, str]) -> None:
        """Write down which of some settings are others than at the last start; the first start only keeps them."""
        now = self._clock()
        kept = json.dumps(values, sort_keys=True)
        row = instance.c.key == _SETTINGS_ROW
        with self._database.write() as connection:
            _lock_head(
                connection
            )  # of two starts at the same time the second one finds nothing new
            before = connection.scalar(select(instance.c.value).where(row))
            if before is None:
                connection.execute(insert(instance).values(key=_SETTINGS_ROW, value=kept))
            elif before != kept:
                connection.execute(update(instance).where(row).values(value=kept))
                known = json.loads(before)
                changed = {
                    name: {"before": known.get(name), "now": values.get(name)}
                    for name in sorted({*known, *values})
                    if known.get(name) != values.get(name)
                }
                record(connection, now, Action.SETTINGS_CHANGED, settings=changed)

    def verify(self, expected: Head | None = None) -> Verification:
        """Compute every hash anew, in one state of the database.

        `expected` is a head of before: the chain has to go through it.
        """
        last = Head(0, "")
        with self._database.read() as connection:
            head = _find_head(connection)
            strange = None if expected is None or expected.number else _strange(last, expected)
            for row in _all_rows(connection):
                if row is None or row.id != last.number + 1 or not _is_sealed(row, last.hash):
                    return Verification(last.number, last, last.number + 1)
                last = Head(row.id, row.hash)
                if expected is not None and expected.number == last.number:
                    strange = _strange(last, expected)
        if head != last:
            known = last.number if head is None else min(last.number, head.number)
            return Verification(last.number, last, known + 1)
        if expected is not None and expected.number > last.number:
            strange = last.number + 1
        return Verification(last.number, last, strange)


@contextmanager
def _told() -> Iterator[None]:
    """Turn what a driver says of an entry that cannot be read into words."""
    try:
        yield
    except (ValueError, TypeError, DataError) as error:
        raise UnavailableError(
            "An entry of the audit log cannot be read, so somebody has changed it. "
            "`tonearm audit verify` tells which."
        ) from error


def _address(who: Actor) -> str | None:
    return who.address and who.address[:_LONGEST_WORD]


def _written(details: Mapping[str, Any]) -> str:
    return json.dumps(details, sort_keys=True, separators=(",", ":"))


def _strange(found: Head, expected: Head) -> int | None:
    return None if found == expected else found.number


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.action is not None:
        yield audit.c.action == wanted.action
    if wanted.actor_id is not None:
        yield audit.c.actor_id == wanted.actor_id
    if wanted.subject_id is not None:
        yield audit.c.subject_id == wanted.subject_id
    if wanted.person_id is not None:
        yield or_(audit.c.actor_id == wanted.person_id, audit.c.subject_id == wanted.person_id)
    if wanted.since is not None:
        yield audit.c.at >= wanted.since


def _lock_head(connection: Connection) -> Head:
    """Give the head; whoever asks after this waits until the transaction ends."""
    head = _parse(
        connection.scalar(
            select(instance.c.value).where(instance.c.key == _HEAD_ROW).with_for_update()
        )
    )
    if head is None:
        raise UnavailableError(
            "The head of the audit log is gone from the database, so nothing can be written down. "
            "Restore a backup."
        )
    return head


def _find_head(connection: Connection) -> Head | None:
    return _parse(connection.scalar(select(instance.c.value).where(instance.c.key == _HEAD_ROW)))


def _parse(text: str | None) -> Head | None:
    found = _HEAD.fullmatch(text or "")
    return None if found is None else Head(int(found["number"] or 0), found["hash"] or "")


def _all_rows(connection: Connection) -> Iterator[Row[Any] | None]:
    """Give every entry in order, whatever its number; None where one cannot be read, and no more after it."""
    query = select(audit).order_by(audit.c.id).limit(_PAGE)
    while True:
        page: Sequence[Row[Any] | None] = _read_page(connection, query)
        yield from page
        if not page or page[-1] is None:
            return
        query = query.where(audit.c.id > page[-1].id)


def _read_page(connection: Connection, query: Select[Any]) -> Sequence[Row[Any] | None]:
    try:
        return connection.execute(query).all()
    except _UNREADABLE:
        pass
    # One value is none of its column's type. Those before it count.
    numbers = connection.scalars(query.with_only_columns(audit.c.id)).all()
    rows: list[Row[Any] | None] = []
    for number in numbers:
        try:
            rows.append(connection.execute(select(audit).where(audit.c.id == number)).one())
        except _UNREADABLE:
            return [*rows, None]
    return rows


def _is_sealed(row: Row[Any], previous: str) -> bool:
    try:
        return bool(row.hash == _seal(row._mapping, previous))  # noqa: SLF001 - SQLAlchemy's public name for it
    except TypeError:  # bytes where a text was
        return False


def _seal(values: Mapping[Any, Any], previous: str) -> str:
    # A list, so that no field can be read as part of its neighbour.
    at = values["at"].astimezone(UTC).isoformat()
    text = json.dumps([previous, at, *(values[name] for name in _SEALED)])
    return sha256(text.encode()).hexdigest()


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        id=row.id,
        at=row.at,
        action=row.action,
        actor_id=row.actor_id,
        actor=row.actor,
        subject_id=row.subject_id,
        details=_details(row.details),
        address=row.address,
        request_id=row.request_id,
        hash=row.hash,
    )


def _details(text: str) -> Mapping[str, Any]:
    # Somebody who changed an entry must not keep the others from being read.
    try:
        details = json.loads(text)
    except ValueError:
        details = None
    return details if isinstance(details, dict) else {"unreadable": text}
