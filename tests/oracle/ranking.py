"""Plays in their order, and the items they rank: what every other measure begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from oracle.measures import TopRow, counts, names_of, ranked, top, within

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from oracle.measures import Item, Key, Kind, Range, Rule
    from oracle.plays import OraclePlay

By = Literal["plays", "time"]
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


class Place(NamedTuple):
    key: Key
    name: str
    plays: int
    ms_played: int


class Page(NamedTuple):
    rows: list[TopRow]
    next_offset: int | None
    """Rank after which the next page goes on; None on the last one."""


def in_order(plays: Sequence[OraclePlay]) -> list[OraclePlay]:
    """Plays by end, then start, then id: they are given in the order of their ids."""
    return sorted(plays, key=lambda play: (play.ended_at, play.started_at))


def counted(
    plays: Sequence[OraclePlay], start_ms: int | None, end_ms: int | None, rule: Rule, kind: Kind
) -> list[OraclePlay]:
    """Counted plays of a range, in order."""
    return [play for play in in_order(within(plays, start_ms, end_ms, kind)) if counts(play, rule)]


def share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def places(
    plays: Sequence[OraclePlay],
    start_ms: int | None,
    end_ms: int | None,
    rule: Rule,
    kind: Kind,
    item: Item,
    *,
    by: By = "plays",
    limit: int | None = None,
) -> list[Place]:
    """The first items of a range's ranking, best first."""
    names = names_of(plays, item)
    order = ranked(within(plays, start_ms, end_ms, kind), item, rule, by, names)
    return [Place(key, names[key], count, time) for key, count, time, _ in order][:limit]


def top_shows(  # noqa: PLR0913 - the measure's own parameters
    plays: Sequence[OraclePlay],
    start_ms: int | None,
    end_ms: int | None,
    zone: ZoneInfo,  # noqa: ARG001 - every measure is asked alike
    rule: Rule = "30s",
    kind: Literal["podcast", "audiobook"] = "podcast",
    *,
    by: By = "plays",
    limit: int | None = None,
    previous: Range | None = None,
) -> list[TopRow]:
    """Ranked shows or audiobooks: what stands in the artist's place of their plays."""
    return top(
        plays, "artists", start_ms, end_ms,
        rule=rule, kind=kind, by=by, limit=limit, previous=previous,
    )  # fmt: skip


def page(rows: Sequence[TopRow], offset: int, limit: int) -> Page:
    """Rows after rank `offset` of a whole ranking, as it is now."""
    after = offset + limit
    return Page(list(rows[offset:after]), after if after < len(rows) else None)
