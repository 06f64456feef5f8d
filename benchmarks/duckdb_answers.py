"""The yardstick and oracle of measures: DuckDB on two threads answers the same questions by SQL.

Its table is in memory and has every column that Tonearm's column store has, and more than that: artist, album, kind,
local day and local hour of the week stand ready in each row, where Tonearm derives them. Names are joined.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
from benchmarks.synthetic import History
from numpy.typing import NDArray

from tonearm.insights.question import Question

_HOUR_MS = 3_600_000
_MOST = 10
_COUNTED = "(ms_played >= 30000 OR (is_done AND ms_played > 0))"
_TOTALS = f"""
SELECT COUNT(*) FILTER ({_COUNTED}), COALESCE(SUM(ms_played), 0),
  COUNT(DISTINCT track) FILTER ({_COUNTED}),
  COUNT(DISTINCT album) FILTER ({_COUNTED} AND album > 0),
  COUNT(DISTINCT artist) FILTER ({_COUNTED} AND artist > 0),
  COUNT(DISTINCT local_day) FILTER ({_COUNTED}), MIN(ended_at), MAX(ended_at)
FROM plays WHERE kind = 0 AND ended_at >= $start AND ended_at < $end
"""  # noqa: S608 - made of constants
_HEATMAP = f"""
SELECT local_hour, COUNT(*) FILTER ({_COUNTED}), SUM(ms_played)
FROM plays WHERE kind = 0 AND ended_at >= $start AND ended_at < $end
GROUP BY local_hour ORDER BY local_hour
"""  # noqa: S608 - made of constants
_TIMELINE = f"""
SELECT DATE_TRUNC('{{unit}}', local_day)::DATE AS starts_on, COUNT(*) FILTER ({_COUNTED}), SUM(ms_played)
FROM plays WHERE kind = 0 AND ended_at >= $start AND ended_at < $end
GROUP BY starts_on ORDER BY starts_on
"""  # noqa: S608 - made of constants
_TOP = f"""
WITH sums AS (
  SELECT {{item}} AS id, COUNT(*) FILTER ({_COUNTED}) AS plays, SUM(ms_played) AS ms_played,
    MIN(ended_at) FILTER ({_COUNTED}) AS first_at, MAX(ended_at) FILTER ({_COUNTED}) AS last_at
  FROM plays WHERE kind = 0 AND ended_at >= $start AND ended_at < $end GROUP BY id
), leaders AS (
  SELECT *, ROW_NUMBER() OVER (ORDER BY plays DESC, ms_played DESC, first_at) AS rank,
    COUNT(*) OVER () AS total
  FROM sums WHERE id > 0 AND plays > 0 ORDER BY rank LIMIT $limit
), before AS (
  SELECT {{item}} AS id, COUNT(*) FILTER ({_COUNTED}) AS plays, SUM(ms_played) AS ms_played,
    MIN(ended_at) FILTER ({_COUNTED}) AS first_at
  FROM plays WHERE kind = 0 AND ended_at >= $previous AND ended_at < $start GROUP BY id
), before_ranked AS (
  SELECT id, ROW_NUMBER() OVER (ORDER BY plays DESC, ms_played DESC, first_at) AS rank
  FROM before WHERE id > 0 AND plays > 0
)
SELECT leaders.rank, leaders.id, {{name}}, {{artist}}, leaders.plays, leaders.ms_played,
  leaders.first_at, leaders.last_at, before_ranked.rank, leaders.total,
  (SELECT SUM(plays) FROM sums)
FROM leaders JOIN {{table}} named ON named.id = leaders.id {{join}}
LEFT JOIN before_ranked ON before_ranked.id = leaders.id ORDER BY leaders.rank
"""  # noqa: S608 - made of constants
_JOIN_ARTIST = "LEFT JOIN artists owner ON owner.id = named.artist_id"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its range in Unix milliseconds; `previous` begins the period before."""

    question: Question
    start: int
    end: int
    previous: int


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure: how DuckDB answers, and how Tonearm's answer reads in the same words."""

    name: str
    chart: str
    sql: str
    told: Callable[[Any], list[tuple[Any, ...]]]
    """The rows that the SQL has to give for an answer of Tonearm's."""
    own: dict[str, Any] = field(default_factory=dict)
    """The measure's own parameters."""


def connect(history: History, catalogue: dict[str, list[tuple[Any, ...]]], zone: str) -> Any:  # noqa: ANN401 - DuckDB's connection
    """Load a history into memory; `catalogue` has the rows of artists, albums and tracks."""
    connection = duckdb.connect(config={"threads": 2})
    local = history.ended_at + _offsets(history.ended_at, zone)
    hours = local // _HOUR_MS
    columns = {
        "ended_at": history.ended_at,
        "ms_played": history.ms_played,
        "track": history.track,
        "album": history.track_album[history.track],
        "artist": history.track_artist[history.track],
        "kind": history.track_kind[history.track],
        "is_done": history.is_done,
        "day": (hours // 24).astype(np.int32),
        "local_hour": ((hours + 72) % 168).astype(np.uint8),
    }
    connection.register("columns_of_plays", columns)
    connection.execute(
        "CREATE TABLE plays AS SELECT * EXCLUDE (day), DATE '1970-01-01' + day AS local_day "
        "FROM columns_of_plays"
    )
    connection.unregister("columns_of_plays")
    for table, definition in (
        ("artists", "id INTEGER, name VARCHAR"),
        ("albums", "id INTEGER, name VARCHAR, artist_id INTEGER"),
        ("tracks", "id INTEGER, name VARCHAR, artist_id INTEGER"),
    ):
        connection.execute(f"CREATE TABLE {table} ({definition})")
        names = [name.split()[0] for name in definition.split(", ")]
        parts = dict(zip(names, zip(*catalogue[table], strict=True), strict=True))
        connection.register(
            "rows_of_table",
            {
                name: np.array(values, object if name == "name" else np.int64)
                for name, values in parts.items()
            },
        )
        connection.execute(f"INSERT INTO {table} SELECT * FROM rows_of_table")  # noqa: S608 - names above
        connection.unregister("rows_of_table")
    return connection


def ask(connection: Any, measure: Measure, asked: Asked) -> list[tuple[Any, ...]]:  # noqa: ANN401 - DuckDB's connection
    """Answer a question; gives all rows."""
    values: dict[str, int] = {"start": asked.start, "end": asked.end}
    if "$previous" in measure.sql:
        values |= {"previous": asked.previous, "limit": _MOST}
    rows: list[tuple[Any, ...]] = connection.execute(measure.sql, values).fetchall()
    return rows


def _offsets(instants: NDArray[np.int64], zone: str) -> NDArray[np.int64]:
    """Look the offset of every hour up in the zone: slow, and of another mind than Tonearm's way."""
    first, last = int(instants[0]) // _HOUR_MS, int(instants[-1]) // _HOUR_MS
    place = ZoneInfo(zone)
    table = np.array(
        [
            _offset_ms(datetime.fromtimestamp(hour * 3600, UTC).astimezone(place))
            for hour in range(first, last + 1)
        ]
    )
    return table[instants // _HOUR_MS - first]


def _offset_ms(moment: datetime) -> int:
    offset = moment.utcoffset() or timedelta(0)
    return int(offset.total_seconds()) * 1000


def _ms(moment: datetime | None) -> int | None:
    if moment is None:
        return None
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))


def _told_totals(answer: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401 - a Totals
    covered = answer.covered
    spans = _ms(covered.first_play_at), _ms(covered.last_play_at)
    counts = answer.tracks, answer.albums, answer.artists, answer.active_days
    return [(answer.plays, answer.ms_played, *counts, *spans)]


def _told_heatmap(answer: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401 - a Heatmap
    return [
        (cell.weekday * 24 + cell.hour, cell.plays, cell.ms_played)
        for cell in answer.items
        if cell.plays or cell.ms_played
    ]


def _told_timeline(answer: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401 - a Timeline
    return [
        (unit.starts_on, unit.plays, unit.ms_played)
        for unit in answer.items
        if unit.plays or unit.ms_played
    ]


def _told_top(answer: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401 - a Top
    rows = []
    for item in answer.items:
        moments = _ms(item.first_play_at), _ms(item.last_play_at)
        numbers = item.plays, item.ms_played, *moments, item.previous_rank, answer.total
        rows.append((item.rank, item.id, item.name, item.artist, *numbers, item.share))
    return rows


def _top(item: str, table: str, *, name: str = "named.name", owner: bool = True) -> Measure:
    sql = _TOP.format(
        item=item,
        table=table,
        name=name,
        artist="owner.name" if owner else "NULL",
        join=_JOIN_ARTIST if owner else "",
    )
    return Measure(f"top {table}", f"top-{table}", sql, _told_top)


MEASURES = (
    Measure("totals", "totals", _TOTALS, _told_totals),
    _top("artist", "artists", owner=False),
    _top("album", "albums"),
    _top("track", "tracks"),
    Measure("heatmap", "heatmap", _HEATMAP, _told_heatmap),
    Measure("timeline by month", "timeline", _TIMELINE.format(unit="month"), _told_timeline),
    Measure(
        "timeline by day", "timeline", _TIMELINE.format(unit="day"), _told_timeline, {"unit": "day"}
    ),
)


def comparable(measure: Measure, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Bring DuckDB's rows to the words of Tonearm's: the share of a ranking instead of its whole."""
    if measure.told is _told_top:
        return [(*row[:-1], round(row[4] / int(row[-1]), 6)) for row in rows]
    if measure.told is _told_timeline or measure.told is _told_heatmap:
        return [row for row in rows if row[1] or row[2]]
    return rows
