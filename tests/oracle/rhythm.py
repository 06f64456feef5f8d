"""When was heard: hours of the day, units of the calendar, streaks and sessions."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple

from oracle.measures import KEYS, counts, day_of, local, within
from oracle.ranking import HOUR_MS, counted, places, share
from oracle.units import Unit, covered_span, hour_start, hours_of, unit_of, units_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from oracle.measures import Item, Key, Kind, Rule
    from oracle.plays import OraclePlay
    from oracle.ranking import By


class Hour(NamedTuple):
    plays: int
    ms_played: int
    share: float


class ItemClock(NamedTuple):
    key: Key
    name: str
    plays: list[int]
    ms_played: list[int]


class UnitLine(NamedTuple):
    starts_on: date
    starts_at: int | None
    plays: int
    ms_played: int


class Streak(NamedTuple):
    """Active days in a row, both ends among them."""

    days: int
    first: date | None
    last: date | None


class Streaks(NamedTuple):
    current: Streak
    longest: Streak
    items: list[Streak]


class Session(NamedTuple):
    started_at: int
    ended_at: int
    ms: int
    ms_played: int
    plays: int


class Sessions(NamedTuple):
    sessions: int
    ms_mean: float
    ms_median: int
    plays_mean: float
    ms_played: int
    hours: list[int]
    longest: list[Session]


NO_STREAK = Streak(0, None, None)
PAUSE_MS = HOUR_MS // 2


def clock(
    plays: Sequence[OraclePlay],
    start_ms: int | None,
    end_ms: int | None,
    zone: ZoneInfo,
    rule: Rule = "30s",
    kind: Kind = "music",
) -> list[Hour]:
    """Plays, time and share of plays of each hour that the local clock shows."""
    inside = within(plays, start_ms, end_ms, kind)
    whole = sum(counts(play, rule) for play in inside)
    hours = []
    for hour in range(24):
        own = [play for play in inside if local(play.ended_at, zone).hour == hour]
        count = sum(counts(play, rule) for play in own)
        hours.append(Hour(count, sum(play.ms_played for play in own), share(count, whole)))
    return hours


def item_clocks(  # noqa: PLR0913 - the measure's own parameters
    plays: Sequence[OraclePlay],
    start_ms: int | None,
    end_ms: int | None,
    zone: ZoneInfo,
    rule: Rule = "30s",
    kind: Kind = "music",
    *,
    item: Item,
    by: By = "plays",
    limit: int = 10,
) -> list[ItemClock]:
    """The clocks of the first items of the range's ranking."""
    inside = within(plays, start_ms, end_ms, kind)
    clocks = []
    for place in places(plays, start_ms, end_ms, rule, kind, item, by=by, limit=limit):
        own = [play for play in inside if KEYS[item](play) == place.key]
        hours = clock(own, None, None, zone, rule, kind)
        clocks.append(
            ItemClock(
                place.key, place.name,
                [hour.plays for hour in hours], [hour.ms_played for hour in hours],
            )
        )  # fmt: skip
    return clocks


def timeline(
    plays: Sequence[OraclePlay],
    start_ms: int | None,
    end_ms: int | None,
    zone: ZoneInfo,
    rule: Rule = "30s",
    kind: Kind = "music",
    *,
    unit: Unit | Literal["hour"] = "month",
) -> list[UnitLine]:
    """Plays and time of every unit of the span, as far as it lies in the range.

    Raises:
        ValueError: more than 10,000 units.
    """
    count: Counter[date | int] = Counter()
    time: Counter[date | int] = Counter()
    for play in within(plays, start_ms, end_ms, kind):
        moment = play.ended_at
        begins = hour_start(moment, zone) if unit == "hour" else unit_of(day_of(moment, zone), unit)
        count[begins] += counts(play, rule)
        time[begins] += play.ms_played
    span = covered_span(plays, start_ms, end_ms, rule, kind)
    if unit == "hour":
        return [
            UnitLine(day_of(begin, zone), begin, count[begin], time[begin])
            for begin in hours_of(span, zone)
        ]
    return [UnitLine(day, None, count[day], time[day]) for day in units_of(span, unit, zone)]


def streaks(
    plays: Sequence[OraclePlay],
    start_ms: int | None,
    end_ms: int | None,
    zone: ZoneInfo,
    rule: Rule = "30s",
    kind: Kind = "music",
    *,
    today: date,
    limit: int = 10,
) -> Streaks:
    """Runs of active days; the current one counts back from today or the range's last day."""
    active = {day_of(play.ended_at, zone) for play in counted(plays, start_ms, end_ms, rule, kind)}
    one = timedelta(days=1)
    reference = today if end_ms is None else min(today, day_of(end_ms - 1, zone))
    last = reference if reference in active else reference - one
    current = run_to(last, active)
    ends = [day for day in active if day + one not in active]
    runs = sorted((run_to(day, active) for day in ends), key=by_length)
    return Streaks(current, runs[0] if runs else NO_STREAK, runs[:limit])


def run_to(last: date, active: set[date]) -> Streak:
    """The active days in a row up to this one."""
    days = 0
    while last - timedelta(days=days) in active:
        days += 1
    return Streak(days, last - timedelta(days=days - 1), last) if days else NO_STREAK


def by_length(streak: Streak) -> tuple[int, int]:
    """Long before short, late before early."""
    return -streak.days, -streak.last.toordinal() if streak.last else 0


def sessions(
    plays: Sequence[OraclePlay],
    start_ms: int | None,
    end_ms: int | None,
    zone: ZoneInfo,
    rule: Rule = "30s",
    kind: Kind = "music",
    *,
    limit: int = 10,
) -> Sessions:
    """Sessions of the whole lane that start in the range."""
    found = [
        session
        for session in sessions_of(plays, rule, kind)
        if (start_ms is None or session.started_at >= start_ms)
        and (end_ms is None or session.started_at < end_ms)
    ]
    lengths = sorted(session.ms for session in found)
    hours = Counter(local(session.started_at, zone).hour for session in found)
    return Sessions(
        len(found),
        share(sum(lengths), len(found)),
        lengths[(len(lengths) - 1) // 2] if lengths else 0,
        share(sum(session.plays for session in found), len(found)),
        sum(session.ms_played for session in found),
        [hours[hour] for hour in range(24)],
        sorted(found, key=lambda session: (-session.ms, session.started_at))[:limit],
    )


def sessions_of(plays: Sequence[OraclePlay], rule: Rule, kind: Kind) -> list[Session]:
    """All sessions of a lane which hold a counted play, in order."""
    return [session_of(group, rule) for group in session_plays(plays, rule, kind)]


def session_plays(plays: Sequence[OraclePlay], rule: Rule, kind: Kind) -> list[list[OraclePlay]]:
    """The plays of each of these sessions."""
    heard = [play for play in within(plays, None, None, kind) if play.ms_played > 0]
    groups: list[list[OraclePlay]] = []
    for play in sorted(heard, key=lambda play: (play.started_at, play.ended_at)):
        if groups and play.started_at - max(one.ended_at for one in groups[-1]) < PAUSE_MS:
            groups[-1].append(play)
        else:
            groups.append([play])
    return [group for group in groups if any(counts(play, rule) for play in group)]


def session_of(group: Sequence[OraclePlay], rule: Rule) -> Session:
    """One session; a start stamp may lie after its end, but no length is below zero."""
    start = min(play.started_at for play in group)
    end = max(play.ended_at for play in group)
    return Session(
        start,
        end,
        max(end - start, 0),
        sum(play.ms_played for play in group),
        sum(counts(play, rule) for play in group),
    )
