"""Measures over histories of several sizes, names included, beside DuckDB; equal answers first."""

import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from itertools import zip_longest
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import datasets, synthetic
from benchmarks.answers import Asked, Measure, Part, ask, connect, measures_of, midnight_ms
from benchmarks.processes import FailedError
from benchmarks.report import Group, Pair, Row, percentile, shown, spread
from benchmarks.scale import Scale, spelled
from msgspec.structs import asdict
from sqlalchemy import select

from tonearm.bootstrap import build
from tonearm.domain.vocabulary import Kind
from tonearm.history.store import KINDS
from tonearm.insights.chart import load_charts
from tonearm.insights.insights import Insights
from tonearm.insights.question import Question
from tonearm.ops.settings import Settings
from tonearm.storage.database import Database
from tonearm.storage.tables import albums, artists, tracks

_ZONE = "Europe/Berlin"
_MOST = 0.95
_MILLION, _LARGEST = 1_000_000, 10_000_000
_DAY_MS = 86_400_000
_PATIENCE_S, _LEAST_COMPARED = 15, 3
_BUDGETS = {_MILLION: (0.25, 0.005), _LARGEST: (0.5, 0.025)}


def measure(scale: Scale) -> Group:
    """Ask every measure about many different ranges, warm, at every size."""
    rows: list[Row] = []
    notes = [
        (
            f"Each of {scale.questions} calls asks about another range in {_ZONE} (from a week to "
            "everything), through `Insights.answer`, so no answer is remembered; p95 of the calls, one after "
            "the other, and then DuckDB's. "
            "DuckDB has its table in memory with artist, album, kind, local day and local hours ready "
            "in each row. Its answers were compared, as many of them as take it "
            f"{_PATIENCE_S} seconds a measure, and are equal; its p95 is of the same."
        ),
    ]
    for plays in scale.histories:
        print(f"   measures over {spelled(plays)} plays", file=sys.stderr, flush=True)
        with datasets.scratch("measures") as folder:
            found, first = _at(plays, scale, folder)
        rows += found
        notes.append(
            f"The first question of each measure, which prepares its arrays, at {spelled(plays)} plays: "
            + ", ".join(f"{name} {shown(seconds, 'ms')}" for name, seconds in first.items())
            + "."
        )
    return Group("Measures", rows, notes)


def _at(plays: int, scale: Scale, folder: Path) -> tuple[list[Row], dict[str, float]]:
    history = synthetic.draw(plays, seed=plays)
    built = build(Settings(data_dir=folder))
    try:
        synthetic.store(built.database, history)
        evidence = synthetic.vouch(built.database, history)
        yardstick = connect(history, evidence, _catalogue(built.database), _ZONE)
        if KINDS[0] is not Kind.MUSIC:
            raise FailedError("the yardstick's SQL takes kind 0 for music")
        questions = _questions(scale.questions)
        rows: list[Row] = []
        first: dict[str, float] = {}
        with yardstick:
            for asked_measure in measures_of(history):
                fitting = [asked for asked in questions if _fits(asked_measure, asked)]
                first[asked_measure.name] = _warm(
                    built.insights, yardstick, asked_measure, fitting[-1]
                )
                pair = _compare(built.insights, yardstick, asked_measure, fitting, scale.rounds)
                rows.append(_row(f"{asked_measure.name}, {spelled(plays)}", pair, plays))
    finally:
        built.close()
    return rows, first


def _row(what: str, pair: Pair, plays: int) -> Row:
    measured = median(pair.measured)
    row = Row(
        what,
        shown(measured, "ms"),
        f"{shown(median(pair.yardstick), 'ms')} (DuckDB)",
        f"{pair.ratio:.2f} x ({spread(pair)})",
    )
    if plays in _BUDGETS:
        ratio, limit = _BUDGETS[plays]
        row.budget = f"≤ {ratio:g} x and ≤ {limit * 1000:g} ms"
        row.is_met = pair.ratio <= ratio and measured <= limit
    return row


def _warm(insights: Insights, yardstick: Any, measure: Measure, asked: Asked) -> float:  # noqa: ANN401 - DuckDB's connection
    began = time.perf_counter()
    insights.answer(measure.chart, synthetic.USER, _worded(measure, asked).question)
    taken = time.perf_counter() - began
    ask(yardstick, measure, _worded(measure, asked))
    return taken


def _compare(
    insights: Insights,
    yardstick: Any,  # noqa: ANN401 - DuckDB's connection
    measure: Measure,
    questions: Sequence[Asked],
    rounds: int,
) -> Pair:
    def answer(asked: Asked) -> object:
        return insights.answer(measure.chart, synthetic.USER, asked.question)

    pair = Pair()
    compared = _check(insights, yardstick, measure, questions)
    yardstick_answer = partial(ask, yardstick, measure)
    for _ in range(rounds):
        # One after the other: in turns, each would find the processor's caches full of the other's columns.
        ours = [_timed(answer, _worded(measure, asked)) for asked in questions]
        theirs = [_timed(yardstick_answer, _worded(measure, asked)) for asked in compared]
        pair.add(percentile(ours, _MOST), percentile(theirs, _MOST))
    return pair


def _timed(answer: Callable[[Asked], object], asked: Asked) -> float:
    began = time.perf_counter()
    answer(asked)
    return time.perf_counter() - began


def _check(
    insights: Insights,
    yardstick: Any,  # noqa: ANN401 - DuckDB's connection
    measure: Measure,
    questions: Sequence[Asked],
) -> list[Asked]:
    """Compare answers, that about everything first, as long as the yardstick has patience; give those compared."""
    compared: list[Asked] = []
    began = time.monotonic()
    for asked in reversed(questions):
        if len(compared) >= _LEAST_COMPARED and time.monotonic() - began > _PATIENCE_S:
            break
        worded = _worded(measure, asked)
        ours = measure.told(insights.answer(measure.chart, synthetic.USER, worded.question))
        theirs = measure.shaped(ask(yardstick, measure, worded))
        if ours != theirs:
            raise FailedError(f"{measure.name} of {asked.question.range}: {_first(ours, theirs)}")
        compared.append(asked)
    return compared


def _first(ours: list[Part], theirs: list[Part]) -> str:
    """Describe the first difference of two answers."""
    for number, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
        for place, lines in enumerate(zip_longest(mine, other)):
            if lines[0] != lines[1]:
                return f"part {number}, line {place}: {lines[0]} here, {lines[1]} there"
    return "nothing differs"


def _fits(measure: Measure, asked: Asked) -> bool:
    """Tell whether a measure takes so long a range."""
    days = (asked.end - asked.start) // _DAY_MS
    return measure.most_days is None or days <= measure.most_days


def _worded(measure: Measure, asked: Asked) -> Asked:
    """Put the question into the words of this measure, with the parameters that it looks at."""
    kind = load_charts()[measure.chart].question
    return measure.fitted(replace(asked, question=kind(**asdict(asked.question) | measure.own)))


def _questions(count: int) -> list[Asked]:
    """Choose ranges of every length, the same ones each time; the last one is everything."""
    order = random.Random(5)  # noqa: S311 - the same choice each time, not a secret
    first, end = date(2011, 1, 1), date(2026, 1, 2)
    most = (end - first).days
    questions = []
    for _ in range(count - 1):
        days = int(7 * (most / 7) ** order.random())
        start = first + timedelta(days=order.randrange(most - days + 1))
        questions.append(_asked(start, start + timedelta(days=days)))
    return [*questions, _asked(first, end)]


def _asked(start: date, end: date) -> Asked:
    question = Question(range=f"{start}..{end}", zone=_ZONE)
    before = start - (end - start)
    return Asked(question, *(midnight_ms(day, _ZONE) for day in (start, end, before)))


def _catalogue(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Read the names back as Tonearm shows them, for the joins of the yardstick."""
    with database.read() as connection:
        queries = {
            "artists": select(artists.c.id, artists.c.name, artists.c.name, artists.c.key),
            "albums": select(
                albums.c.id, albums.c.name, albums.c.artist_id, albums.c.name, albums.c.key
            ),
            "tracks": select(
                tracks.c.id, tracks.c.key, tracks.c.artist_id, tracks.c.title, tracks.c.key
            ),
        }
        found = {
            table: [tuple(row) for row in connection.execute(query)]
            for table, query in queries.items()
        }
    for table, rows in found.items():
        # The last two settle ties: the name as it is compared, and the key.
        found[table] = [
            (number, spelling or name, *owner, (spelling or "").lower(), key)
            for number, name, *owner, spelling, key in rows
        ]
    return found
