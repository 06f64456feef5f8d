"""The column store: opening its file, and making it again from the database."""

import shutil
import sqlite3
import time
from collections import deque
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median

from benchmarks import datasets
from benchmarks.imports import bring_in
from benchmarks.processes import FailedError
from benchmarks.report import Group, Pair, at_most
from benchmarks.scale import Scale, spelled

from tonearm.history.evidence import Lane, load_lane
from tonearm.history.publication import history_version
from tonearm.history.sightings import PLAY_TYPES
from tonearm.history.store import ColumnStore
from tonearm.storage.database import Database

_OPEN_BUDGET_S, _REBUILD_BUDGET = 0.02, 1.5
_LEAST_ROUNDS = 5
_MOST_BYTES = 512_000_000
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
    size = spelled(plays)
    driver = " (bare sqlite3, one row a play)"
    return Group(
        "Column store",
        [
            at_most(f"open the mapped file, {size} plays", median(opens), _OPEN_BUDGET_S, "ms"),
            rebuild.row(f"rebuild from the database, {size} plays", _REBUILD_BUDGET, note=driver),
        ],
        ["Elapsed time, the median of at least 5; the rebuild includes writing the file."],
    )


def _columns(database: Database, cache: Path) -> int:
    """Give the columns with a store that knows nothing yet."""
    with database.read() as connection:
        version = history_version(connection, _USER)
        columns = ColumnStore(cache, _MOST_BYTES).columns(connection, _USER, version)
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
