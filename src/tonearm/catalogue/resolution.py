"""Which descriptions are one track, and how tracks, albums and artists are named.

A pure function of the descriptions and how often each is claimed (docs/explanation/plays.md, "Tracks").
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from tonearm.catalogue.descriptions import Description
from tonearm.domain.text import normalise
from tonearm.domain.vocabulary import Family, Kind

NO_ITEM = -1
_KIND_ORDER = (Kind.AUDIOBOOK.value, Kind.PODCAST.value, Kind.MUSIC.value)

Pair = tuple[str, str]
ArtistKey = tuple[str, str]
AlbumKey = tuple[ArtistKey, str]
_Key = TypeVar("_Key", ArtistKey, AlbumKey)
_Ordered = TypeVar("_Ordered", str, tuple[tuple[bool, str], ...])


@dataclass(frozen=True, slots=True)
class ResolvedTrack:
    """A track with its names; artist and album by their keys."""

    key: str
    kind: str
    title: str | None
    artist: ArtistKey | None
    album: AlbumKey | None


@dataclass(frozen=True, slots=True)
class Resolution:
    """The catalogue that a set of descriptions amounts to."""

    tracks: list[ResolvedTrack]
    artists: dict[ArtistKey, str]
    albums: dict[AlbumKey, str]
    track_of: NDArray[np.int32]
    """For each description, the position of its track."""
    pair_of: NDArray[np.int32]
    """For each description, a number for its artist and title, -1 where neither it nor its track has one."""
    descriptions: Sequence[Description]

    def ranks(self, descriptions: NDArray[np.integer]) -> NDArray[np.int32]:
        """Give each of some descriptions the rank of its track among theirs, by key."""
        tracks, positions = np.unique(self.track_of[descriptions], return_inverse=True)
        return _ranks([self.tracks[track].key for track in tracks.tolist()])[positions]

    def wording_ranks(self, descriptions: NDArray[np.integer]) -> NDArray[np.int32]:
        """Give each of some descriptions its rank among them by what it says, absent parts last."""
        chosen, positions = np.unique(descriptions, return_inverse=True)
        words = [self.descriptions[index] for index in chosen.tolist()]
        return _ranks([tuple((part is None, part or "") for part in own) for own in words])[
            positions
        ]


def resolve(descriptions: Sequence[Description], claims: Sequence[Sequence[int]]) -> Resolution:
    """Resolve descriptions; `claims` tell by family how many sightings have each of them."""
    names = _Names()
    pairs = [_pair(description, names) for description in descriptions]
    members: defaultdict[str, list[int]] = defaultdict(list)
    for index, key in enumerate(_track_keys(descriptions, pairs, claims)):
        members[key].append(index)

    pair_numbers: dict[Pair, int] = {}
    tracks: list[ResolvedTrack] = []
    artists: defaultdict[ArtistKey, Counter[str]] = defaultdict(Counter)
    albums: defaultdict[AlbumKey, Counter[str]] = defaultdict(Counter)
    track_of = np.empty(len(descriptions), np.int32)
    pair_of = np.empty(len(descriptions), np.int32)
    for key, indexes in members.items():
        chosen = _best_named(indexes, descriptions, claims)
        for index in indexes:
            pair = pairs[index] or pairs[chosen]
            pair_of[index] = (
                NO_ITEM if pair is None else pair_numbers.setdefault(pair, len(pair_numbers))
            )
            track_of[index] = len(tracks)
        kinds = {descriptions[index].kind for index in indexes}
        kind = next(kind for kind in _KIND_ORDER if kind in kinds)
        description = descriptions[chosen]
        track = _track(key, kind, description, names)
        if track.artist is not None and description.artist is not None:
            artists[track.artist][description.artist] += 1
        if track.album is not None and description.album is not None:
            albums[track.album][description.album] += 1
        tracks.append(track)
    return Resolution(
        tracks, most_common(artists), most_common(albums), track_of, pair_of, descriptions
    )


def _best_named(
    indexes: Sequence[int],
    descriptions: Sequence[Description],
    claims: Sequence[Sequence[int]],
) -> int:
    """Choose the description of one track whose names are claimed most, by the best family first."""
    if len(indexes) == 1:
        return indexes[0]
    counts: defaultdict[tuple[str | None, ...], list[int]] = defaultdict(lambda: [0] * len(claims))
    for index in indexes:
        # Kind and URI apart, the same names may stand in several descriptions.
        own = counts[descriptions[index][2:]]
        for family, by_description in enumerate(claims):
            own[family] -= by_description[index]

    def preference(index: int) -> tuple[object, ...]:
        names = descriptions[index][2:]
        spelled = ((name is None, name or "") for name in names)
        return names[0] is None, *counts[names], *spelled

    return min(indexes, key=preference)


class _Names(dict[str | None, str]):
    """Names normalised, each once and held once: many tracks are of one artist and one album."""

    def __init__(self) -> None:
        super().__init__()
        self._keys: dict[Any, Any] = {}

    def __missing__(self, name: str | None) -> str:
        normal = self[name] = normalise(name)
        return normal

    def key(self, key: _Key) -> _Key:
        """Give the first of several equal keys."""
        found: _Key = self._keys.setdefault(key, key)
        return found


def _pair(description: Description, names: _Names) -> Pair | None:
    if description.title is None:
        return None
    return names[description.artist], names[description.title]


def _track_keys(
    descriptions: Sequence[Description],
    pairs: Sequence[Pair | None],
    claims: Sequence[Sequence[int]],
) -> list[str]:
    counts: defaultdict[tuple[Pair, str], list[int]] = defaultdict(lambda: [0, 0])
    homeless = {pairs[i] for i, description in enumerate(descriptions) if description.uri is None}
    for index, (description, pair) in enumerate(zip(descriptions, pairs, strict=True)):
        if description.uri is not None and pair is not None and pair in homeless:
            own = counts[pair, description.uri]
            own[0] -= claims[Family.EXTENDED][index]
            own[1] -= claims[Family.POLL][index]
    homes: dict[Pair, str] = {}
    for (pair, uri), _counts in sorted(counts.items(), key=lambda claim: (claim[1], claim[0][1])):
        homes.setdefault(pair, uri)
    return [
        description.uri or homes.get(pair or ("", "")) or _local_key(pair or ("", ""))
        for description, pair in zip(descriptions, pairs, strict=True)
    ]


def local_key(artist: str | None, title: str) -> str:
    """Give the key of a track that has no URI."""
    return _local_key((normalise(artist), normalise(title)))


def _local_key(pair: Pair) -> str:
    digest = sha256()
    for text in pair:
        encoded = text.encode()
        digest.update(len(encoded).to_bytes(4, "big") + encoded)
    return f"local:{digest.hexdigest()}"


def _track(key: str, kind: str, description: Description, names: _Names) -> ResolvedTrack:
    artist = names.key((kind, names[description.artist])) if description.artist else None
    album = names.key((artist, names[description.album])) if artist and description.album else None
    return ResolvedTrack(key, kind, description.title, artist, album)


def most_common(spellings: dict[_Key, Counter[str]]) -> dict[_Key, str]:
    """Give the name that stands most often; of several the first in the alphabet."""
    return {
        key: min(counter.items(), key=lambda item: (-item[1], item[0]))[0]
        for key, counter in spellings.items()
    }


def _ranks(values: Sequence[_Ordered]) -> NDArray[np.int32]:
    ranks = np.empty(len(values), np.int32)
    ranks[sorted(range(len(values)), key=values.__getitem__)] = np.arange(
        len(values), dtype=np.int32
    )
    return ranks
