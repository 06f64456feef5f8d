"""Measures over histories of several sizes, names included, beside DuckDB; equal answers first."""

import random
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks import datasets, synthetic
from benchmarks.duckdb_answers import MEASURES, Asked, Measure, ask, comparable, connect
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
_BUDGETS = {_MILLION: (0.25, 0.005), _LARGEST: (0.5, 0.025)}


def measure(scale: Scale) -> Group:
    """Ask every measure about many different ranges, warm, at every size."""
    rows: list[Row] = []
    notes = [
        (
            f"Each of {scale.questions} calls asks about another range in {_ZONE} (from a week to "
            "everything), through `Insights.answer`, so no answer is remembered; p95 of the calls. "
            "DuckDB has its table in memory with artist, album, kind, local day and hour of the week "
            "ready in each row. All answers were compared and are equal."
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
        yardstick = connect(history, _catalogue(built.database), _ZONE)
        if KINDS[0] is not Kind.MUSIC:
            raise FailedError("the yardstick's SQL takes kind 0 for music")
        questions = _questions(scale.questions)
        rows: list[Row] = []
        first: dict[str, float] = {}
        with yardstick:
            for asked_measure in MEASURES:
                first[asked_measure.name] = _warm(
                    built.insights, yardstick, asked_measure, questions[-1]
                )
                pair = _compare(built.insights, yardstick, asked_measure, questions, scale.rounds)
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
    ask(yardstick, measure, asked)
    return taken


def _compare(
    insights: Insights,
    yardstick: Any,  # noqa: ANN401 - DuckDB's connection
    measure: Measure,
    questions: Sequence[Asked],
    rounds: int,
) -> Pair:
    pair = Pair()
    for asked in questions:
        _check(insights, yardstick, measure, _worded(measure, asked))
    for _ in range(rounds):
        ours: list[float] = []
        theirs: list[float] = []
        for asked in questions:
            worded = _worded(measure, asked)
            began = time.perf_counter()
            insights.answer(measure.chart, synthetic.USER, worded.question)
            between = time.perf_counter()
            ask(yardstick, measure, worded)
            theirs.append(time.perf_counter() - between)
            ours.append(between - began)
        pair.add(percentile(ours, _MOST), percentile(theirs, _MOST))
    return pair


def _check(insights: Insights, yardstick: Any, measure: Measure, asked: Asked) -> None:  # noqa: ANN401 - DuckDB's connection
    answer = insights.answer(measure.chart, synthetic.USER, asked.question)
    ours = measure.told(answer)
    theirs = comparable(measure, ask(yardstick, measure, asked))
    if ours != theirs:
        different = next(
            (pair for pair in zip(ours, theirs, strict=False) if pair[0] != pair[1]),
            (len(ours), len(theirs)),
        )
        raise FailedError(f"{measure.name} of {asked.question.range} differs: {different}")


def _worded(measure: Measure, asked: Asked) -> Asked:
    """Put the question into the words of this measure, with the parameters that it looks at."""
    kind = load_charts()[measure.chart].question
    return replace(asked, question=kind(**asdict(asked.question), **measure.own))


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
    return Asked(question, _midnight_ms(start), _midnight_ms(end), _midnight_ms(before))


def _midnight_ms(day: date) -> int:
    local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(_ZONE))
    return int(local.astimezone(UTC).timestamp()) * 1000


def _catalogue(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Read the names back as Tonearm shows them, for the joins of the yardstick."""
    with database.read() as connection:
        queries = {
            "artists": select(artists.c.id, artists.c.name),
            "albums": select(albums.c.id, albums.c.name, albums.c.artist_id),
            "tracks": select(tracks.c.id, tracks.c.title, tracks.c.artist_id, tracks.c.key),
        }
        found = {
            table: [tuple(row) for row in connection.execute(query)]
            for table, query in queries.items()
        }
    found["tracks"] = [
        (number, title or key, artist) for number, title, artist, key in found["tracks"]
    ]
    return found
