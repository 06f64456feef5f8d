"""Many rows at once, the fastest way each driver has."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, Table, delete

_BATCH = 5_000


def insert_rows(connection: Connection, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows whose values stand in the order of the table's columns."""
    if not rows:
        return
    names = ", ".join(column.name for column in table.columns)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(table.columns))
        connection.exec_driver_sql(
            f"INSERT INTO {table.name} ({names}) VALUES ({marks})",  # noqa: S608 # nosec B608 - names of our tables
            list(rows),
        )
        return
    driver = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:  # type: ignore[union-attr]
        for row in rows:
            copy.write_row(row)


def delete_rows(connection: Connection, table: Table, user_id: int, ids: Iterable[int]) -> None:
    """Delete a user's rows by id."""
    pending = list(ids)
    for start in range(0, len(pending), _BATCH):
        connection.execute(
            delete(table).where(
                table.c.user_id == user_id, table.c.id.in_(pending[start : start + _BATCH])
            )
        )
