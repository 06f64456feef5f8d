"""How unequally plays or listening time fall on items."""

from itertools import count, takewhile
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

_DIGITS = (1, 2, 5)


class ConcentrationQuestion(Question, frozen=True, kw_only=True):
    """What a concentration is asked."""

    item: Annotated[Item, Meta(description="Among which items.")] = "artists"
    by: Annotated[RankBy, Meta(description="Whether plays or listening time are shared out.")] = (
        RankBy.PLAYS
    )


class FirstItems(Record, frozen=True):
    """The first items of a ranking, taken together."""

    first: Annotated[int, Meta(description="How many of the first items.")]
    amount: Annotated[
        int,
        Meta(
            description="What they have together: plays, or listening time in milliseconds, as `by` says."
        ),
    ]
    share: Annotated[float, Meta(description="Their share of the whole, from 0 to 1.")]


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
    items: Annotated[
        tuple[FirstItems, ...],
        Meta(description="The first 1, 2, 5, 10, 20, 50 and so on together, and last all of them."),
    ]


def _answer(view: View, asked: ConcentrationQuestion) -> Concentration:
    weight = Standings(view, asked.item, asked.by).weight
    rising = np.sort(weight[weight > 0])
    held = np.cumsum(rising[::-1], dtype=np.int64)
    if asked.by is RankBy.PLAYS and view.credit == "primary":
        # Else the number is none of plays, or has some more than once.
        view = view.leading({"items.amount": "among={item}&places={first}"})
    return Concentration(
        covered=view.covered(),
        item=asked.item,
        by=asked.by,
        total=len(rising),
        top_1_share=_share(held, 1),
        top_10_share=_share(held, 10),
        top_50_share=_share(held, 50),
        gini=_gini(rising),
        items=tuple(
            FirstItems(first, int(held[first - 1]), _share(held, first))
            for first in _steps(len(held))
        ),
    )


def _share(held: NDArray[np.int64], first: int) -> float:
    """Give the share of the first ones, or of all where there are fewer; `held` is a running sum from the first on."""
    return round(int(held[:first][-1]) / int(held[-1]), 6) if len(held) else 0.0


def _steps(total: int) -> list[int]:
    """Give 1, 2, 5, 10, 20, 50 and so on, as far as they are below a number, and that number; nothing for 0."""
    steps = (digit * 10**power for power in count() for digit in _DIGITS)
    return [*takewhile(lambda step: step < total, steps), total] if total else []


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
            "Share of the first 1, 2, 5, 10, 20, 50 and so on of artists, albums or tracks, up to all of them, "
            "and the Gini coefficient over them."
        ),
        definition=(
            "Shares are of the plays or listening time of all items known by name: what has no artist or "
            "album is left out of the whole, and with `credit=all` a play is part of it once for each of its artists. "
            "The first are those with the largest parts; each number of them stands "
            "once, and the last is the whole. Gini is 2·Σ i·xᵢ / (n·Σ xᵢ) - (n+1)/n over the n items "
            "with a part, ascending; 0 where there is none."
        ),
        drawing="line",
        question=ConcentrationQuestion,
        record=Concentration,
        answer=_answer,
        example={"item": "tracks"},
    ),
)
