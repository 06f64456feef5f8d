"""One item among the others: which it shares sessions with, and its place in each year."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from oracle.measures import KEYS, counts, day_of, names_of
from oracle.plays import normal
from oracle.ranking import counted, places
from oracle.rhythm import session_plays

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from oracle.measures import Item, Key, Kind, Rule
    from oracle.plays import OraclePlay
    from oracle.ranking import By


class Neighbour(NamedTuple):
    key: Key
    sessions: int
    sessions_in_all: int
    affinity: Fraction


class Neighbours(NamedTuple):
    sessions: int
    items: list[Neighbour]


class YearLine(NamedTuple):
    starts_on: date
    rank: int | None
    ranked: int


def neighbours(
    plays: Sequence[OraclePlay],
    start_ms: int | None,
    end_ms: int | None,
    rule: Rule = "30s",
    kind: Kind = "music",
    *,
    item: Item,
    key: Key,
    limit: int = 10,
) -> Neighbours:
    """What was heard in the sessions of the range that one item was heard in."""
    sessions = []
    for group in session_plays(plays, rule, kind):
        began = min(play.started_at for play in group)
        if (start_ms is None or began >= start_ms) and (end_ms is None or began < end_ms):
            sessions.append({KEYS[item](play) for play in group if counts(play, rule)} - {None})
    own = [heard for heard in sessions if key in heard]
    every = Counter(one for heard in sessions for one in heard if one is not None)
    shared = Counter(one for heard in own for one in heard if one not in (None, key))
    names = names_of(plays, item)
    found = [
        Neighbour(one, both, every[one], Fraction(both, len(own) + every[one] - both))
        for one, both in shared.items()
        if one is not None
    ]
    found.sort(key=lambda one: (-one.affinity, -one.sessions, normal(names[one.key]), one.key))
    return Neighbours(len(own), found[:limit])


def ranks(  # noqa: PLR0913 - the measure's own parameters
    plays: Sequence[OraclePlay],
    start_ms: int | None,
    end_ms: int | None,
    zone: ZoneInfo,
    rule: Rule = "30s",
    kind: Kind = "music",
    *,
    item: Item,
    key: Key,
    by: By = "plays",
) -> list[YearLine]:
    """The place of one item in each year from its first counted play of the range to its last."""
    own = [one for one in counted(plays, start_ms, end_ms, rule, kind) if KEYS[item](one) == key]
    years = [day_of(play.ended_at, zone).year for play in own]
    lines = []
    for year in range(min(years, default=1), max(years, default=0) + 1):
        begin, end = (
            int(datetime(one, 1, 1, tzinfo=zone).timestamp() * 1000) for one in (year, year + 1)
        )
        begin = begin if start_ms is None else max(begin, start_ms)
        end = end if end_ms is None else min(end, end_ms)
        keys = [place.key for place in places(plays, begin, end, rule, kind, item, by=by)]
        place = keys.index(key) + 1 if key in keys else None
        lines.append(YearLine(date(year, 1, 1), place, len(keys)))
    return lines
