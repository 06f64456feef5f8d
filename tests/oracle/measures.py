"""Measures over plays, by the words of their definitions and nothing else: slow and plain."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from oracle.plays import OraclePlay, normal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

Rule = Literal["30s", "half", "done", "any"]
Kind = Literal["music", "podcast", "audiobook", "all"]
Item = Literal["artists", "albums", "tracks"]
Key = tuple[str, ...]
Range = tuple[int | None, int | None]
"""Milliseconds UTC, the end exclusive; None is open."""


class Totals(NamedTuple):
    plays: int
    ms_played: int
    tracks: int
    albums: int
    artists: int
    active_days: int
    plays_per_active_day: float
    ms_per_active_day: float


class TopRow(NamedTuple):
    rank: int
    name: str
    plays: int
    ms_played: int
    first_play_ms: int | None
    last_play_ms: int | None
    share: float
    previous_rank: int | None
    is_new: bool
    key: Key


class Cell(NamedTuple):
    plays: int
    ms_played: int


def counts(play: OraclePlay, rule: Rule) -> bool:
    """Whether a play counts; no duration is known from exports alone."""
    done = play.reason_end == "trackdone"
    if rule == "any":
        return play.ms_played > 0
    if rule == "done":
        return done
    return play.ms_played >= 30_000 or (done and play.ms_played > 0)


def within(
    plays: Sequence[OraclePlay], start_ms: int | None, end_ms: int | None, kind: Kind
) -> list[OraclePlay]:
    return [
        play
        for play in plays
        if (start_ms is None or play.ended_at >= start_ms)
        and (end_ms is None or play.ended_at < end_ms)
        and kind in ("all", play.kind)
    ]


def artist_key(play: OraclePlay) -> Key | None:
    return (play.kind, normal(play.artist)) if play.artist else None


def album_key(play: OraclePlay) -> Key | None:
    artist = artist_key(play)
    return (*artist, normal(play.album)) if artist and play.album else None


def track_key(play: OraclePlay) -> Key | None:
    return (play.track_key,)


KEYS = {"artists": artist_key, "albums": album_key, "tracks": track_key}


def local(ms: int, zone: ZoneInfo) -> datetime:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)).astimezone(zone)


def day_of(ms: int, zone: ZoneInfo) -> date:
    """The local day that has begun last: it goes on where clocks go back over its midnight."""
    day = local(ms, zone).date()
    return day + timedelta(days=1) if ms >= day_start(day + timedelta(days=1), zone) else day


def totals(
    plays: Sequence[OraclePlay],
    start_ms: int | None,
    end_ms: int | None,
    zone: ZoneInfo,
    rule: Rule = "30s",
    kind: Kind = "music",
) -> Totals:
    """Plays, time, distinct items and active days of a range."""
    inside = within(plays, start_ms, end_ms, kind)
    counted = [play for play in inside if counts(play, rule)]
    time = sum(play.ms_played for play in inside)
    days = len({day_of(play.ended_at, zone) for play in counted})
    return Totals(
        len(counted),
        time,
        len({track_key(play) for play in counted}),
        len({album_key(play) for play in counted} - {None}),
        len({artist_key(play) for play in counted} - {None}),
        days,
        len(counted) / days if days else 0.0,
        time / days if days else 0.0,
    )


def names_of(plays: Sequence[OraclePlay], item: Item) -> dict[Key, str]:
    """Each item in the spelling that most of its tracks carry; ties: the smallest."""
    spelled: dict[Key, dict[str, str]] = defaultdict(dict)
    for play in plays:
        key = KEYS[item](play)
        name = {"artists": play.artist, "albums": play.album, "tracks": play.title}[item]
        if key is not None:
            spelled[key][play.track_key] = name or ""
    names = {}
    for key, by_track in spelled.items():
        votes = Counter(by_track.values())
        names[key] = min(votes, key=lambda name: (-votes[name], name))
    return names


def ranked(
    plays: Sequence[OraclePlay], item: Item, rule: Rule, by: Literal["plays", "time"],
    names: dict[Key, str],
) -> list[tuple[Key, int, int, list[int]]]:  # fmt: skip
    """Key, counted plays, time and moments of counted plays of each listed item, best first."""
    time: Counter[Key] = Counter()
    moments: dict[Key, list[int]] = defaultdict(list)
    for play in plays:
        key = KEYS[item](play)
        if key is None:
            continue
        time[key] += play.ms_played
        if counts(play, rule):
            moments[key].append(play.ended_at)
    listed = [key for key in time if (moments[key] if by == "plays" else time[key] > 0)]

    def order(key: Key) -> tuple[object, ...]:
        first = min(moments[key], default=None)
        measure = -len(moments[key]) if by == "plays" else -time[key]
        return measure, -time[key], first is None, first or 0, normal(names[key]), key

    return [(key, len(moments[key]), time[key], moments[key]) for key in sorted(listed, key=order)]


def top(  # noqa: PLR0913 - the measure's own parameters
    plays: Sequence[OraclePlay],
    item: Item,
    start_ms: int | None,
    end_ms: int | None,
    *,
    rule: Rule = "30s",
    kind: Kind = "music",
    by: Literal["plays", "time"] = "plays",
    limit: int | None = None,
    previous: Range | None = None,
) -> list[TopRow]:
    """Ranked items of a range, with their rank in the period of the same length before it.

    `previous` names that period where it is not as many milliseconds long (months, years, DST).
    """
    names = names_of(plays, item)
    inside = within(plays, start_ms, end_ms, kind)
    whole = (
        sum(counts(play, rule) for play in inside)
        if by == "plays"
        else sum(play.ms_played for play in inside)
    )
    before: dict[Key, int] = {}
    if previous is None and start_ms is not None and end_ms is not None:
        previous = start_ms - (end_ms - start_ms), start_ms
    if previous is not None:
        earlier = ranked(within(plays, *previous, kind), item, rule, by, names)
        before = {key: rank for rank, (key, *_) in enumerate(earlier, 1)}
    ever = {
        key: min(moments, default=None)
        for key, _count, _time, moments in ranked(
            within(plays, None, None, kind), item, rule, by, names
        )
    }
    rows = [
        TopRow(
            rank, names[key], count, time, min(moments, default=None), max(moments, default=None),
            (count if by == "plays" else time) / whole, before.get(key),
            bool(moments) and min(moments) == ever[key], key,
        )
        for rank, (key, count, time, moments) in enumerate(
            ranked(inside, item, rule, by, names), 1
        )
    ]  # fmt: skip
    return rows[:limit]


def heatmap(
    plays: Sequence[OraclePlay],
    start_ms: int | None,
    end_ms: int | None,
    zone: ZoneInfo,
    rule: Rule = "30s",
    kind: Kind = "music",
) -> list[list[Cell]]:
    """Seven weekdays from Monday, 24 local hours each."""
    cells = [[Cell(0, 0) for _ in range(24)] for _ in range(7)]
    for play in within(plays, start_ms, end_ms, kind):
        moment = local(play.ended_at, zone)
        count, time = cells[moment.weekday()][moment.hour]
        cells[moment.weekday()][moment.hour] = Cell(
            count + counts(play, rule), time + play.ms_played
        )
    return cells


@cache
def day_start(day: date, zone: ZoneInfo) -> int:
    """The first instant of a local day, in milliseconds; midnight need not exist."""
    naive = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - its zone comes next
    utc = naive.replace(tzinfo=zone).astimezone(UTC)
    if utc.astimezone(zone).replace(tzinfo=None) != naive:
        early, late = utc - timedelta(days=1), utc + timedelta(days=1)
        while late - early > timedelta(milliseconds=1):
            middle = early + (late - early) / 2
            if middle.astimezone(zone).date() >= day:
                late = middle
            else:
                early = middle
        utc = late
    return round(utc.timestamp() * 1000)


def month_after(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def month_before(day: date) -> date:
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def named_days(text: str, today: date) -> tuple[date, date]:
    """First day and the day after the last one."""
    one, monday = timedelta(days=1), today - timedelta(days=today.weekday())
    if found := re.fullmatch(r"last_(7|30|90|365)_days", text):
        return today + one - int(found[1]) * one, today + one
    month, year = today.replace(day=1), today.replace(month=1, day=1)
    return {
        "today": (today, today + one),
        "yesterday": (today - one, today),
        "this_week": (monday, monday + 7 * one),
        "last_week": (monday - 7 * one, monday),
        "this_month": (month, month_after(month)),
        "last_month": (month_before(month), month),
        "this_year": (year, year.replace(year=year.year + 1)),
        "last_year": (year.replace(year=year.year - 1), year),
    }[text]


def resolve_range(text: str, now: datetime, zone: ZoneInfo) -> Range:
    """Bounds of a named period, a year, month, ISO week or day; `all` is open at both ends.

    Raises:
        KeyError: no such period.
        ValueError: a form with an impossible number, such as month 13.
    """
    if text == "all":
        return None, None
    if re.fullmatch(r"\d{4}", text):
        first = date(int(text), 1, 1)
        after = date(int(text) + 1, 1, 1)
    elif re.fullmatch(r"\d{4}-\d\d", text):
        first = date(int(text[:4]), int(text[5:]), 1)
        after = month_after(first)
    elif re.fullmatch(r"\d{4}-W\d\d", text):
        first = date.fromisocalendar(int(text[:4]), int(text[6:]), 1)
        after = first + timedelta(days=7)
    elif re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        first = date.fromisoformat(text)
        after = first + timedelta(days=1)
    else:
        first, after = named_days(text, now.astimezone(zone).date())
    return day_start(first, zone), day_start(after, zone)
