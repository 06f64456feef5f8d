"""Plays as a listener corrected them, by the words of docs/explanation/plays.md: slow and plain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from oracle.measures import album_key, artist_key, day_of, local
from oracle.platforms import platform_family
from oracle.plays import OraclePlay, Sighting

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

Key = tuple[str, ...]
Wording = tuple[str, str | None, str | None, str | None, str | None]


class Hide(NamedTuple):
    evidence: frozenset[Sighting]


class Delete(NamedTuple):
    evidence: frozenset[Sighting]


@dataclass(frozen=True)
class Exclude:
    zone: str = "UTC"
    from_day: date | None = None
    to_day: date | None = None
    artist: Key | None = None
    track: Key | None = None
    platform: str | None = None
    country: str | None = None
    from_hour: int | None = None
    to_hour: int | None = None
    weekdays: tuple[int, ...] | None = None


class MergeArtists(NamedTuple):
    into: Key
    name: str
    items: frozenset[Key]


class MergeAlbums(NamedTuple):
    """Of one artist."""

    into: Key
    name: str
    items: frozenset[Key]


class MergeTracks(NamedTuple):
    into: str
    items: frozenset[str]


class Move(NamedTuple):
    tracks: frozenset[str]
    artist: str | None
    album: str | None


class SplitWordings(NamedTuple):
    number: int
    track: str
    wordings: tuple[Wording, ...]


Correction = (
    Hide | Delete | Exclude | MergeArtists | MergeAlbums | MergeTracks | Move | SplitWordings
)
Listen = tuple[OraclePlay, "list[Sighting]"]


def corrected(
    listens: Sequence[Listen], corrections: Sequence[Correction]
) -> tuple[list[OraclePlay], list[OraclePlay]]:
    """The plays that count, and the hidden or excluded ones."""
    shown: list[OraclePlay] = []
    hidden: list[OraclePlay] = []
    names = {play.track_key: play for play, _ in listens}
    for play, sightings in listens:
        held = set(sightings)
        marks = {
            type(one)
            for one in corrections
            if isinstance(one, Hide | Delete) and one.evidence & held
        }
        if Delete in marks:
            continue
        moved = moved_play(play, held, names, corrections)
        out = Hide in marks or any(
            fits(moved, one) for one in corrections if isinstance(one, Exclude)
        )
        (hidden if out else shown).append(moved)
    return shown, hidden


def moved_play(
    play: OraclePlay,
    held: set[Sighting],
    names: dict[str, OraclePlay],
    corrections: Sequence[Correction],
) -> OraclePlay:
    """The play with the names of its track, artist and album as corrected."""
    told = {(s.kind, s.uri, s.title, s.artist, s.album) for s in held}
    is_split = False
    for one in corrections:
        if isinstance(one, SplitWordings) and one.track in names and told & set(one.wordings):
            _, link, title, artist, album = one.wordings[0]
            play = play._replace(
                track_key=f"{one.track}#{one.number}", title=title or link, artist=artist, album=album,
                kind=names[one.track].kind,
            )  # fmt: skip
            is_split = True
    if not is_split:
        key = root(play.track_key, corrections, names)
        play = own(key, names, corrections)._replace(
            **{name: getattr(play, name) for name in ("ended_at", "started_at", "ms_played")},
            **{name: getattr(play, name) for name in OraclePlay._fields[8:]},
        )
    return renamed(play, corrections, names)


def root(key: str, corrections: Sequence[Correction], names: dict[str, OraclePlay]) -> str:
    into = {
        item: one.into for one in corrections if isinstance(one, MergeTracks) for item in one.items
    }
    found = place = key
    while place in into:
        place = into[place]
        found = place if place in names else found
    return found


def own(key: str, names: dict[str, OraclePlay], corrections: Sequence[Correction]) -> OraclePlay:
    """A play of a track, after the track moved."""
    play = names[key]
    for one in corrections:
        if isinstance(one, Move) and key in one.tracks:
            # What has no artist has no album to take along.
            album = play.album if play.artist else None
            play = play._replace(artist=one.artist or play.artist, album=one.album or album)
    return play


def renamed(
    play: OraclePlay, corrections: Sequence[Correction], names: dict[str, OraclePlay]
) -> OraclePlay:
    """The play under the artist and album that its own are part of; what is not there, nothing is part of."""
    there = [play, *names.values(), *(own(key, names, corrections) for key in names)]
    for one in corrections:
        if isinstance(one, SplitWordings) and one.track in names:
            _, _, _, artist, album = one.wordings[0]
            there.append(names[one.track]._replace(artist=artist, album=album))
    artists, albums = set(map(artist_key, there)), set(map(album_key, there))
    into_album: dict[Key | None, MergeAlbums] = {
        item: one for one in corrections if isinstance(one, MergeAlbums) for item in one.items
    }
    place = album_key(play)
    while place in into_album:
        found = into_album[place]
        place = found.into
        play = play._replace(album=found.name) if place in albums else play
    into: dict[Key | None, MergeArtists] = {
        item: one for one in corrections if isinstance(one, MergeArtists) for item in one.items
    }
    place = artist_key(play)
    while place in into:
        whole = into[place]
        place = whole.into
        play = play._replace(artist=whole.name) if place in artists else play
    return play


def fits(play: OraclePlay, rule: Exclude) -> bool:
    """Whether a play fits every part of a rule."""
    zone = ZoneInfo(rule.zone)
    day = day_of(play.ended_at, zone)
    clock = local(play.ended_at, zone)
    hour, weekday = clock.hour, clock.weekday()
    parts = [
        rule.from_day is None or day >= rule.from_day,
        rule.to_day is None or day < rule.to_day,
        rule.artist is None or artist_key(play) == rule.artist,
        rule.track is None or (play.track_key,) == rule.track,
        rule.platform is None or platform_family(play.platform) == rule.platform,
        rule.country is None or play.country == rule.country,
    ]
    if rule.from_hour is not None and rule.to_hour is not None:
        if rule.from_hour < rule.to_hour:
            parts.append(rule.from_hour <= hour < rule.to_hour)
        else:
            parts.append(hour >= rule.from_hour or hour < rule.to_hour)
            if hour < rule.to_hour:
                weekday = (weekday - 1) % 7
    parts.append(rule.weekdays is None or weekday in rule.weekdays)
    return all(parts)
