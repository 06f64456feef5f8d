"""Two ranges side by side: every total, and what came, went and moved in the rankings."""

from datetime import datetime
from typing import Annotated

import numpy as np
from msgspec import Meta

from tonearm.domain.errors import InvalidInputError
from tonearm.domain.periods import Period, find_zone, resolve_period
from tonearm.domain.vocabulary import RankBy
from tonearm.insights.chart import Chart
from tonearm.insights.leaders import foremost, most
from tonearm.insights.paging import ListQuestion
from tonearm.insights.question import By, Item
from tonearm.insights.records import Covered, ItemArtist, ItemId, ItemName, Record
from tonearm.insights.standings import Standings, spelled
from tonearm.insights.totals import TotalNumbers, TotalRatios, changes, count_totals, ratios
from tonearm.insights.view import View

_PREVIOUS = "previous"
_ITEMS: tuple[Item, ...] = ("artists", "albums", "tracks")
_PARTS = ("entries", "exits", "movers")


class CompareQuestion(ListQuestion, frozen=True, kw_only=True):
    """What a comparison is asked."""

    other: Annotated[
        str,
        Meta(
            max_length=64,
            description=(
                "The range to compare with, written like `range`; `previous` is the year before a year, "
                "the month before a month, else as many days directly before."
            ),
        ),
    ] = _PREVIOUS
    by: By = RankBy.PLAYS

    def periods(self, now: datetime) -> tuple[Period, ...]:
        """Give the local days of both sides; raises InvalidInputError."""
        own = super().periods(now)
        return (
            own
            if self.other == _PREVIOUS
            else (*own, _other_period(self.other, now, self.zone or "UTC"))
        )


class ComparedItem(Record, frozen=True):
    """An item in both ranges."""

    id: ItemId
    name: ItemName
    artist: ItemArtist
    rank: Annotated[
        int | None, Meta(description="Place in the range, from 1; null where it has none.")
    ]
    plays: Annotated[int, Meta(description="Counted plays in the range.")]
    other_rank: Annotated[int | None, Meta(description="Place in the other range.")]
    other_plays: Annotated[int, Meta(description="Counted plays in the other range.")]


class ComparedTop(Record, frozen=True):
    """What came, went and moved in a ranking."""

    total: Annotated[int, Meta(description="How many items have a place in the range.")]
    other_total: Annotated[int, Meta(description="How many have one in the other range.")]
    entries: Annotated[
        tuple[ComparedItem, ...],
        Meta(description="Among the first here and not there, by their place here."),
    ]
    exits: Annotated[
        tuple[ComparedItem, ...],
        Meta(description="Among the first there and not here, by their place there."),
    ]
    movers: Annotated[
        tuple[ComparedItem, ...], Meta(description="Those whose number of plays differs most.")
    ]


class Comparison(Record, frozen=True):
    """Two ranges side by side."""

    covered: Covered
    other: Annotated[Covered, Meta(description="The same for the other range.")]
    by: Annotated[str, Meta(description="What the rankings are ordered by.")]
    totals: Annotated[TotalNumbers, Meta(description="Totals of the range.")]
    other_totals: Annotated[TotalNumbers, Meta(description="Totals of the other range.")]
    change: Annotated[TotalNumbers, Meta(description="Those of the range less those of the other.")]
    ratio: Annotated[TotalRatios, Meta(description="Those of the range divided by the others.")]
    next_cursor: Annotated[
        str | None,
        Meta(description="The `cursor` of those that moved less; null where all were listed."),
    ]
    artists: ComparedTop
    albums: ComparedTop
    tracks: ComparedTop


def _answer(view: View, asked: CompareQuestion) -> Comparison:
    other = _other_range(view, asked.other)
    here, there = (count_totals(side) for side in (view, other))
    tops = {item: _tops(view, other, item, asked) for item in _ITEMS}
    view = view.leading(
        {
            "other_totals.plays": other.plays_behind(),
            **{
                f"{item}.{part}.other_plays": other.plays_behind(
                    f"{item.removesuffix('s')}=%23{{id}}"
                )
                for item in _ITEMS
                for part in _PARTS
            },
        }
    )
    return Comparison(
        covered=view.covered(),
        other=other.covered(),
        by=asked.by,
        totals=here,
        other_totals=there,
        change=changes(here, there),
        ratio=ratios(here, there),
        next_cursor=asked.next_cursor(max(moved for _, moved in tops.values())),
        **{item: top for item, (top, _) in tops.items()},
    )


def _other_range(view: View, text: str) -> View:
    if text == _PREVIOUS:
        before = view.period.previous_named
        if before is None:
            raise InvalidInputError(
                f"There is nothing '{_PREVIOUS}' to a range without two ends. Name what to compare: a `range` "
                "with two ends, which is then compared with what lies before it, or the `other` range too.",
                parameter="other",
            )
        return view.shifted(before)
    return view.shifted(_other_period(text, view.now, view.zone), text)


def _other_period(text: str, now: datetime, zone: str) -> Period:
    try:
        return resolve_period(text, now, find_zone(zone))
    except InvalidInputError as error:
        raise InvalidInputError(error.message, parameter="other") from None


def _tops(view: View, other: View, item: Item, asked: CompareQuestion) -> tuple[ComparedTop, int]:
    """Give what came, went and moved, and how many items moved at all."""
    here, there = (Standings(side, item, asked.by) for side in (view, other))
    leaders, other_leaders = here.leaders(asked.limit), there.leaders(asked.limit)
    apart, heard = np.abs(here.plays - there.plays), here.plays + there.plays
    moved = foremost(
        most(apart, asked.end), ((-apart).__getitem__, (-heard).__getitem__), asked.end
    )
    names = view.names(item, {*leaders, *other_leaders, *moved})
    first = here.arranged(leaders, names)[: asked.limit]
    other_first = there.arranged(other_leaders, names)[: asked.limit]
    moved.sort(key=lambda label: (-apart[label], -heard[label], spelled(names[label])))
    moved = moved[asked.begin : asked.end]
    entries = [label for label in first if label not in other_first]
    exits = [label for label in other_first if label not in first]
    told = {*entries, *exits, *moved}
    ranks, other_ranks = (
        {label: rank for rank, label in enumerate(order, 1)} | side.ranks(told.difference(order))
        for side, order in ((here, first), (there, other_first))
    )

    def compared(label: int) -> ComparedItem:
        return ComparedItem(
            id=label,
            name=names[label].name,
            artist=names[label].artist,
            rank=ranks.get(label),
            plays=int(here.plays[label]),
            other_rank=other_ranks.get(label),
            other_plays=int(there.plays[label]),
        )

    top = ComparedTop(
        total=int(np.count_nonzero(here.weight)),
        other_total=int(np.count_nonzero(there.weight)),
        entries=tuple(map(compared, entries)),
        exits=tuple(map(compared, exits)),
        movers=tuple(map(compared, moved)),
    )
    return top, int(np.count_nonzero(apart))


CHARTS = (
    Chart(
        name="compare",
        title="Comparison",
        description=(
            "Any two ranges side by side: every total with its change, and what came, went and moved "
            "among artists, albums and tracks."
        ),
        definition=(
            "`change` is a number of the range less that of the other, `ratio` the one divided by the "
            "other. Entries are among the first `limit` of the range's ranking and not among those of the "
            "other's, exits the reverse. Movers are the items whose numbers of counted plays differ most, "
            "whatever the ranking is ordered by: first those with more plays in both together, then by "
            "name; who has as many here as there is none. `next_cursor` leads to those that moved "
            "less; entries and exits are the same whatever the cursor. Without `other` the range has to have two "
            "ends: a year "
            "(`2024`, `this_year`, `last_year`) is then compared with the year before, a month (`2024-05`, "
            "`this_month`, `last_month`) with the month before, and anything else, such as a week, a day or "
            "`FROM..TO`, with as many days directly before."
        ),
        drawing="table",
        question=CompareQuestion,
        record=Comparison,
        more_plays={
            f"{item}.{part}.plays": f"{item.removesuffix('s')}=%23{{id}}"
            for item in _ITEMS
            for part in _PARTS
        },
        answer=_answer,
        example={"range": "2024", "other": "2023", "limit": "5"},
    ),
)
