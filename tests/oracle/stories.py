"""Answers made of other measures: a listener's taste, and a year in review."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from oracle.comparison import Change, changes
from oracle.discovery import DiscoveryLine, Rediscovery, discovery, first_plays
from oracle.habits import repeat
from oracle.measures import KEYS, Totals, day_of, day_start, heatmap, totals, within
from oracle.ranking import Place, counted, places
from oracle.rhythm import Session, Streak, UnitLine, clock, sessions, streaks, timeline

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from oracle.measures import Item, Key, Kind, Rule
    from oracle.plays import OraclePlay

ITEMS: tuple[Item, ...] = ("artists", "albums", "tracks")
FIRST = 10


class Taste(NamedTuple):
    totals: Totals
    artists: list[Place]
    albums: list[Place]
    tracks: list[Place]
    peak_hours: list[int]
    peak_weekday: int | None
    repeat_share: float
    plays_per_track: float
    new_artists: int
    new_tracks: int
    new_share: float
    first_ms: int | None


class YearItem(NamedTuple):
    place: Place
    best_month: date
    is_new: bool


class PeakDay(NamedTuple):
    day: date
    plays: int
    ms_played: int


class FirstPlay(NamedTuple):
    at: int
    track: Key


class Year(NamedTuple):
    totals: Totals
    previous: Totals | None
    changes: dict[str, Change] | None
    artists: list[YearItem]
    albums: list[YearItem]
    tracks: list[YearItem]
    discovery: DiscoveryLine
    rediscovered: list[Rediscovery]
    peak_day: PeakDay | None
    longest_session: Session | None
    longest_streak: Streak
    first_play: FirstPlay | None
    months: list[UnitLine]
    peak_hour: int | None


def taste(
    plays: Sequence[OraclePlay],
    start_ms: int | None,
    end_ms: int | None,
    zone: ZoneInfo,
    rule: Rule = "30s",
    kind: Kind = "music",
) -> Taste:
    """A listener in one answer."""
    repeated = repeat(plays, start_ms, end_ms, zone, rule, kind)
    found = discovery(plays, start_ms, end_ms, zone, rule, kind, unit="year").whole
    days = [
        sum(cell.plays for cell in cells)
        for cells in heatmap(plays, start_ms, end_ms, zone, rule, kind)
    ]
    artists, albums, tracks = (
        places(plays, start_ms, end_ms, rule, kind, item, limit=FIRST) for item in ITEMS
    )
    return Taste(
        totals(plays, start_ms, end_ms, zone, rule, kind),
        artists,
        albums,
        tracks,
        peak_hours(plays, start_ms, end_ms, zone, rule, kind)[:3],
        days.index(max(days)) if any(days) else None,
        repeated.repeat_share,
        repeated.plays_per_track,
        found.new_artists,
        found.new_tracks,
        found.new_share,
        min((play.ended_at for play in within(plays, None, None, kind)), default=None),
    )


def peak_hours(
    plays: Sequence[OraclePlay],
    start_ms: int | None,
    end_ms: int | None,
    zone: ZoneInfo,
    rule: Rule,
    kind: Kind,
) -> list[int]:
    """Hours of the day with plays: most plays first, then the earlier hour."""
    hours = clock(plays, start_ms, end_ms, zone, rule, kind)
    heard = [hour for hour in range(24) if hours[hour].plays]
    return sorted(heard, key=lambda hour: (-hours[hour].plays, hour))


def year_in_review(
    plays: Sequence[OraclePlay],
    year: int,
    zone: ZoneInfo,
    rule: Rule = "30s",
    kind: Kind = "music",
) -> Year:
    """The story of one local year."""
    before, start, end = (day_start(date(one, 1, 1), zone) for one in (year - 1, year, year + 1))
    here = totals(plays, start, end, zone, rule, kind)
    there = totals(plays, before, start, zone, rule, kind)
    found = discovery(plays, start, end, zone, rule, kind, unit="year", limit=3)
    heard = counted(plays, start, end, rule, kind)
    hours = peak_hours(plays, start, end, zone, rule, kind)
    long = sessions(plays, start, end, zone, rule, kind, limit=1).longest
    artists, albums, tracks = (
        year_items(plays, item, (start, end), zone, rule, kind) for item in ITEMS
    )
    return Year(
        here,
        there if there.plays else None,
        changes(here, there) if there.plays else None,
        artists,
        albums,
        tracks,
        found.whole,
        found.rediscovered,
        peak_day(plays, start, end, zone, rule, kind),
        long[0] if long else None,
        streaks(plays, start, end, zone, rule, kind, today=date(year, 12, 31)).longest,
        FirstPlay(heard[0].ended_at, (heard[0].track_key,)) if heard else None,
        timeline(plays, start, end, zone, rule, kind, unit="month"),
        hours[0] if hours else None,
    )


def year_items(
    plays: Sequence[OraclePlay],
    item: Item,
    year: tuple[int, int],
    zone: ZoneInfo,
    rule: Rule,
    kind: Kind,
) -> list[YearItem]:
    """The first items of a year, with their best month and whether they are new in it."""
    start, end = year
    firsts = first_plays(plays, rule, kind, item)
    items = []
    for place in places(plays, start, end, rule, kind, item, limit=FIRST):
        months = Counter(
            day_of(play.ended_at, zone).replace(day=1)
            for play in counted(plays, start, end, rule, kind)
            if KEYS[item](play) == place.key
        )
        best = min(months, key=lambda month: (-months[month], month))
        items.append(YearItem(place, best, start <= firsts[place.key].ended_at < end))
    return items


def peak_day(
    plays: Sequence[OraclePlay],
    start_ms: int,
    end_ms: int,
    zone: ZoneInfo,
    rule: Rule,
    kind: Kind,
) -> PeakDay | None:
    """The day of most listening time, of several the earliest."""
    days = timeline(plays, start_ms, end_ms, zone, rule, kind, unit="day")
    best = min(days, key=lambda line: (-line.ms_played, line.starts_on))
    return PeakDay(best.starts_on, best.plays, best.ms_played) if best.ms_played else None
