"""How many bytes of a SQLite file each play takes."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

_CATALOGUE = {"descriptions", "artists", "albums", "tracks"}
_LEAST = 0.05


@dataclass(frozen=True, slots=True)
class Stored:
    """Bytes a play; indexes count for their tables, free pages for nobody."""

    history: float
    catalogue: float
    parts: dict[str, float]
    """By table, those that matter."""


def stored_bytes(file: Path, plays: int) -> Stored:
    """Count the pages of every table, or the contents where this SQLite cannot count pages."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        tables = dict(connection.execute("SELECT name, tbl_name FROM sqlite_master"))
        try:
            pages = connection.execute("SELECT name, SUM(pgsize) FROM dbstat GROUP BY name")
            sizes = [(tables.get(name, name), size) for name, size in pages]
        except sqlite3.OperationalError:  # built without the table that knows pages
            sizes = [(table, _contents(connection, table)) for table in set(tables.values())]
    parts: dict[str, float] = {}
    for table, size in sizes:
        parts[table] = parts.get(table, 0.0) + size / plays
    return Stored(
        history=sum(size for table, size in parts.items() if table not in _CATALOGUE),
        catalogue=sum(size for table, size in parts.items() if table in _CATALOGUE),
        parts={table: size for table, size in sorted(parts.items()) if size >= _LEAST},
    )


def _contents(connection: sqlite3.Connection, table: str) -> int:
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    lengths = " + ".join(f"COALESCE(LENGTH(CAST({name} AS BLOB)), 0)" for name in columns)
    query = f"SELECT SUM({lengths}) FROM {table}"  # noqa: S608 - names of our own tables
    return int(connection.execute(query).fetchone()[0] or 0)
