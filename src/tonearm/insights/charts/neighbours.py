"""What is heard in the same sessions as one artist, album or track."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from tonearm.domain.vocabulary import Rule
from tonearm.insights.axis import Axis, Occurrences
from tonearm.insights.chart import Chart
from tonearm.insights.lane import LaneColumns
from tonearm.insights.leaders import foremost
from tonearm.insights.paging import ListQuestion, NextCursor
from tonearm.insights.question import Grouping, Item
from tonearm.insights.records import Covered, ItemArtist, ItemId, ItemName, Rank, Record, Subject
from tonearm.insights.sessions import list_sessions, sessions_of_plays
from tonearm.insights.standings import spelled
from tonearm.insights.subjects import MOST_SUBJECTS, among_all, ids_of, item_of, subjects_of
from tonearm.insights.view import View


class NeighboursQuestion(ListQuestion, frozen=True, kw_only=True):
    """What neighbours are asked."""


class Neighbour(Record, frozen=True):
    """An item that was heard in the same sessions."""

    rank: Rank
    id: ItemId
    name: ItemName
    artist: ItemArtist
    sessions: Annotated[int, Meta(description="Sessions with both.")]
    sessions_in_all: Annotated[int, Meta(description="Sessions with the neighbour.")]
    affinity: Annotated[
        float, Meta(description="Of the sessions with either, the share with both, from 0 to 1.")
    ]


class Neighbours(Record, frozen=True):
    """What shares the sessions of one item."""

    covered: Covered
    sessions: Annotated[int, Meta(description="Sessions of the range with the item.")]
    subjects: tuple[Subject, ...]
    next_cursor: NextCursor
    items: tuple[Neighbour, ...]


@dataclass(frozen=True, slots=True)
class _Company:
    """Which items were heard in which session, once each, ascending by session; -1 is none."""

    starts: NDArray[np.int64]
    """Where each session begins, and the end of the last."""
    session: NDArray[np.int32]
    axis: Axis
    """By item."""
    where: Occurrences
    """By item as well."""


def _answer(view: View, asked: NeighboursQuestion) -> Neighbours:
    item = item_of(view.question)
    own = ids_of(view, item)
    lane = among_all(view.at_home()).lane
    found = list_sessions(lane, view.rule)
    first, end = found.within(view.period, view.zone)
    grouping = view.grouping(item)
    company = lane.once(
        ("company", grouping, view.rule), lambda: _company(lane, item, grouping, view.rule)
    )
    starts = company.starts[first : end + 1]
    inside = slice(int(starts[0]), int(starts[-1]))
    is_theirs = np.zeros(end - first, bool)
    for number in own:
        rows = company.where.within(number, inside.start, inside.stop)
        is_theirs[company.session[rows] - first] = True
    every = company.axis.sums(inside.start, inside.stop)
    shared = _sums_of(company.axis.labels[inside], np.repeat(is_theirs, np.diff(starts)), every)
    shared[[0, *own]] = 0  # what has no artist or album is no neighbour
    sessions = int(np.count_nonzero(is_theirs))
    return Neighbours(
        covered=view.covered(),
        sessions=sessions,
        subjects=subjects_of(view, item),
        next_cursor=asked.next_cursor(int(np.count_nonzero(shared))),
        items=_ranked(view, item, shared, every, sessions, asked),
    )


def _sums_of(
    labels: NDArray[np.integer], chosen: NDArray[np.bool_], every: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Count the chosen labels, given how often each is there: the fewer of those chosen and those not are looked at."""
    if 2 * np.count_nonzero(chosen) > len(chosen):
        return every - np.bincount(labels[~chosen], minlength=len(every))
    return np.bincount(labels[chosen], minlength=len(every))


def _company(lane: LaneColumns, item: Item, grouping: Grouping, rule: Rule) -> _Company:
    size, own = lane.size(item), sessions_of_plays(lane, rule)
    pairs = own * size + lane.labels(item, rule)
    if grouping == "credited":
        rows, artists = lane.credited(rule)
        pairs = np.concatenate([pairs, own[rows] * size + artists])
    # They are nearly in order: sorting takes a fiftieth of the hash table that `np.unique` would make.
    pairs.sort()
    session, label = np.divmod(pairs[np.diff(pairs, prepend=pairs[:1] - 1) > 0], size)
    starts = session.searchsorted(np.arange(len(list_sessions(lane, rule).plays) + 1))
    labels = label.astype(np.int32)
    return _Company(starts, session.astype(np.int32), Axis(labels, size), Occurrences(labels, size))


def _ranked(
    view: View,
    item: Item,
    shared: NDArray[np.int64],
    every: NDArray[np.int64],
    sessions: int,
    asked: NeighboursQuestion,
) -> tuple[Neighbour, ...]:
    """Order by affinity, then by shared sessions, then by name."""
    labels = np.flatnonzero(shared)
    affinity = shared[labels] / (sessions + every[labels] - shared[labels])
    columns = (-affinity, -shared[labels])
    few = labels[
        foremost(np.arange(len(labels)), [column.__getitem__ for column in columns], asked.end)
    ]
    names = view.names(item, few.tolist())
    affinity_of = dict(zip(labels.tolist(), affinity.tolist(), strict=True))
    ordered = sorted(
        few.tolist(),
        key=lambda label: (-affinity_of[label], -int(shared[label]), spelled(names[label])),
    )
    return tuple(
        Neighbour(
            rank=rank,
            id=label,
            name=names[label].name,
            artist=names[label].artist,
            sessions=int(shared[label]),
            sessions_in_all=int(every[label]),
            affinity=round(affinity_of[label], 6),
        )
        for rank, label in enumerate(ordered[asked.begin : asked.end], asked.begin + 1)
    )


CHARTS = (
    Chart(
        name="neighbours",
        title="Neighbours",
        description="What is heard in the same sessions as one artist, album or track.",
        definition=(
            "Exactly one of `artist`, `album` and `track` says what to look at; a name that several items "
            f"have stands for all of them together, and `subjects` lists them, {MOST_SUBJECTS} at most. Its "
            "neighbours are items of the same kind. A session counts where it starts in the range, and has "
            "an item where one of its plays counts. Affinity is the Jaccard index: sessions with both, of "
            "the sessions with either. What is heard always and everywhere has little of it. Equal ones are "
            "settled by more shared sessions, then by name. `next_cursor` leads to the lines after."
        ),
        drawing="ranking",
        question=NeighboursQuestion,
        record=Neighbours,
        answer=_answer,
        example={"artist": "Noite", "limit": "5"},
    ),
)
