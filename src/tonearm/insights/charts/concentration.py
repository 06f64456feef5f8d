"""How unequally plays or listening time fall on items."""

from typing import Annotated

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from tonearm.domain.vocabulary import RankBy
from tonearm.insights.chart import Chart
from tonearm.insights.question import Item, Question
from tonearm.insights.records import Covered, Record
from tonearm.insights.standings import Standings
from tonearm.insights.view import View


class ConcentrationQuestion(Question, frozen=True, kw_only=True):
    """What a concentration is asked."""

    item: Annotated[Item, Meta(description="Among which items.")] = "artists"
    by: Annotated[RankBy, Meta(description="Whether plays or listening time are shared out.")] = (
        RankBy.PLAYS
    )


class Concentration(Record, frozen=True):
    """How much of the listening falls on few items."""

    covered: Covered
    item: Annotated[str, Meta(description="Among which items.")]
    by: Annotated[str, Meta(description="What is shared out: plays or time.")]
    total: Annotated[int, Meta(description="How many items have a part at all.")]
    top_1_share: Annotated[float, Meta(description="Share of the first item, from 0 to 1.")]
    top_10_share: Annotated[float, Meta(description="Share of the first 10 together.")]
    top_50_share: Annotated[float, Meta(description="Share of the first 50 together.")]
    gini: Annotated[
        float,
        Meta(description="Gini coefficient: 0 where all have the same, near 1 where one has all."),
    ]


def _answer(view: View, asked: ConcentrationQuestion) -> Concentration:
    weight = Standings(view, asked.item, asked.by).weight
    rising = np.sort(weight[weight > 0])
    top_1, top_10, top_50 = (_top_share(rising, count) for count in (1, 10, 50))
    return Concentration(
        covered=view.covered(),
        item=asked.item,
        by=asked.by,
        total=len(rising),
        top_1_share=top_1,
        top_10_share=top_10,
        top_50_share=top_50,
        gini=_gini(rising),
    )


def _top_share(rising: NDArray[np.int64], count: int) -> float:
    whole = int(rising.sum())
    return round(int(rising[-count:].sum()) / whole, 6) if whole else 0.0


def _gini(rising: NDArray[np.int64]) -> float:
    number = len(rising)
    if not number:
        return 0.0
    ranks = np.arange(1, number + 1, dtype=np.float64)
    gini = 2 * float((ranks * rising).sum()) / (number * int(rising.sum())) - (number + 1) / number
    return round(gini, 6)


CHARTS = (
    Chart(
        name="concentration",
        title="Concentration",
        description=(
            "Share of the first 1, 10 and 50 artists, albums or tracks, and the Gini coefficient over "
            "all of them."
        ),
        definition=(
            "Shares are of the plays or listening time of all items known by name: what has no artist or "
            "album is left out of the whole. Gini is 2·Σ i·xᵢ / (n·Σ xᵢ) - (n+1)/n over the n items "
            "with a part, ascending; 0 where there is none."
        ),
        drawing="numbers",
        question=ConcentrationQuestion,
        record=Concentration,
        answer=_answer,
        example={"item": "tracks"},
    ),
)
