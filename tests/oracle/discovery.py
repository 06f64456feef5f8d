"""What was heard for the first time, again after long, or for the hundredth time."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Literal, NamedTuple

from oracle.measures import KEYS, artist_key, counts, day_of, names_of, track_key, within
from oracle.ranking import DAY_MS, HOUR_MS, counted, in_order, places, share
from oracle.units import Unit, covered_span, unit_of, units_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from oracle.measures import Item, Key, Kind, Rule
    from oracle.plays import OraclePlay

Mark = Literal["plays", "artists", "tracks", "hours"]


class DiscoveryLine(NamedTuple):
    """A unit as far as it lies in the range; the range itself has no `starts_on`."""

    starts_on: date | None
    plays: int
    new_artists: int
    new_albums: int
    new_tracks: int
    plays_of_new: int
    new_share: float
    rediscoveries: int


class Rediscovery(NamedTuple):
    key: Key
    name: str
    played_at: int
    pause_days: int


class Discovery(NamedTuple):
    whole: DiscoveryLine
    items: list[DiscoveryLine]
    rediscovered: list[Rediscovery]


class Milestone(NamedTuple):
    kind: Mark
    number: int
    at: int
    track: Key
    name: str
    artist: str | None


class Anniversary(NamedTuple):
    on: date
    years: int
    first_ms: int
    item: Key | None
    name: str | None


REDISCOVERY_MS = 180 * DAY_MS
PLAY_MARKS = (
    1, 100, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
)  # fmt: skip
MARKS = (1, 10, 100, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000)


def first_plays(
    plays: Sequence[OraclePlay], rule: Rule, kind: Kind, item: Item
) -> dict[Key, OraclePlay]:
    """The first counted play of each item in the whole history, in the order of these plays."""
    firsts: dict[Key, OraclePlay] = {}
    for play in counted(plays, None, None, rule, kind):
        key = KEYS[item](play)
        if key is not None and key not in firsts:
            firsts[key] = play
    return firsts


def pauses(plays: Sequence[OraclePlay], rule: Rule, kind: Kind) -> list[tuple[OraclePlay, int]]:
    """Plays of a track after a pause of at least 180 times 24 hours, with the pause."""
    before: dict[str, int] = {}
    found = []
    for play in counted(plays, None, None, rule, kind):
        pause = play.ended_at - before.get(play.track_key, play.ended_at)
        if pause >= REDISCOVERY_MS:
            found.append((play, pause))
        before[play.track_key] = play.ended_at
    return found


def discovery(
    plays: Sequence[OraclePlay],
    start_ms: int | None,
    end_ms: int | None,
    zone: ZoneInfo,
    rule: Rule = "30s",
    kind: Kind = "music",
    *,
    unit: Unit = "month",
    limit: int = 10,
) -> Discovery:
    """New items, plays of new tracks and rediscoveries, of the range and of each unit."""

    def started(play: OraclePlay) -> date:
        return unit_of(day_of(play.ended_at, zone), unit)

    inside = counted(plays, start_ms, end_ms, rule, kind)
    firsts = [
        within(list(first_plays(plays, rule, kind, item).values()), start_ms, end_ms, kind)
        for item in ("artists", "albums", "tracks")
    ]
    back = [
        (play, pause)
        for play, pause in pauses(plays, rule, kind)
        if within([play], start_ms, end_ms, kind)
    ]
    span = covered_span(plays, start_ms, end_ms, rule, kind)
    items = [
        line_of(
            day,
            [play for play in inside if started(play) == day],
            [[play for play in new if started(play) == day] for new in firsts],
            [play for play, _ in back if started(play) == day],
        )
        for day in units_of(span, unit, zone)
    ]
    names = names_of(plays, "tracks")
    back.sort(key=lambda one: (-one[1], one[0].ended_at, one[0].track_key))
    return Discovery(
        line_of(None, inside, firsts, [play for play, _ in back]),
        items,
        [
            Rediscovery((play.track_key,), names[play.track_key,], play.ended_at, pause // DAY_MS)
            for play, pause in back[:limit]
        ],
    )


def line_of(
    starts_on: date | None,
    inside: Sequence[OraclePlay],
    firsts: Sequence[Sequence[OraclePlay]],
    back: Sequence[OraclePlay],
) -> DiscoveryLine:
    """One line, of plays, first plays of artists, albums and tracks, and rediscoveries in it."""
    new_artists, new_albums, new_tracks = firsts
    new = {play.track_key for play in new_tracks}
    of_new = sum(play.track_key in new for play in inside)
    return DiscoveryLine(
        starts_on, len(inside), len(new_artists), len(new_albums), len(new_tracks), of_new,
        share(of_new, len(inside)), len(back),
    )  # fmt: skip


def milestones(
    plays: Sequence[OraclePlay],
    start_ms: int | None,
    end_ms: int | None,
    zone: ZoneInfo,  # noqa: ARG001 - every measure is asked alike
    rule: Rule = "30s",
    kind: Kind = "music",
    *,
    limit: int = 10,
) -> list[Milestone]:
    """The latest milestones of the whole history that lie in the range, oldest first.

    Of one play: plays, artists, tracks, hours, and low numbers before high ones.
    """
    artists: set[Key] = set()
    tracks: set[Key | None] = set()
    count = time = 0
    spelled = names_of(plays, "artists")
    names = names_of(plays, "tracks")
    found: list[Milestone] = []
    for play in in_order(within(plays, None, None, kind)):
        artist = artist_key(play)
        reached: list[tuple[Mark, int]] = []
        if counts(play, rule):
            count += 1
            if count in PLAY_MARKS or count % 1_000_000 == 0:
                reached.append(("plays", count))
            if artist is not None and artist not in artists:
                artists.add(artist)
                reached += [("artists", mark) for mark in MARKS if mark == len(artists)]
            if track_key(play) not in tracks:
                tracks.add(track_key(play))
                reached += [("tracks", mark) for mark in MARKS if mark == len(tracks)]
        reached += [
            ("hours", mark) for mark in MARKS if time < mark * HOUR_MS <= time + play.ms_played
        ]
        time += play.ms_played
        found += [
            Milestone(
                mark, number, play.ended_at, (play.track_key,), names[play.track_key,],
                spelled[artist] if artist else None,
            )
            for mark, number in reached
            if within([play], start_ms, end_ms, kind)
        ]  # fmt: skip
    return found[-limit:]


def anniversaries(
    plays: Sequence[OraclePlay],
    zone: ZoneInfo,
    rule: Rule = "30s",
    kind: Kind = "music",
    *,
    today: date,
    limit: int = 10,
) -> list[Anniversary]:
    """The next yearly return of the very first play and of the first artists' first plays."""
    heard = counted(plays, None, None, rule, kind)
    if not heard:
        return []
    firsts = first_plays(plays, rule, kind, "artists")
    marked: list[tuple[OraclePlay, Key | None, str | None]] = [
        (heard[0], None, None),
        *(
            (firsts[place.key], place.key, place.name)
            for place in places(plays, None, None, rule, kind, "artists", limit=limit)
        ),
    ]
    lines = []
    for play, key, name in marked:
        on, years = next_return(day_of(play.ended_at, zone), today)
        lines.append(Anniversary(on, years, play.ended_at, key, name))
    return lines


def next_return(first: date, today: date) -> tuple[date, int]:
    """The first yearly return that is not over; 29 February is the 28th in common years."""
    years = 1
    while return_of(first, years) < today:
        years += 1
    return return_of(first, years), years


def return_of(first: date, years: int) -> date:
    year = first.year + years
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    day = 28 if (first.month, first.day) == (2, 29) and not leap else first.day
    return date(year, first.month, day)
