"""What tells of plays, as people call it."""

from collections.abc import Mapping

SOURCES: Mapping[str, tuple[str, str]] = {
    "extended": ("Extended history", "complete, measured"),
    "account": ("Account data", "the last year, to the minute"),
    "poll": ("Polls of Spotify", "music, lengths estimated"),
    "manual": ("Added by hand", ""),
}
"""By the family of the evidence: its name, and what to expect of it."""
