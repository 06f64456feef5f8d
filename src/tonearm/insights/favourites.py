"""The first of a ranking, told briefly: for answers that hold several of them."""

from typing import Annotated

from msgspec import Meta

from tonearm.domain.vocabulary import RankBy
from tonearm.insights.question import Item
from tonearm.insights.records import (
    ItemArtist,
    ItemId,
    ItemName,
    MsPlayed,
    Plays,
    Record,
)
from tonearm.insights.standings import Standings
from tonearm.insights.view import View


class Favourite(Record, frozen=True):
    """An item among the first by plays."""

    rank: Annotated[int, Meta(description="Place, from 1.")]
    id: ItemId
    name: ItemName
    artist: ItemArtist
    plays: Plays
    ms_played: MsPlayed
    share: Annotated[float, Meta(description="Share of all plays.")]


def list_favourites(view: View, item: Item, count: int) -> tuple[Favourite, ...]:
    """Give the first `count` items of the range by plays, as in the tops."""
    standings = Standings(view, item, RankBy.PLAYS)
    ranked, names = standings.ranked(count)
    return tuple(
        Favourite(
            rank=rank,
            id=label,
            name=names[label].name,
            artist=names[label].artist,
            plays=int(standings.plays[label]),
            ms_played=int(standings.ms_played[label]),
            share=round(int(standings.plays[label]) / standings.whole, 6),
        )
        for rank, label in enumerate(ranked, 1)
    )
