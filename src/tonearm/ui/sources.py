"""What tells of plays, as people call it."""

from collections.abc import Mapping

from tonearm.speech import N_

SOURCES: Mapping[str, tuple[str, str]] = {
    "extended": (N_("Extended history"), N_("complete, measured")),
    "account": (N_("Account data"), N_("the last year, to the minute")),
    "poll": (N_("Polls of Spotify"), N_("music, lengths estimated")),
    "manual": (N_("Added by hand"), ""),
}
"""By the family of the evidence: its name, and what to expect of it, for the catalogues."""
