"""Pages of lists; their items are the records of the rooms below."""

from dataclasses import dataclass

from tonearm.accounts.keys import Key
from tonearm.accounts.oauth_clients import Client
from tonearm.accounts.oauth_grants import Grant
from tonearm.accounts.sessions import Session
from tonearm.history.corrections.records import Correction
from tonearm.history.liked import Like
from tonearm.importers.records import ImportRecord, LedgerRow
from tonearm.jobs.records import Job, JobLog, Queue
from tonearm.notifications.notifications import Notification


@dataclass(frozen=True, slots=True)
class CorrectionPage:
    """Corrections, newest first."""

    items: tuple[Correction, ...]
    next_cursor: str | None
    """Give it as `cursor` for the next page; None on the last one."""


@dataclass(frozen=True, slots=True)
class ImportPage:
    """Imports, newest first."""

    items: tuple[ImportRecord, ...]
    next_cursor: str | None
    """Give it as `cursor` for the next page; None on the last one."""


@dataclass(frozen=True, slots=True)
class JobPage:
    """Jobs, newest first."""

    items: tuple[Job, ...]
    next_cursor: str | None
    """Give it as `cursor` for the next page; None on the last one."""


@dataclass(frozen=True, slots=True)
class JobLogPage:
    """Lines that a job wrote, in their order."""

    items: tuple[JobLog, ...]
    next_cursor: str | None
    """Give it as `cursor` for later lines; None where there are none yet."""


@dataclass(frozen=True, slots=True)
class QueuePage:
    """Queues by name; all of them are on one page."""

    items: tuple[Queue, ...]
    next_cursor: None = None
    """There is no next page."""


@dataclass(frozen=True, slots=True)
class KeyPage:
    """API keys, newest first; all of them are on one page."""

    items: tuple[Key, ...]
    next_cursor: None = None
    """There is no next page."""


@dataclass(frozen=True, slots=True)
class ListedSession(Session):
    """A log-in in a list."""

    is_current: bool = False
    """Whether it is the one that asks."""


@dataclass(frozen=True, slots=True)
class SessionPage:
    """Log-ins, newest first; all of them are on one page."""

    items: tuple[ListedSession, ...]
    next_cursor: None = None
    """There is no next page."""


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """Rows of an import in their order."""

    items: tuple[LedgerRow, ...]
    next_cursor: str | None
    """Give it as `cursor` for the next page; None on the last one."""


@dataclass(frozen=True, slots=True)
class LikePage:
    """Liked tracks, the last liked first."""

    items: tuple[Like, ...]
    next_cursor: str | None
    """Give it as `cursor` for the next page; None on the last one."""


@dataclass(frozen=True, slots=True)
class NotificationPage:
    """Notifications, newest first."""

    items: tuple[Notification, ...]
    next_cursor: str | None
    """Give it as `cursor` for the next page; None on the last one."""


@dataclass(frozen=True, slots=True)
class GrantPage:
    """What programs were let in to, newest first; all of it is on one page."""

    items: tuple[Grant, ...]
    next_cursor: None = None
    """There is no next page."""


@dataclass(frozen=True, slots=True)
class ClientPage:
    """Clients made by hand, newest first; all of them are on one page."""

    items: tuple[Client, ...]
    next_cursor: None = None
    """There is no next page."""
