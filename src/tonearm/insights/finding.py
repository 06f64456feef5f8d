"""Find artists, albums and tracks by words of their names."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from tonearm.domain.text import fold
from tonearm.domain.vocabulary import RankBy
from tonearm.insights.question import Item
from tonearm.insights.records import ItemArtist, ItemId, ItemName, MsPlayed, Plays, Record
from tonearm.insights.standings import Standings
from tonearm.insights.view import View


class FoundItem(Record, frozen=True):
    """An item whose name holds all of some words."""

    id: ItemId
    name: ItemName
    artist: ItemArtist
    plays: Plays
    ms_played: MsPlayed


class Found(Record, frozen=True):
    """What was found, the most played first; names that begin with the words before others."""

    artists: Annotated[tuple[FoundItem, ...], Meta(description="Artists and shows.")]
    albums: tuple[FoundItem, ...]
    tracks: Annotated[tuple[FoundItem, ...], Meta(description="Tracks and episodes.")]


@dataclass(frozen=True, slots=True)
class _Folded:
    """The names of all items of a kind, as words are looked for in them."""

    ids: NDArray[np.int64]
    texts: list[str]

    @property
    def nbytes(self) -> int:
        """Memory of the texts, as far as it matters."""
        return int(self.ids.nbytes) + sum(map(len, self.texts)) + 64 * len(self.texts)


def find_named(view: View, text: str, limit: int) -> Found:
    """Find items of a view, at most so many of each kind; nothing without a word."""
    words = fold(text).split()
    return Found(*(_find(view, item, words, limit) for item in ("artists", "albums", "tracks")))


def _find(view: View, item: Item, words: list[str], limit: int) -> tuple[FoundItem, ...]:
    if not words:
        return ()
    standings = Standings(view, item, RankBy.PLAYS)
    is_heard = (standings.plays > 0) | (standings.ms_played > 0)
    named = view.lane.once(("folded names", item), lambda: _fold_all(view, item, len(is_heard)))
    start = " ".join(words)
    fitting = [
        (not name.startswith(start), -int(standings.plays[number]), name, number)
        for number, name in zip(named.ids.tolist(), named.texts, strict=True)
        if is_heard[number] and all(word in name for word in words)
    ]
    chosen = [number for *_, number in sorted(fitting)[:limit]]
    names = view.names(item, chosen)
    return tuple(
        FoundItem(
            number,
            names[number].name,
            names[number].artist,
            int(standings.plays[number]),
            int(standings.ms_played[number]),
        )
        for number in chosen
    )


def _fold_all(view: View, item: Item, size: int) -> _Folded:
    names = view.names(item, range(1, size))
    return _Folded(
        np.array(list(names), np.int64), [fold(named.known_as) for named in names.values()]
    )
