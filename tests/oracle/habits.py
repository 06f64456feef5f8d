"""How was heard: repeats, concentration, skips, context, loyalty."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Literal, NamedTuple

from oracle.measures import (
    KEYS,
    counts,
    day_of,
    local,
    month_after,
    names_of,
    track_key,
    within,
)
from oracle.platforms import platform_family
from oracle.plays import normal
from oracle.ranking import DAY_MS, Place, counted, places, share
from oracle.units import Unit, covered_span, unit_of, units_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from zoneinfo import ZoneInfo

    from oracle.measures import Item, Key, Kind, Rule
    from oracle.plays import OraclePlay
    from oracle.ranking import By

Aspect = Literal["platform", "country", "shuffle", "offline", "private"]


class Run(NamedTuple):
    key: Key
    name: str
    length: int
    first_ms: int
    last_ms: int


class Looped(NamedTuple):
    key: Key
    name: str
    loops: int
    loop_plays: int
    first_ms: int


class Repeat(NamedTuple):
    plays: int
    tracks: int
    repeat_share: float
    plays_per_track: float
    most_repeated: list[Place]
    longest_run: Run | None
    loops: int
    loop_plays: int
    looped_tracks: list[Looped]


class Concentration(NamedTuple):
    items: int
    top_1: float
    top_10: float
    top_50: float
    gini: float
    held: list[tuple[int, int, float]]
    """How many of the first, what they have together, and their share."""


class SkipHour(NamedTuple):
    judged: int
    skips: int
    share: float


class SkippedItem(NamedTuple):
    key: Key
    name: str
    judged: int
    skips: int
    share: float


class Skips(NamedTuple):
    plays: int
    judged: int
    skips: int
    share: float
    unknown: int
    hours: list[SkipHour]
    tracks: list[SkippedItem]
    artists: list[SkippedItem]


class ContextValue(NamedTuple):
    value: str | None
    plays: int
    ms_played: int
    share: float


class ContextUnit(NamedTuple):
    starts_on: date
    plays: list[int]
    """In the order of the values."""


class Contexts(NamedTuple):
    values: list[ContextValue]
    items: list[ContextUnit]


class MonthLine(NamedTuple):
    starts_on: date
    plays: int
    ms_played: int


class Loyalty(NamedTuple):
    plays: int
    ms_played: int
    first_ms: int | None
    last_ms: int | None
    days_since_last_play: int | None
    half_life_days: int | None
    peak_month: date | None
    active_days: int
    months: list[MonthLine]


SKIP_REASONS = ("fwdbtn", "backbtn", "clickrow", "clickside", "playbtn", "uriopen", "popup")
SHORT_MS = 30_000


def repeat(
    plays: Sequence[OraclePlay],
    start_ms: int | None,
    end_ms: int | None,
    zone: ZoneInfo,  # noqa: ARG001 - every measure is asked alike
    rule: Rule = "30s",
    kind: Kind = "music",
    *,
    limit: int = 10,
) -> Repeat:
    """How much of the plays goes to tracks once more, in runs and in loops."""
    inside = counted(plays, start_ms, end_ms, rule, kind)
    names = names_of(plays, "tracks")
    tracks = {track_key(play) for play in inside}
    looped = loops_of(inside, names)
    return Repeat(
        len(inside),
        len(tracks),
        1 - len(tracks) / len(inside) if inside else 0.0,
        share(len(inside), len(tracks)),
        places(plays, start_ms, end_ms, rule, kind, "tracks", limit=limit),
        longest_run(inside, names),
        sum(track.loops for track in looped),
        sum(track.loop_plays for track in looped),
        looped[:limit],
    )


def longest_run(inside: Sequence[OraclePlay], names: dict[Key, str]) -> Run | None:
    """The longest sequence of one track, of several the earliest; a single play is one of 1."""
    best: Run | None = None
    for at, play in enumerate(inside):
        length = 1
        while at + length < len(inside) and inside[at + length].track_key == play.track_key:
            length += 1
        if best is None or length > best.length:
            last = inside[at + length - 1]
            key = (play.track_key,)
            best = Run(key, names[key], length, play.ended_at, last.ended_at)
    return best


def loops_of(inside: Sequence[OraclePlay], names: dict[Key, str]) -> list[Looped]:
    """Tracks with loops, best first."""
    moments: dict[Key, list[int]] = defaultdict(list)
    for play in inside:
        moments[(play.track_key,)].append(play.ended_at)
    tracks = []
    for key, times in moments.items():
        looping = [at >= 2 and times[at] - times[at - 2] <= DAY_MS for at in range(len(times))]
        begun = [at for at in range(len(times)) if looping[at] and not looping[at - 1]]
        if begun:
            first = times[looping.index(True)]
            tracks.append(Looped(key, names[key], len(begun), sum(looping), first))
    return sorted(
        tracks,
        key=lambda track: (
            -track.loops, -track.loop_plays, track.first_ms, normal(track.name), track.key,
        ),
    )  # fmt: skip


def concentration(
    plays: Sequence[OraclePlay],
    start_ms: int | None,
    end_ms: int | None,
    zone: ZoneInfo,  # noqa: ARG001 - every measure is asked alike
    rule: Rule = "30s",
    kind: Kind = "music",
    *,
    item: Item = "artists",
    by: By = "plays",
) -> Concentration:
    """How unequally plays or time fall on items."""
    ranking = places(plays, start_ms, end_ms, rule, kind, item, by=by)
    weights = [place.plays if by == "plays" else place.ms_played for place in ranking]
    whole, number = sum(weights), len(weights)
    gini = 0.0
    if number:
        rising = sum(place * weight for place, weight in enumerate(sorted(weights), 1))
        gini = 2 * rising / (number * whole) - (number + 1) / number
    top_1, top_10, top_50 = (share(sum(weights[:first]), whole) for first in (1, 10, 50))
    held = []
    for first in range(1, number + 1):
        if first == number or str(first).rstrip("0") in {"1", "2", "5"}:
            together = sum(sorted(weights, reverse=True)[:first])
            held.append((first, together, share(together, whole)))
    return Concentration(number, top_1, top_10, top_50, gini, held)


def skips(
    plays: Sequence[OraclePlay],
    start_ms: int | None,
    end_ms: int | None,
    zone: ZoneInfo,
    rule: Rule = "30s",  # noqa: ARG001 - every measure is asked alike
    kind: Kind = "music",
    *,
    limit: int = 10,
) -> Skips:
    """Plays ended by a skip before half, among those of which an end is known."""
    inside = within(plays, start_ms, end_ms, kind)
    judged = [play for play in inside if play.reason_end is not None or play.skipped is True]
    lengths = known_lengths(within(plays, None, None, kind))
    skipped = [play for play in judged if is_skip(play, lengths.get(play.track_key))]
    hours = []
    for hour in range(24):
        own = [play for play in judged if local(play.ended_at, zone).hour == hour]
        left = [play for play in own if play in skipped]
        hours.append(SkipHour(len(own), len(left), share(len(left), len(own))))
    return Skips(
        len(inside),
        len(judged),
        len(skipped),
        share(len(skipped), len(judged)),
        len(inside) - len(judged),
        hours,
        most_skipped(judged, skipped, "tracks", names_of(plays, "tracks"))[:limit],
        most_skipped(judged, skipped, "artists", names_of(plays, "artists"))[:limit],
    )


def known_lengths(plays: Sequence[OraclePlay]) -> dict[str, int]:
    """The longest play to its end of each track."""
    lengths: dict[str, int] = {}
    for play in plays:
        if play.reason_end == "trackdone":
            lengths[play.track_key] = max(lengths.get(play.track_key, 0), play.ms_played)
    return lengths


def is_skip(play: OraclePlay, length: int | None) -> bool:
    by_hand = play.skipped is True or play.reason_end in SKIP_REASONS
    early = play.ms_played < SHORT_MS if length is None else play.ms_played * 2 < length
    return by_hand and early


def most_skipped(
    judged: Sequence[OraclePlay], skipped: Sequence[OraclePlay], item: Item, names: dict[Key, str]
) -> list[SkippedItem]:
    """Items with a skip: most of them first, then the higher share, then the earlier first one."""
    lines = []
    firsts = {}
    for key in {KEYS[item](play) for play in skipped} - {None}:
        assert key is not None, "taken away above"
        times = [play.ended_at for play in skipped if KEYS[item](play) == key]
        number = sum(KEYS[item](play) == key for play in judged)
        lines.append(SkippedItem(key, names[key], number, len(times), len(times) / number))
        firsts[key] = min(times)
    return sorted(
        lines,
        key=lambda line: (
            -line.skips, line.judged, firsts[line.key], normal(line.name), line.key,
        ),
    )  # fmt: skip


def context(
    plays: Sequence[OraclePlay],
    start_ms: int | None,
    end_ms: int | None,
    zone: ZoneInfo,
    rule: Rule = "30s",
    kind: Kind = "music",
    *,
    aspect: Aspect = "platform",
    unit: Unit = "month",
) -> Contexts:
    """Plays by platform, country, shuffle, offline or private, in the range and its units."""
    inside = within(plays, start_ms, end_ms, kind)
    count: Counter[str | None] = Counter()
    time: Counter[str | None] = Counter()
    by_unit: Counter[tuple[date, str | None]] = Counter()
    for play in inside:
        value = value_of(play, aspect)
        time[value] += play.ms_played
        if counts(play, rule):
            count[value] += 1
            by_unit[unit_of(day_of(play.ended_at, zone), unit), value] += 1
    listed = [value for value in time if count[value] or time[value]]
    listed.sort(key=lambda value: (value is None, -count[value], -time[value], value or ""))
    whole = sum(count.values())
    starts = units_of(covered_span(plays, start_ms, end_ms, rule, kind), unit, zone)
    return Contexts(
        [ContextValue(one, count[one], time[one], share(count[one], whole)) for one in listed],
        [ContextUnit(day, [by_unit[day, value] for value in listed]) for day in starts],
    )


def value_of(play: OraclePlay, aspect: Aspect) -> str | None:
    if aspect == "platform":
        return platform_family(play.platform)
    if aspect == "country":
        return play.country
    said = {"shuffle": play.shuffle, "offline": play.offline, "private": play.private}[aspect]
    return {True: "yes", False: "no", None: None}[said]


def loyalty(  # noqa: PLR0913 - the measure's own parameters
    plays: Sequence[OraclePlay],
    start_ms: int | None,
    end_ms: int | None,
    zone: ZoneInfo,
    rule: Rule = "30s",
    kind: Kind = "music",
    *,
    item: Item,
    key: Key,
    today: date,
) -> Loyalty:
    """How one item was heard over time."""
    own = [play for play in within(plays, start_ms, end_ms, kind) if KEYS[item](play) == key]
    time = sum(play.ms_played for play in own)
    heard = counted(own, None, None, rule, kind)
    if not heard:
        return Loyalty(0, time, None, None, None, None, None, 0, [])
    days = [day_of(play.ended_at, zone) for play in heard]
    months = [MonthLine(days[0].replace(day=1), 0, 0)]
    while months[-1].starts_on < days[-1].replace(day=1):
        months.append(MonthLine(month_after(months[-1].starts_on), 0, 0))
    for at, (month, _, _) in enumerate(months):
        of_month = [p for p in own if day_of(p.ended_at, zone).replace(day=1) == month]
        months[at] = MonthLine(
            month,
            sum(counts(play, rule) for play in of_month),
            sum(play.ms_played for play in of_month),
        )
    half = (len(heard) + 1) // 2
    return Loyalty(
        len(heard),
        time,
        heard[0].ended_at,
        heard[-1].ended_at,
        max((today - days[-1]).days, 0),
        (days[half - 1] - days[0]).days,
        max(months, key=lambda line: line.plays).starts_on,
        len(set(days)),
        months,
    )
