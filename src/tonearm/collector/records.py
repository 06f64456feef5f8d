"""How collecting stands, as those who look at it get to see it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tonearm.history.gaps import Gap
from tonearm.spotify.pacing import AppStatus


class Standing(StrEnum):
    """How collecting somebody's plays goes."""

    NOT_LINKED = "not_linked"
    """There is no link to Spotify."""
    BEGINNING = "beginning"
    """The first poll is still to come."""
    COLLECTING = "collecting"
    PAUSED = "paused"
    """Somebody paused it."""
    OUTAGE = "outage"
    """Spotify does not answer; it is tried again."""
    BLOCKED = "blocked"
    """Too much was asked of Spotify; it goes on by itself."""
    REFUSED = "refused"
    """Spotify will not, and says why."""
    RELINK_NEEDED = "relink_needed"
    """The listener has to link again."""


class PausedBy(StrEnum):
    """Who has paused it, and may let it go on; admins always may."""

    LISTENER = "listener"
    ADMIN = "admin"


class BackfillEnd(StrEnum):
    """Why the backfill asked for no more."""

    EMPTY = "empty"
    """Spotify had nothing older."""
    NO_PROGRESS = "no_progress"
    """Spotify gave the same plays again."""
    MAX_DAYS = "max_days"
    MAX_REQUESTS = "max_requests"
    BLOCKED = "blocked"
    """It was locked out too often."""


@dataclass(frozen=True, slots=True)
class Backfill:
    """The backfill: what Spotify still had when the link was new."""

    ended_at: datetime | None
    """Null while it goes on."""
    ended_by: BackfillEnd | None
    requests: int
    """Pages asked for, the first one not counted."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """Whether the player is looked at near the end of what plays."""

    is_on: bool
    """Whether the listener wants it; the wish outlives the link."""
    missing_scope: str | None
    """What the link has to be granted at Spotify for it; null where it has been, or there is no link."""


@dataclass(frozen=True, slots=True)
class CollectionStatus:
    """How collecting somebody's plays stands."""

    standing: Standing
    problem: str | None
    """What is in the way, in a sentence."""
    link_id: int | None
    begun_at: datetime | None
    polled_at: datetime | None
    """When Spotify last told of recent plays."""
    next_at: datetime | None
    """When it is asked next; null while nothing is asked."""
    interval_minutes: float | None
    """How long from one poll to the next at present."""
    fetched: int
    """Plays on the last page."""
    new: int
    """Those of them that nothing had told of before."""
    paused_at: datetime | None
    paused_by: PausedBy | None
    backfill: Backfill | None
    sampling: Sampling
    app: AppStatus | None
    """The app's budget of calls, and until when Spotify blocks it."""
    gaps: tuple[Gap, ...]
    """Spans of which plays may be missing still, newest first."""
