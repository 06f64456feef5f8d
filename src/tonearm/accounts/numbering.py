"""Numbers of what somebody owns: 1, 2, 3 for each listener."""

from sqlalchemy import Connection, Table, func, select


def next_id(connection: Connection, table: Table, user_id: int) -> int:
    """Give the next number in a table that is keyed by `user_id` and `id`, inside a write transaction."""
    last = connection.scalar(select(func.max(table.c.id)).where(table.c.user_id == user_id))
    return (last or 0) + 1
