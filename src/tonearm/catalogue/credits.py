"""Who is credited with a track beside whom exports name: its artists, as Spotify's answers told them last."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from tonearm.catalogue.resolution import ArtistKey, Resolution, most_common
from tonearm.domain.text import normalise

Credits = dict[tuple[str, str], str]
"""Names of artists by the key of the track and their own."""


def credits_of(
    stored: Mapping[Any, tuple[Any, ...]],
    told: Mapping[str, Collection[str]],
    uris: Collection[str],
) -> Credits:
    """Give the credits that hold: those stored, but for tracks that are `told` of anew; of the tracks of `uris` alone.

    Args:
        stored: rows by their natural key, the second value the name.
        told: names of artists by URI of their track.
        uris: the tracks that Spotify's answers tell of.
    """
    held = {
        key: str(row[1]) for key, row in stored.items() if key[0] in uris and key[0] not in told
    }
    for uri, names in told.items():
        if uri in uris:
            for name in names:
                held.setdefault((uri, normalise(name)), name)
    return held


def credited_artists(resolution: Resolution, credited: Credits) -> dict[ArtistKey, str]:
    """Give the artists that are credited with tracks, each by its most common spelling."""
    kinds = kinds_of(resolution, credited)
    spellings: defaultdict[ArtistKey, Counter[str]] = defaultdict(Counter)
    for (track, artist), name in credited.items():
        spellings[kinds[track], artist][name] += 1
    return most_common(spellings)


def kinds_of(resolution: Resolution, credited: Credits) -> dict[str, str]:
    """Give the kinds of the credited tracks by key: an artist is one of its kind."""
    tracks = {track for track, _ in credited}
    return {track.key: track.kind for track in resolution.tracks if track.key in tracks}
