"""How a listener wants to be counted, unless a question says otherwise."""

from dataclasses import dataclass

from tonearm.domain.vocabulary import Rule


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
