"""What a listener prefers: how to be counted, unless a question says otherwise, and how to be shown and told things."""

from dataclasses import dataclass
from enum import StrEnum

from tonearm.domain.events import EventName
from tonearm.domain.vocabulary import Rule


class Theme(StrEnum):
    """The colours of pages."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Language(StrEnum):
    """The languages there are."""

    ENGLISH = "en"
    GERMAN = "de"


@dataclass(frozen=True, slots=True)
class Preferences:
    """What applies where a question leaves it open."""

    zone: str = "UTC"
    """IANA name of the zone in which days and hours are counted."""
    rule: Rule = Rule.THIRTY_SECONDS
    """What counts as a play."""
    counts_private: bool = True
    """Whether plays of private sessions count."""
    travels: bool = False
    """Whether a play's country chooses its zone."""


@dataclass(frozen=True, slots=True)
class Presentation:
    """How things are shown and told; no number depends on it."""

    theme: Theme = Theme.SYSTEM
    """The colours of pages."""
    language: Language = Language.ENGLISH
    """The language of pages."""
    week_start: int = 1
    """The day that weeks begin with on pages: Monday is 1, Sunday 7. The weeks of measures are those of ISO 8601."""
    muted: tuple[EventName, ...] = ()
    """Events that give no notification, in order."""


USUAL_PRESENTATION = Presentation()
