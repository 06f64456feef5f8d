"""The column store: opening its file, and making it again from the database."""

import shutil
import sqlite3
import time
from collections import deque
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks import datasets, synthetic
from benchmarks.imports import bring_in
from benchmarks.processes import FailedError
from benchmarks.report import Group, Pair, at_most, percentile
from benchmarks.scale import Scale, spelled

from tonearm.bootstrap import build
from tonearm.history.evidence import Lane, load_lane
from tonearm.history.sightings import PLAY_TYPES
from tonearm.history.store import ColumnStore
from tonearm.insights.chart import load_charts
from tonearm.ops.settings import Settings
from tonearm.storage.database import Database

_OPEN_BUDGET_S, _REBUILD_BUDGET = 0.02, 1.5
_LEAST_ROUNDS = 5
_ASKED = ("totals", "top-artists", "heatmap", "timeline")
_APPENDED = 50
_APPEND_BUDGET_S = 0.02
_MOST = 0.95
_USER = 1


def measure(scale: Scale) -> Group:
    """Open and rebuild the columns of one listener, beside reading the same plays row by row."""
    plays = scale.import_plays
    with datasets.scratch("store") as folder:
        bring_in(folder / "data", datasets.export(plays, 7))
        database = Database(f"sqlite:///{folder / 'data' / 'tonearm.db'}")
        rows_file = folder / "rows.db"
        count = _write_rows(database, rows_file)
        if _columns(database, folder / "cache") != count:
            raise FailedError("the column store has other plays than the database")
        opens: list[float] = []
        rebuild = Pair()
        cache = folder / "cache"
        for _ in range(max(scale.rounds, _LEAST_ROUNDS)):
            shutil.rmtree(cache, ignore_errors=True)
            reading = _timed(lambda: _read_rows(rows_file))
            rebuild.add(_timed(lambda: _columns(database, cache)), reading)
            opens.append(_timed(lambda: _columns(database, cache)))
        database.close()
        appended = _appended(plays, scale, folder)
    size = spelled(plays)
    driver = " (bare sqlite3, one row a play)"
    return Group(
        "Column store",
        [
            at_most(f"open the mapped file, {size} plays", median(opens), _OPEN_BUDGET_S, "ms"),
            rebuild.row(f"rebuild from the database, {size} plays", _REBUILD_BUDGET, note=driver),
            *(
                at_most(
                    f"{chart} after {_APPENDED} plays more, {size} plays",
                    percentile(seconds, _MOST),
                    _APPEND_BUDGET_S,
                    "ms",
                )
                for chart, seconds in appended.items()
            ),
        ],
        [
            "Elapsed time, the median of at least 5; the rebuild includes writing the file.",
            (
                f"Behind the last play {_APPENDED} more are published, and then a measure of the whole "
                "history is asked; p95 of as many times as there are questions."
            ),
        ],
    )


def _appended(plays: int, scale: Scale, folder: Path) -> dict[str, list[float]]:
    """Publish some plays and ask, over and over; give the seconds that the answers took."""
    built = build(Settings(data_dir=folder / "appended"))
    asked = {
        name: load_charts()[name].question(range="all", zone="Europe/Berlin") for name in _ASKED
    }
    found: dict[str, list[float]] = {name: [] for name in asked}
    try:
        synthetic.store(built.database, synthetic.draw(plays, seed=plays))
        for name, question in asked.items():
            built.insights.answer(name, synthetic.USER, question)
        for number in range(scale.questions):
            for name, question in asked.items():
                synthetic.append(built.database, _APPENDED, seed=number)
                ask = partial(built.insights.answer, name, synthetic.USER, question)
                found[name].append(_timed(ask))
    finally:
        built.close()
    return found


def _columns(database: Database, cache: Path) -> int:
    """Give the columns with a store that knows nothing yet."""
    with database.read() as connection:
        columns = ColumnStore(cache).columns(connection, _USER).columns
    return len(columns.ended_at)


def _write_rows(database: Database, file: Path) -> int:
    """Store the same plays in the usual way, for the driver to read."""
    with database.read() as connection:
        lane = load_lane(connection, _USER, Lane.PLAYS, PLAY_TYPES)
    with closing(sqlite3.connect(file)) as target:
        target.execute(
            "CREATE TABLE plays (id INTEGER PRIMARY KEY, ended_at INTEGER, started_at INTEGER, "
            "ms_played INTEGER, track INTEGER, context INTEGER)"
        )
        rows = zip(*(lane[name].tolist() for name in PLAY_TYPES), strict=True)
        target.executemany("INSERT INTO plays VALUES (?, ?, ?, ?, ?, ?)", rows)
        target.commit()
    return len(lane["id"])


def _read_rows(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        deque(
            connection.execute("SELECT ended_at, started_at, ms_played, track, context FROM plays"),
            maxlen=0,
        )


def _timed(deed: Callable[[], object]) -> float:
    began = time.perf_counter()
    deed()
    return time.perf_counter() - began
