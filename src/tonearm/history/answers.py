"""What answers of Spotify claim: items of its list of recent plays, and samples of what it plays now."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import numpy as np

from tonearm.catalogue.descriptions import Description, clean_uri
from tonearm.domain.instants import to_ms
from tonearm.domain.text import clean
from tonearm.domain.vocabulary import Family, Kind
from tonearm.history.change import Claims
from tonearm.history.corrections.marks import sighting_keys
from tonearm.history.sightings import Context, Sightings

_EARLIEST: Final = datetime(2006, 1, 1, tzinfo=UTC)  # before that there was no Spotify to listen to
_LATEST_LEAD: Final = timedelta(days=1)
_LONGEST_MS: Final = 86_400_000
_LONGEST_TEXT: Final = 4_096


@dataclass(frozen=True, slots=True)
class PolledPlay:
    """One item of Spotify's list of recently played tracks."""

    uri: str | None
    title: str | None
    artists: tuple[str, ...]
    """Of the track."""
    album_artists: tuple[str, ...]
    album: str | None
    played_at: datetime
    duration_ms: int
    answer: bytes
    """The item word for word, as JSON."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What Spotify's player was about to end, named as exports would name it."""

    kind: Kind
    uri: str | None
    title: str | None
    artist: str | None
    artists: tuple[str, ...]
    """Of a track, all of them."""
    album: str | None
    begun_at: datetime
    """When it began, or would have, had it not been paused."""
    duration_ms: int
    platform: str | None
    shuffle: bool | None
    private: bool | None
    sampled_at: datetime
    answer: bytes
    """The player's state word for word, as JSON."""

    @property
    def ends_at(self) -> datetime:
        """When it ends, unless somebody interferes."""
        return self.begun_at + timedelta(milliseconds=self.duration_ms)


class Claim(NamedTuple):
    """What an answer claims of one play; clock and stamp in Unix milliseconds."""

    description: Description
    clock: int
    ms_played: int
    stamp: int
    """0 without one."""
    context: Context
    answer: bytes
    artists: tuple[str, ...]
    """All of the track."""


def artist_of(album_artists: Sequence[str], artists: Sequence[str]) -> str | None:
    """Give the artist as exports do: the first one of the album; where it names none, the first one of the track."""
    return next(iter([*album_artists, *artists]), None)


def claim_of(play: PolledPlay, fetched_at: datetime) -> Claim | None:
    """Read an item; None where it is about nothing, or cannot be true."""
    artist = artist_of(play.album_artists, play.artists)
    claim = Claim(
        _described(Kind.MUSIC, play.uri, play.title, artist, play.album),
        to_ms(play.played_at),
        play.duration_ms,
        0,
        Context(),
        play.answer,
        _cleaned(play.artists),
    )
    return claim if _is_possible(claim, fetched_at) else None


def claim_of_sample(sample: Sample) -> Claim | None:
    """Read a sample; None where it is about nothing, or cannot be true."""
    begun_at = to_ms(sample.begun_at)
    claim = Claim(
        _described(sample.kind, sample.uri, sample.title, sample.artist, sample.album),
        begun_at + sample.duration_ms,
        sample.duration_ms,
        begun_at,
        Context(clean(sample.platform), shuffle=sample.shuffle, private=sample.private),
        sample.answer,
        _cleaned(sample.artists),
    )
    return claim if _is_possible(claim, sample.sampled_at) else None


def _described(
    kind: Kind, uri: str | None, title: str | None, artist: str | None, album: str | None
) -> Description:
    return Description(kind.value, clean_uri(clean(uri)), clean(title), clean(artist), clean(album))


def _cleaned(names: Iterable[str]) -> tuple[str, ...]:
    cleaned = map(clean, names)
    return tuple(name for name in cleaned if name is not None and len(name) <= _LONGEST_TEXT)


def _is_possible(claim: Claim, fetched_at: datetime) -> bool:
    said = claim.description
    texts = (said.title, said.artist, said.album, claim.context.platform)
    return (
        (said.uri is not None or said.title is not None)
        and all(len(text or "") <= _LONGEST_TEXT for text in texts)
        and to_ms(_EARLIEST) <= claim.clock <= to_ms(fetched_at + _LATEST_LEAD)
        and 0 <= claim.ms_played <= _LONGEST_MS
    )


def keyed(claims: Iterable[Claim | None]) -> dict[int, Claim]:
    """Give what can be true by the keys of its content, each once."""
    possible = [claim for claim in claims if claim is not None]
    columns = columns_of(possible)
    sightings = Sightings(
        id=columns.context,
        family=columns.family,
        description=columns.description,
        clock=columns.clock,
        ms_played=columns.ms_played,
        stamp=columns.stamp,
        context=columns.context,
        play=columns.context,
    )
    keys = sighting_keys(sightings, columns.descriptions, columns.contexts).tolist()
    told: dict[int, Claim] = {}
    for key, claim in zip(keys, possible, strict=True):
        told.setdefault(key, claim)
    return told


def columns_of(claims: Collection[Claim]) -> Claims:
    """Give claims as columns."""
    count = len(claims)
    contexts = list(dict.fromkeys(claim.context for claim in claims))
    place = {context: number for number, context in enumerate(contexts)}
    return Claims(
        family=np.full(count, Family.POLL, np.uint8),
        description=np.arange(count, dtype=np.uint32),
        clock=np.fromiter((claim.clock for claim in claims), np.int64, count),
        ms_played=np.fromiter((claim.ms_played for claim in claims), np.int32, count),
        stamp=np.fromiter((claim.stamp for claim in claims), np.int64, count),
        context=np.fromiter((place[claim.context] for claim in claims), np.uint32, count),
        descriptions=[claim.description for claim in claims],
        contexts=contexts,
        credits={
            claim.description.uri: claim.artists
            for claim in claims
            if claim.description.uri is not None and claim.artists
        },
    )
