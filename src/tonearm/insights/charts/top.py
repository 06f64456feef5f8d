"""Rankings of artists, albums, tracks and shows by plays or by listening time."""

from functools import partial
from typing import Annotated, Literal

import numpy as np
from msgspec import Meta

from tonearm.domain.instants import from_ms
from tonearm.domain.vocabulary import RankBy
from tonearm.insights.chart import Chart
from tonearm.insights.firsts import first_plays
from tonearm.insights.paging import ListQuestion
from tonearm.insights.question import By, Item
from tonearm.insights.records import Top, TopItem
from tonearm.insights.searching import find_called
from tonearm.insights.standings import NEVER, Standings
from tonearm.insights.view import View


class TopQuestion(ListQuestion, frozen=True, kw_only=True):
    """What a ranking is asked."""

    by: By = RankBy.PLAYS
    q: Annotated[
        Annotated[str, Meta(min_length=1, max_length=200)] | None,
        Meta(
            description=(
                "Words in the name, whatever their case and accents; those of the artist help to find an album or "
                "track. Places stay those of the whole ranking."
            )
        ),
    ] = None


class ShowsQuestion(TopQuestion, frozen=True, kw_only=True):
    """What a ranking of shows is asked."""

    kind: Annotated[
        Literal["podcast", "audiobook"], Meta(description="Podcasts or audiobooks.")
    ] = "podcast"


def _answer(item: Item, view: View, asked: TopQuestion) -> Top:
    standings = Standings(view, item, asked.by)
    total = int(np.count_nonzero(standings.weight))
    ranks: dict[int, int] | None = None
    if asked.q is not None:
        ranks = standings.ranks(find_called(view, item, asked.q))
        total = len(ranks)
    next_cursor = asked.next_cursor(total)
    if ranks is None:
        ranked, names = standings.ranked(asked.end)
        ranks = {label: rank for rank, label in enumerate(ranked, 1)}
        shown = ranked[asked.begin :]
    else:
        shown = sorted(ranks, key=ranks.__getitem__)[asked.begin : asked.end]
        names = view.names(item, shown)
    before = view.period.previous_named
    earlier: dict[int, int] = {}
    if before is not None:
        earlier = Standings(view.shifted(before), item, asked.by).ranks(shown)
    whole = standings.whole
    first_rows = first_plays(view.lane, view.grouping(item), view.rule).row_of
    begin_row, end_row = view.counted_rows
    items: list[TopItem] = []
    for label in shown:
        first, last = standings.first_and_last(label)
        items.append(
            TopItem(
                rank=ranks[label],
                id=label,
                name=names[label].name,
                artist=names[label].artist,
                plays=int(standings.plays[label]),
                ms_played=int(standings.ms_played[label]),
                share=round(int(standings.weight[label]) / whole, 6) if whole else 0.0,
                first_play_at=None if first == NEVER else from_ms(first),
                last_play_at=None if last == NEVER else from_ms(last),
                previous_rank=earlier.get(label),
                is_new=bool(begin_row <= first_rows[label] < end_row),
            )
        )
    return Top(
        covered=view.covered(),
        by=asked.by,
        total=total,
        next_cursor=next_cursor,
        items=tuple(items),
    )


def _chart(
    name: str,
    item: Item,
    described: str,
    *,
    question: type[TopQuestion] = TopQuestion,
) -> Chart[TopQuestion, Top]:
    return Chart(
        name=f"top-{name}",
        title=f"Top {name}",
        description=f"{described}, with plays, time, share, first and last play, and change of rank.",
        definition=(
            "What has no artist or album known has no place; its plays are part of what shares are of. With "
            "`credit=all` a play is of several artists, and their shares together may be more than the whole. "
            "Equal ranks are settled by more listening time, then by the earlier first play, then by "
            "name. New is what was first heard in the range. The previous rank is that in the period before: of "
            "a year the year before, of a month the month before, of anything else as many days directly before. "
            "`next_cursor` leads to the lines after."
        ),
        drawing="ranking",
        question=question,
        record=Top,
        answer=partial(_answer, item),
        example={"by": "time", "limit": "5"},
        line_plays=f"{item.removesuffix('s')}=%23{{id}}",
    )


CHARTS = (
    _chart(
        "artists",
        "artists",
        "Artists by plays or listening time; each play credits its primary artist once, or with `credit=all` "
        "every artist of its track",
    ),
    _chart("albums", "albums", "Albums by plays or listening time"),
    _chart("tracks", "tracks", "Tracks by plays or listening time"),
    _chart(
        "shows",
        "artists",
        "Podcast shows, or audiobooks, by plays or listening time",
        question=ShowsQuestion,
    ),
)
