"""Words looked for in names: which tracks hold them, and which artists, albums and tracks are called so."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from tonearm.domain.text import fold
from tonearm.domain.vocabulary import ItemKind, RankBy
from tonearm.insights.question import Item
from tonearm.insights.records import Covered, ItemArtist, ItemId, ItemName, MsPlayed, Plays, Record
from tonearm.insights.selection import Selection
from tonearm.insights.standings import NEVER, Standings
from tonearm.insights.view import Named, View

_BETWEEN = "\x1f"  # in no name that was folded
_ITEMS: dict[Item, ItemKind] = {
    "artists": ItemKind.ARTIST,
    "albums": ItemKind.ALBUM,
    "tracks": ItemKind.TRACK,
}


class FoundItem(Record, frozen=True):
    """An artist, album or track that is called what was looked for."""

    item: Annotated[str, Meta(description="What it is: `artist`, `album` or `track`.")]
    id: ItemId
    name: ItemName
    artist: ItemArtist
    plays: Plays
    ms_played: MsPlayed


class Found(Record, frozen=True):
    """Artists, albums and tracks that are called what was looked for, of each those with most plays."""

    covered: Covered
    items: tuple[FoundItem, ...]


@dataclass(frozen=True, slots=True)
class Names:
    """What tracks are called, with their artists and albums, as words are looked for in it."""

    tracks: NDArray[np.int64]
    texts: list[str]
    size: int

    @property
    def nbytes(self) -> int:
        """Memory of the texts, as far as it matters."""
        return int(self.tracks.nbytes) + sum(map(len, self.texts)) + 64 * len(self.texts)

    def holding(self, words: Iterable[str]) -> NDArray[np.bool_]:
        """Mark the tracks whose names hold all of some words, by track number."""
        mask = np.zeros(self.size, bool)
        mask[self.tracks[self.places(words)]] = True
        return mask

    def places(self, words: Iterable[str]) -> list[int]:
        """Give the places of the tracks whose names hold all of some words."""
        found: Iterable[int] = range(len(self.texts))
        for word in sorted(set(words), key=len, reverse=True):
            found = [place for place in found if word in self.texts[place]]
        return list(found)

    def called(self, words: Sequence[str]) -> dict[Item, set[int]]:
        """Give the tracks that are called so, and for artists and albums one place of each as numbers of tracks.

        An artist has all the words in the name; an album or track has at least one, and the rest in that of its artist.
        """
        found: dict[Item, set[int]] = {"artists": set(), "albums": set(), "tracks": set()}
        for place in self.places(words):
            title, artist, album = self.texts[place].split(_BETWEEN)
            track = int(self.tracks[place])
            if all(word in artist for word in words):
                found["artists"].add(track)
            for item, name in (("albums", album), ("tracks", title)):
                own = [word in name for word in words]
                if any(own) and all(
                    is_own or word in artist for is_own, word in zip(own, words, strict=True)
                ):
                    found["albums" if item == "albums" else "tracks"].add(track)
        return found


def find_items(view: View, text: str, limit: int) -> Found:
    """Find the artists, albums and tracks of a view's plays that a text names, `limit` of each at most."""
    words = fold(text).split()
    called = names_of(view).called(words) if words else dict[Item, set[int]]()
    items = list[FoundItem]()
    for item, tracks in called.items():
        standings = Standings(view, item, RankBy.PLAYS)
        heard = [one for one in _numbers(view, item, tracks) if standings.ms_played[one]]
        ranks = standings.ranks(heard)
        # What has no counted play has no place, and comes behind those that have one.
        best = sorted(
            heard, key=lambda one: (ranks.get(one, NEVER), -standings.ms_played[one], one)
        )
        names = view.names(item, best[:limit])
        items += [_found(item, number, names[number], standings) for number in best[:limit]]
    return Found(covered=view.covered(), items=tuple(items))


def find_called(view: View, item: Item, text: str) -> set[int]:
    """Give the numbers of the artists, albums or tracks that a text names; none for one without words."""
    words = fold(text).split()
    if not words:
        return set()
    found = _numbers(view, item, names_of(view).called(words)[item])
    if view.grouping(item) == "credited":
        spelled = _spelled(view, item, view.lane.further[1])
        found |= {one for one, name in spelled.items() if all(word in name for word in words)}
    return found


def _numbers(view: View, item: Item, tracks: Iterable[int]) -> set[int]:
    """Give what tracks stand for, by number."""
    columns = view.lane.columns
    owner = {"artists": columns.track_artist, "albums": columns.track_album}
    return {int(owner[item][track]) if item in owner else track for track in tracks} - {0}


def _found(item: Item, number: int, named: Named, standings: Standings) -> FoundItem:
    return FoundItem(
        item=_ITEMS[item].value,
        id=number,
        name=named.name,
        artist=named.artist,
        plays=int(standings.plays[number]),
        ms_played=int(standings.ms_played[number]),
    )


def names_of(view: View) -> Names:
    """Give the names of all tracks, read once a version."""
    columns = view.lane.columns

    def make() -> Names:
        tracks = view.names("tracks", range(1, len(columns.track_artist)))
        artists = _spelled(view, "artists", columns.track_artist)
        albums = _spelled(view, "albums", columns.track_album)
        texts = [
            _BETWEEN.join(
                (
                    _fold_names(named),
                    artists.get(int(columns.track_artist[number]), ""),
                    albums.get(int(columns.track_album[number]), ""),
                )
            )
            for number, named in tracks.items()
        ]
        return Names(np.array(list(tracks), np.int64), texts, len(columns.track_artist))

    return view.library.lane(Selection("all")).once(("names",), make)


def _spelled(view: View, item: Item, ids: NDArray[np.int32]) -> dict[int, str]:
    names = view.names(item, np.unique(ids).tolist())
    return {number: _fold_names(named) for number, named in names.items()}


def _fold_names(named: Named) -> str:
    """Give what something is called and was called, since it is looked for by either."""
    return fold(" ".join(filter(None, (named.known_as, named.former))))
