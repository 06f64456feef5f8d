"""Questions to DuckDB: a history as its tables, and measures as SQL."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
from benchmarks.synthetic import Evidence, History
from numpy.typing import NDArray

from tonearm.domain.platforms import platform_family
from tonearm.insights.question import Question

MOST = 10
"""Lines of rankings."""
COUNTED = "(ms_played >= 30000 OR (is_done AND ms_played > 0))"
RANGE = "kind = 0 AND ended_at >= $start AND ended_at < $end"
_HOUR_MS = 3_600_000
_DAYS_AROUND = 31
Part = list[tuple[Any, ...]]
"""The rows of one statement."""
_TABLES = {
    "artists": "id INTEGER, name VARCHAR, spelled VARCHAR, key VARCHAR",
    "albums": "id INTEGER, name VARCHAR, artist_id INTEGER, spelled VARCHAR, key VARCHAR",
    "tracks": "id INTEGER, name VARCHAR, artist_id INTEGER, spelled VARCHAR, key VARCHAR",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its range in Unix milliseconds; `previous` begins the period before."""

    question: Question
    start: int
    end: int
    previous: int


def _as_they_are(parts: list[Part]) -> list[Part]:
    return parts


def _as_asked(asked: Asked) -> Asked:
    return asked


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure: how DuckDB answers, and how Tonearm's answer reads in the same words."""

    name: str
    chart: str
    sql: tuple[str, ...]
    told: Callable[[Any], list[Part]]
    """The rows that each statement has to give for an answer of Tonearm's."""
    own: dict[str, Any] = field(default_factory=dict)
    """The measure's own parameters."""
    shaped: Callable[[list[Part]], list[Part]] = _as_they_are
    """Brings DuckDB's rows to the same words, such as shares to six places."""
    values: dict[str, Any] = field(default_factory=dict)
    """More values that the statements name."""
    most_days: int | None = None
    """The longest range that the measure takes."""
    fitted: Callable[[Asked], Asked] = _as_asked
    """Brings a question to what the measure takes, such as a year."""


def connect(
    history: History, evidence: Evidence, catalogue: dict[str, list[tuple[Any, ...]]], zone: str
) -> Any:  # noqa: ANN401 - DuckDB's connection
    """Load a history into memory; `catalogue` has the rows of artists, albums and tracks."""
    connection = duckdb.connect(config={"threads": 2})
    hours = _local_hours(history.ended_at, zone)
    is_done = np.array([context.reason_end == "trackdone" for context in history.contexts])
    columns = {
        "id": np.arange(1, len(history.ended_at) + 1, dtype=np.int32),
        "ended_at": history.ended_at,
        "started_at": history.started_at,
        "ms_played": history.ms_played,
        "track": history.track,
        "album": history.track_album[history.track],
        "artist": history.track_artist[history.track],
        "kind": history.track_kind[history.track],
        "context": history.context,
        "is_done": is_done[history.context],
        "day": (hours // 24).astype(np.int32),
        "local_hour": ((hours + 72) % 168).astype(np.uint8),
        "is_account": _marked(len(history.ended_at), evidence.account),
        "start_hour": (_local_hours(history.started_at, zone) % 24).astype(np.uint8),
    }
    connection.register("columns_of_plays", columns)
    connection.execute(
        "CREATE TABLE plays AS SELECT * EXCLUDE (day), DATE '1970-01-01' + day AS local_day "
        "FROM columns_of_plays"
    )
    connection.unregister("columns_of_plays")
    connection.execute(
        "CREATE TABLE contexts (context INTEGER, platform VARCHAR, country VARCHAR, "
        "reason_end VARCHAR, skipped BOOLEAN, shuffle BOOLEAN)"
    )
    connection.executemany(
        "INSERT INTO contexts VALUES (?, ?, ?, ?, ?, ?)",
        [
            (number, platform_family(each.platform), each.country, each.reason_end, each.skipped, each.shuffle)
            for number, each in enumerate(history.contexts)
        ],
    )  # fmt: skip
    _load_evidence(connection, evidence, np.unique(hours[evidence.account] // 24), zone)
    _load_hours(connection, history, zone)
    for table, definition in _TABLES.items():
        connection.execute(f"CREATE TABLE {table} ({definition})")
        names = [name.split()[0] for name in definition.split(", ")]
        parts = dict(zip(names, zip(*catalogue[table], strict=True), strict=True))
        connection.register(
            "rows_of_table",
            {
                name: np.array(values, np.int64 if name in ("id", "artist_id") else object)
                for name, values in parts.items()
            },
        )
        connection.execute(f"INSERT INTO {table} SELECT * FROM rows_of_table")  # noqa: S608 - names above
        connection.unregister("rows_of_table")
    return connection


def _load_evidence(
    connection: Any,  # noqa: ANN401 - DuckDB's connection
    evidence: Evidence,
    account_days: NDArray[np.int64],
    zone: str,
) -> None:
    """Load what imports vouch for wholly, and the days, counted from 1970, of which account data tells."""
    connection.execute("CREATE TABLE complete (starts BIGINT, ends BIGINT)")
    connection.executemany(
        "INSERT INTO complete VALUES (?, ?)",
        [(first, last + 1) for first, last in evidence.complete],
    )
    connection.execute("CREATE TABLE days (local_day DATE, starts BIGINT, ends BIGINT)")
    days = [date(1970, 1, 1) + timedelta(days=day) for day in account_days.tolist()]
    connection.executemany(
        "INSERT INTO days VALUES (?, ?, ?)",
        [(day, midnight_ms(day, zone), midnight_ms(day + timedelta(days=1), zone)) for day in days],
    )


def _load_hours(connection: Any, history: History, zone: str) -> None:  # noqa: ANN401 - DuckDB's connection
    """Load every hour of the history and of some days around it, with its local day."""
    first, last = int(history.ended_at[0]), int(history.ended_at[-1])
    around = _DAYS_AROUND * 24 * _HOUR_MS
    hours = np.arange((first - around) // _HOUR_MS, (last + around) // _HOUR_MS) * _HOUR_MS
    days = (_local_hours(hours, zone) // 24).astype(np.int32)
    connection.register("hours_of_calendar", {"starts": hours, "day": days})
    connection.execute(
        "CREATE TABLE hours AS SELECT starts, DATE '1970-01-01' + day AS local_day "
        "FROM hours_of_calendar"
    )
    connection.unregister("hours_of_calendar")


def ask(connection: Any, measure: Measure, asked: Asked) -> list[Part]:  # noqa: ANN401 - DuckDB's connection
    """Answer a question; gives all rows of each statement."""
    values = {
        "start": asked.start,
        "end": asked.end,
        "previous": asked.previous,
        "limit": MOST,
        "last_day": day_of(asked.end - 1, asked.question.zone or "UTC"),
        **measure.values,
    }
    return [
        connection.execute(
            sql, {name: value for name, value in values.items() if f"${name}" in sql}
        ).fetchall()
        for sql in measure.sql
    ]


def _marked(size: int, rows: slice) -> NDArray[np.bool_]:
    mask = np.zeros(size, bool)
    mask[rows] = True
    return mask


def midnight_ms(day: date, zone: str) -> int:
    """Give the instant at which a local day begins, in Unix milliseconds."""
    local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    return int(local.astimezone(UTC).timestamp()) * 1000


def day_of(instant: int, zone: str) -> date:
    """Give the local day of an instant in Unix milliseconds."""
    return datetime.fromtimestamp(instant / 1000, ZoneInfo(zone)).date()


def ms(moment: datetime | None) -> int | None:
    """Give an instant in Unix milliseconds."""
    if moment is None:
        return None
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))


def share(part: int, whole: int) -> float:
    """Give a share as answers write it."""
    return round(part / whole, 6) if whole else 0.0


def _local_hours(instants: NDArray[np.int64], zone: str) -> NDArray[np.int64]:
    """Look the offset of every hour up in the zone: slow, and of another mind than Tonearm's way."""
    first, last = int(instants.min()) // _HOUR_MS, int(instants.max()) // _HOUR_MS
    place = ZoneInfo(zone)
    table = np.array(
        [
            _offset_ms(datetime.fromtimestamp(hour * 3600, UTC).astimezone(place))
            for hour in range(first, last + 1)
        ]
    )
    hours: NDArray[np.int64] = (instants + table[instants // _HOUR_MS - first]) // _HOUR_MS
    return hours


def _offset_ms(moment: datetime) -> int:
    offset = moment.utcoffset() or timedelta(0)
    return int(offset.total_seconds()) * 1000
