"""The parameters that measures share, and their bounds."""

from dataclasses import dataclass
from typing import Literal

from tonearm.domain.vocabulary import RankBy, Rule

Lane = Literal["music", "podcast", "audiobook", "all"]
Unit = Literal["day", "week", "month", "year"]
MOST_ITEMS = 500


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: a range of time, the zone and rule to judge by, and how to rank.

    `range` is a named period, `YYYY`, `YYYY-MM`, `YYYY-Www`, `YYYY-MM-DD`, or `FROM..TO` with two such dates, the
    second one not part of it. `zone` is an IANA name.
    """

    range: str = "all"
    zone: str = "UTC"
    rule: Rule = Rule.THIRTY_SECONDS
    kind: Lane = "music"
    by: RankBy = RankBy.PLAYS
    limit: int = 10
    unit: Unit = "month"
