"""What happened: frozen records in the past tense, written down with the change they tell of.

Rooms tell one another nothing directly. The room that changes something emits an event (`storage/outbox.py`), and
whoever reacts to it is told afterwards. A new kind is a name, a record, and the sentence it is told in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar


class EventName(StrEnum):
    """Kinds of events, as preferences and notifications name them."""

    IMPORT_FINISHED = "import.finished"
    IMPORT_FAILED = "import.failed"
    IMPORT_UNDONE = "import.undone"
    HISTORY_CLEARED = "history.cleared"
    KEY_EXPIRING = "key.expiring"
    INVITATION_USED = "invitation.used"
    LINK_EXPIRING = "link.expiring"
    LINK_RELINK_NEEDED = "link.relink_needed"

    @property
    def meaning(self) -> str:
        """What has happened then, for people who choose what they are told."""
        return _MEANINGS[self]


_MEANINGS: Mapping[EventName, str] = {
    EventName.IMPORT_FINISHED: "An import has finished",
    EventName.IMPORT_FAILED: "An import has failed",
    EventName.IMPORT_UNDONE: "An import was undone",
    EventName.HISTORY_CLEARED: "The history was cleared",
    EventName.KEY_EXPIRING: "An API key ends within a week",
    EventName.INVITATION_USED: "Somebody has used an invitation of yours",
    EventName.LINK_EXPIRING: "The link to Spotify ends soon",
    EventName.LINK_RELINK_NEEDED: "The link to Spotify has ended",
}


@dataclass(frozen=True, slots=True)
class ImportFinished:
    """An import was published."""

    EVENT: ClassVar = EventName.IMPORT_FINISHED

    import_id: int
    name: str
    """Its first file."""
    files: int
    new: int
    """Plays that were not there before."""
    malformed: int
    """Rows that could not be read."""


@dataclass(frozen=True, slots=True)
class ImportFailed:
    """An import or a preview came to nothing."""

    EVENT: ClassVar = EventName.IMPORT_FAILED

    import_id: int
    name: str
    files: int
    problem: str
    """Why, and what to do, in a sentence."""


@dataclass(frozen=True, slots=True)
class ImportUndone:
    """The history is what it would be without an import."""

    EVENT: ClassVar = EventName.IMPORT_UNDONE

    import_id: int
    name: str
    files: int


@dataclass(frozen=True, slots=True)
class HistoryCleared:
    """All plays and imports of a listener were removed."""

    EVENT: ClassVar = EventName.HISTORY_CLEARED

    imports: int
    """How many there were."""


@dataclass(frozen=True, slots=True)
class KeyExpiring:
    """An API key ends soon."""

    EVENT: ClassVar = EventName.KEY_EXPIRING

    key_id: int
    name: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class InvitationUsed:
    """Somebody has made an account with an invitation; it is told to whom the invitation is from."""

    EVENT: ClassVar = EventName.INVITATION_USED

    invitation_id: int
    name: str
    """Of the new person."""


@dataclass(frozen=True, slots=True)
class LinkExpiring:
    """Spotify ends a link soon, however often it is used."""

    EVENT: ClassVar = EventName.LINK_EXPIRING

    link_id: int
    name: str
    """Of the Spotify account."""
    relink_by: datetime


@dataclass(frozen=True, slots=True)
class LinkRelinkNeeded:
    """The tokens of a link open nothing any more."""

    EVENT: ClassVar = EventName.LINK_RELINK_NEEDED

    link_id: int
    name: str
    """Of the Spotify account."""
    problem: str
    """Why, and what to do, in sentences."""


Event = (
    ImportFinished
    | ImportFailed
    | ImportUndone
    | HistoryCleared
    | KeyExpiring
    | InvitationUsed
    | LinkExpiring
    | LinkRelinkNeeded
)
RECORDS: Mapping[EventName, type[Event]] = {
    record.EVENT: record
    for record in (
        ImportFinished,
        ImportFailed,
        ImportUndone,
        HistoryCleared,
        KeyExpiring,
        InvitationUsed,
        LinkExpiring,
        LinkRelinkNeeded,
    )
}
"""The record of each kind."""
