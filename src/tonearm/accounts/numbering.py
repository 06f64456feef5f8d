"""Numbers of what somebody owns: 1, 2, 3 for each listener."""

from sqlalchemy import Connection, Table, func, select

from tonearm.storage.tables import users


def next_id(connection: Connection, table: Table, user_id: int) -> int:
    """Give the next number in a table that is keyed by `user_id` and `id`, inside a write transaction."""
    last = connection.scalar(select(func.max(table.c.id)).where(table.c.user_id == user_id))
    return (last or 0) + 1


def lock_user(connection: Connection, user_id: int) -> None:
    """Let whoever numbers things of the same person wait until this transaction ends.

    Without it two processes on PostgreSQL could give the same number. Locked before the audit log, never after.
    """
    connection.execute(
        select(users.c.id).where(users.c.id == user_id).with_for_update(key_share=True)
    )
