"""Answers made of other measures: a listener's taste, and a year or a month in review."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
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
    from oracle.units import Unit

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


class Leader(NamedTuple):
    place: Place
    best: date
    """First day of the month of the year, or day of the month, with most plays."""
    is_new: bool


class PeakDay(NamedTuple):
    day: date
    plays: int
    ms_played: int


class FirstPlay(NamedTuple):
    at: int
    track: Key


class Review(NamedTuple):
    totals: Totals
    previous: Totals | None
    changes: dict[str, Change] | None
    artists: list[Leader]
    albums: list[Leader]
    tracks: list[Leader]
    discovery: DiscoveryLine
    rediscovered: list[Rediscovery]
    peak_day: PeakDay | None
    longest_session: Session | None
    longest_streak: Streak
    first_play: FirstPlay | None
    units: list[UnitLine]
    """The months of the year, or the days of the month."""
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
) -> Review:
    """The story of one local year."""
    days = date(year - 1, 1, 1), date(year, 1, 1), date(year + 1, 1, 1)
    return review(plays, days, zone, rule, kind, "month")


def month_in_review(
    plays: Sequence[OraclePlay],
    month: date,
    zone: ZoneInfo,
    rule: Rule = "30s",
    kind: Kind = "music",
) -> Review:
    """The story of the local month that begins on a day."""
    before = (month - timedelta(days=1)).replace(day=1)
    after = (month + timedelta(days=31)).replace(day=1)
    return review(plays, (before, month, after), zone, rule, kind, "day")


def review(
    plays: Sequence[OraclePlay],
    days: tuple[date, date, date],
    zone: ZoneInfo,
    rule: Rule,
    kind: Kind,
    unit: Unit,
) -> Review:
    """The story from the second to before the third of some days, beside that from the first one; told by units."""
    before, start, end = (day_start(day, zone) for day in days)
    here = totals(plays, start, end, zone, rule, kind)
    there = totals(plays, before, start, zone, rule, kind)
    found = discovery(plays, start, end, zone, rule, kind, unit="year", limit=3)
    heard = counted(plays, start, end, rule, kind)
    hours = peak_hours(plays, start, end, zone, rule, kind)
    long = sessions(plays, start, end, zone, rule, kind, limit=1).longest
    artists, albums, tracks = (
        leaders(plays, item, (start, end), zone, rule, kind, unit) for item in ITEMS
    )
    last = days[2] - timedelta(days=1)
    return Review(
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
        streaks(plays, start, end, zone, rule, kind, today=last).longest,
        FirstPlay(heard[0].ended_at, (heard[0].track_key,)) if heard else None,
        timeline(plays, start, end, zone, rule, kind, unit=unit),
        hours[0] if hours else None,
    )


def leaders(
    plays: Sequence[OraclePlay],
    item: Item,
    bounds: tuple[int, int],
    zone: ZoneInfo,
    rule: Rule,
    kind: Kind,
    unit: Unit,
) -> list[Leader]:
    """The first items, with their best month or day and whether they are new."""
    start, end = bounds
    firsts = first_plays(plays, rule, kind, item)
    items = []
    for place in places(plays, start, end, rule, kind, item, limit=FIRST):
        days = (
            day_of(play.ended_at, zone)
            for play in counted(plays, start, end, rule, kind)
            if KEYS[item](play) == place.key
        )
        heard = Counter(day.replace(day=1) if unit == "month" else day for day in days)
        best = min(heard, key=lambda day: (-heard[day], day))
        items.append(Leader(place, best, start <= firsts[place.key].ended_at < end))
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
