"""Enumerations: one spelling for REST, CLI, pages and the database."""

from collections.abc import Mapping
from enum import IntEnum, StrEnum


class Kind(StrEnum):
    """The lane an item belongs to."""

    MUSIC = "music"
    PODCAST = "podcast"
    AUDIOBOOK = "audiobook"


class Family(IntEnum):
    """The kind of source a sighting comes from, best first."""

    EXTENDED = 0
    ACCOUNT = 1
    POLL = 2
    MANUAL = 3


class Rule(StrEnum):
    """What counts as a play."""

    THIRTY_SECONDS = "30s"
    HALF = "half"
    DONE = "done"
    ANY = "any"


class RankBy(StrEnum):
    """What a ranking is ordered by."""

    PLAYS = "plays"
    TIME = "time"


class Verdict(IntEnum):
    """What became of one row of an import."""

    MALFORMED = 0
    NO_CONTENT = 1
    SUPPRESSED = 2
    NEW = 3
    IMPROVED = 4
    DUPLICATE = 5

    @property
    def label(self) -> str:
        """The verdict as ledgers and counts spell it."""
        return self.name.lower()


class Flaw(IntEnum):
    """Why a row is malformed."""

    NONE = 0
    NOT_AN_OBJECT = 1
    NOT_JSON = 2
    WRONG_TYPE = 3
    TEXT_TOO_LONG = 4
    TOO_DEEP = 5
    CLOCK_MISSING = 6
    CLOCK_UNREADABLE = 7
    CLOCK_BEFORE_2006 = 8
    CLOCK_IN_FUTURE = 9
    MS_PLAYED_MISSING = 10
    MS_PLAYED_OUT_OF_RANGE = 11

    @property
    def label(self) -> str:
        """The reason in words, for ledgers."""
        return "" if self is Flaw.NONE else self.name.lower().replace("_", " ")


class GapReason(StrEnum):
    """Why plays of a span of time may be missing."""

    PAGE_FULL = "page_full"
    OUTAGE = "outage"
    BLOCKED = "blocked"
    UNLINKED = "unlinked"
    PAUSED = "paused"
    RELINK_NEEDED = "relink_needed"
    REFUSED = "refused"

    @property
    def meaning(self) -> str:
        """What was the matter, as the end of a sentence."""
        return _GAP_MEANINGS[self]


_GAP_MEANINGS: Mapping[GapReason, str] = {
    GapReason.PAGE_FULL: "more was played in a while than the last 50 plays, which is all that Spotify tells",
    GapReason.OUTAGE: "Spotify or Tonearm could not be reached",
    GapReason.BLOCKED: "Spotify locked Tonearm out for a while",
    GapReason.UNLINKED: "Spotify was not linked",
    GapReason.PAUSED: "collecting was paused",
    GapReason.RELINK_NEEDED: "Spotify did not accept the link any more",
    GapReason.REFUSED: "Spotify did not let Tonearm see recent plays",
}


class ImportState(StrEnum):
    """Where an import stands."""

    QUEUED = "queued"
    RUNNING = "running"
    PREVIEWED = "previewed"
    PUBLISHED = "published"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNDONE = "undone"


UNDER_WAY = (ImportState.QUEUED, ImportState.RUNNING)
"""States of an import that somebody waits for."""


class CorrectionKind(StrEnum):
    """What a correction does."""

    HIDE = "hide"
    DELETE = "delete"
    EXCLUDE = "exclude"
    MERGE = "merge"
    SPLIT = "split"
    RENAME = "rename"


class ItemKind(StrEnum):
    """What a play may be sorted by."""

    ARTIST = "artist"
    ALBUM = "album"
    TRACK = "track"


class Scope(StrEnum):
    """What a key may be used for."""

    ADMIN = "admin"
    AUTOMATION = "automation"
    DOWNLOADS = "downloads"
    HISTORY_READ = "history:read"
    HISTORY_WRITE = "history:write"
    IMPORTS_WRITE = "imports:write"
    LIBRARY_READ = "library:read"
    LIBRARY_WRITE = "library:write"
    MCP = "mcp"
    PLAYER = "player"

    @property
    def meaning(self) -> str:
        """What it allows, for people who make a key."""
        return _SCOPE_MEANINGS[self]


_SCOPE_MEANINGS: Mapping[Scope, str] = {
    Scope.ADMIN: "change the account and make keys of any scope, which comes to all of them; the owner's: everybody's",
    Scope.AUTOMATION: "rules and webhooks (to come)",
    Scope.DOWNLOADS: "downloads (to come)",
    Scope.HISTORY_READ: "look at measures, plays, corrections, imports and notifications",
    Scope.HISTORY_WRITE: "add plays, correct and clear the history, change preferences, and mark notifications as read",
    Scope.IMPORTS_WRITE: "upload, publish, cancel and undo imports",
    Scope.LIBRARY_READ: "look at liked tracks",
    Scope.LIBRARY_WRITE: "like tracks, and let assistants make playlists at Spotify",
    Scope.MCP: "ask about the history, and what Spotify tells now, through assistants (MCP)",
    Scope.PLAYER: "see what plays now; the rest of the player (to come)",
}


class Role(StrEnum):
    """What a person may do, most first: each role may do all that the next one may."""

    OWNER = "owner"
    ADMIN = "admin"
    DEVELOPER = "developer"
    LISTENER = "listener"
    VIEWER = "viewer"

    @property
    def meaning(self) -> str:
        """What it allows, for people who give it."""
        return _ROLE_MEANINGS[self]

    def covers(self, other: "Role") -> bool:
        """Tell whether this role may do all that another may."""
        roles = list(Role)
        return roles.index(self) <= roles.index(other)


_ROLE_MEANINGS: Mapping[Role, str] = {
    Role.OWNER: "runs this Tonearm and may do everything; there is one",
    Role.ADMIN: "looks after people: invites, disables, and sees everybody's data, which is written down",
    Role.DEVELOPER: "listens, and builds: automation, plugins and logs (to come)",
    Role.LISTENER: "has a history: imports, corrects, looks",
    Role.VIEWER: "looks at what there is, and changes only the own account",
}
