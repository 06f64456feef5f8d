"""Two ranges side by side."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from oracle.measures import Totals, day_of, day_start, names_of, ranked, totals, within
from oracle.plays import normal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from oracle.measures import Item, Key, Kind, Range, Rule
    from oracle.plays import OraclePlay
    from oracle.ranking import By


class Change(NamedTuple):
    change: float
    ratio: float | None
    """Here divided by there; None where there is nothing there."""


class Standing(NamedTuple):
    """An item in both ranges; no rank where it has no place in a ranking."""

    key: Key
    name: str
    rank: int | None
    plays: int
    other_rank: int | None
    other_plays: int


class Tops(NamedTuple):
    entries: list[Standing]
    exits: list[Standing]
    movers: list[Standing]


class Comparison(NamedTuple):
    here: Totals
    there: Totals
    changes: dict[str, Change]
    artists: Tops
    albums: Tops
    tracks: Tops


CALENDAR = re.compile(r"[0-9]{4}(-[0-9]{2})?|(this|last)_(year|month)")
"""Ranges that name a year or a month of the calendar."""


def previous_range(start_ms: int, end_ms: int, zone: ZoneInfo, asked: str = "") -> Range:
    """The year before a range asked for as a year, the month before a month, else as many local days before."""
    first, last = day_of(start_ms, zone), day_of(end_ms - 1, zone)
    before = first - timedelta(days=1)
    if re.fullmatch(r"[0-9]{4}|(this|last)_year", asked):
        begin = before.replace(month=1, day=1)
    elif re.fullmatch(r"[0-9]{4}-[0-9]{2}|(this|last)_month", asked):
        begin = before.replace(day=1)
    else:
        begin = before - (last - first)
    return day_start(begin, zone), start_ms


def changes(here: Totals, there: Totals) -> dict[str, Change]:
    """Change and ratio of every number of two totals."""
    return {
        field: Change(one - other, one / other if other else None)
        for field, one, other in zip(Totals._fields, here, there, strict=True)
    }


def compare(  # noqa: PLR0913 - the measure's own parameters
    plays: Sequence[OraclePlay],
    start_ms: int | None,
    end_ms: int | None,
    zone: ZoneInfo,
    rule: Rule = "30s",
    kind: Kind = "music",
    *,
    other: Range,
    by: By = "plays",
    limit: int = 10,
) -> Comparison:
    """Totals of both ranges, and what came, went and moved in their rankings."""
    here = totals(plays, start_ms, end_ms, zone, rule, kind)
    there = totals(plays, *other, zone, rule, kind)
    both = (start_ms, end_ms), other
    return Comparison(
        here,
        there,
        changes(here, there),
        compare_tops(plays, "artists", both, rule, kind, by, limit),
        compare_tops(plays, "albums", both, rule, kind, by, limit),
        compare_tops(plays, "tracks", both, rule, kind, by, limit),
    )


def compare_tops(
    plays: Sequence[OraclePlay],
    item: Item,
    both: tuple[Range, Range],
    rule: Rule,
    kind: Kind,
    by: By,
    limit: int,
) -> Tops:
    """Entries by their rank here, exits by their rank there, movers by the difference of plays."""
    names = names_of(plays, item)
    here, there = (ranked(within(plays, *one, kind), item, rule, by, names) for one in both)
    ranks, other_ranks = (
        {key: rank for rank, (key, *_) in enumerate(rows, 1)} for rows in (here, there)
    )
    heard, other_heard = ({key: count for key, count, *_ in rows} for rows in (here, there))

    def standing(key: Key) -> Standing:
        return Standing(
            key, names[key], ranks.get(key), heard.get(key, 0),
            other_ranks.get(key), other_heard.get(key, 0),
        )  # fmt: skip

    first, other_first = list(ranks)[:limit], list(other_ranks)[:limit]
    moved = [standing(key) for key in {**ranks, **other_ranks}]
    movers = sorted(
        (one for one in moved if one.plays != one.other_plays),
        key=lambda one: (
            -abs(one.plays - one.other_plays), -(one.plays + one.other_plays),
            normal(one.name), one.key,
        ),
    )  # fmt: skip
    return Tops(
        [standing(key) for key in first if key not in other_first],
        [standing(key) for key in other_first if key not in first],
        movers[:limit],
    )
