"""Context: on what, where and how was listened, over time."""

from typing import Annotated

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from tonearm.domain.errors import InvalidInputError
from tonearm.insights.aspects import Aspect, Values, values_of
from tonearm.insights.axis import Axis
from tonearm.insights.calendar import dates, rows_by_unit, span_of, unit_starts
from tonearm.insights.chart import Chart
from tonearm.insights.question import Question, Units
from tonearm.insights.records import Covered, MsPlayed, Plays, Record, StartsOn
from tonearm.insights.view import View

_MOST_NUMBERS = 1_000_000


class ContextQuestion(Question, frozen=True, kw_only=True):
    """What context is asked."""

    aspect: Annotated[Aspect, Meta(description="Which circumstance of the plays.")] = "platform"
    unit: Units = "month"


class ContextValue(Record, frozen=True):
    """One value of the aspect over the whole range."""

    value: Annotated[
        str | None,
        Meta(description="Platform family, country, or `yes` and `no`; null where unknown."),
    ]
    plays: Plays
    ms_played: MsPlayed
    share: Annotated[float, Meta(description="Share of the plays of the range.")]


class ContextUnit(Record, frozen=True):
    """One calendar unit, as far as it lies in the range."""

    starts_on: StartsOn
    plays: Annotated[
        tuple[int, ...],
        Meta(description="Plays that the rule counts, one number a value, in the values' order."),
    ]


class Contexts(Record, frozen=True):
    """Plays and time by the values of an aspect, and plays by value in every unit."""

    covered: Covered
    aspect: Annotated[str, Meta(description="Which circumstance of the plays.")]
    unit: Annotated[str, Meta(description="Unit of the calendar.")]
    values: tuple[ContextValue, ...]
    items: tuple[ContextUnit, ...]


def _answer(view: View, asked: ContextQuestion) -> Contexts:
    found = values_of(view.lane, asked.aspect)
    ms_played = _time(view, asked.aspect, found).sums(*view.rows).tolist()
    starts = _starts(view, asked, len(found.names))
    rows = rows_by_unit(view, starts)
    by_value = np.array(
        [np.diff(np.searchsorted(own, rows)) for own in _rows_by_value(view, asked.aspect, found)]
    )
    plays = by_value.sum(axis=1).tolist()

    def order(value: int) -> tuple[object, ...]:
        return value == 0, -plays[value], -ms_played[value], found.names[value]

    shown = sorted((v for v, _ in enumerate(plays) if plays[v] or ms_played[v]), key=order)
    whole = max(sum(plays), 1)
    return Contexts(
        covered=view.covered(),
        aspect=asked.aspect,
        unit=asked.unit,
        values=tuple(
            ContextValue(found.names[v], plays[v], ms_played[v], round(plays[v] / whole, 6))
            for v in shown
        ),
        items=tuple(map(ContextUnit, dates(starts[:-1]), map(tuple, by_value[shown].T.tolist()))),
    )


def _starts(view: View, asked: ContextQuestion, values: int) -> NDArray[np.int64]:
    """Give the units of the span; raises InvalidInputError where there would be too many numbers."""
    span = span_of(view)
    if span is None:
        return np.zeros(1, np.int64)
    starts = unit_starts(asked.unit, *span)
    if len(starts) * values > _MOST_NUMBERS:
        raise InvalidInputError(
            f"The unit '{asked.unit}' makes {len(starts) * values:,} numbers; {_MOST_NUMBERS:,} is the "
            "most. Choose a larger unit or a shorter range.",
            parameter="unit",
        )
    return starts


def _time(view: View, aspect: Aspect, found: Values) -> Axis:
    lane = view.lane
    return lane.once(
        ("time by value", aspect),
        lambda: Axis(found.of_context[lane.context], len(found.names), lane.ms_played),
    )


def _rows_by_value(view: View, aspect: Aspect, found: Values) -> tuple[NDArray[np.int32], ...]:
    """Give the rows of each value among the counted plays, ascending."""

    def make() -> tuple[NDArray[np.int32], ...]:
        values = _time(view, aspect, found).labels[view.lane.counted(view.rule)]
        rows = np.argsort(values, kind="stable").astype(np.int32)
        ends = np.cumsum(np.bincount(values, minlength=len(found.names)))
        return tuple(np.split(rows, ends[:-1]))

    return view.lane.once(("rows by value", aspect, view.rule), make)


CHARTS = (
    Chart(
        name="context",
        title="Context",
        description=(
            "Plays by platform, country, shuffle, offline or private session: of the range, and of each "
            "day, ISO week, month or year."
        ),
        definition=(
            "Platforms are told by family, as exports have many wordings of each. Values are ordered by "
            "plays, then by listening time; the unknown comes last, with the value null. `items` tells "
            "the plays of each unit, one number a value, in the order of `values`."
        ),
        drawing="line",
        question=ContextQuestion,
        record=Contexts,
        answer=_answer,
        example={"aspect": "country", "unit": "year"},
        line_plays="unit={unit}&starts_on={starts_on}",
        more_plays={
            "values.plays": "aspect={aspect}&value={value}",
            "items.plays": "unit={unit}&starts_on={starts_on}&aspect={aspect}&value={value}",
        },
    ),
)
