"""Imports are jobs."""

import json

import sqlalchemy as sa
from alembic import op

from tonearm.storage.tables import Instant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Give every import that is under way a job; one that somebody wanted to end, ends."""
    op.add_column("imports", sa.Column("job_id", _NUMBER, nullable=True))
    _queue_jobs()
    for name in ("worker", "heartbeat_at", "cancel_requested"):
        op.drop_column("imports", name)


def _queue_jobs() -> None:
    columns = ("user_id", "id", "state", "cancel_requested", "job_id")
    imports = sa.table(
        "imports",
        *map(sa.column, columns),
        sa.column("created_at", Instant()),
        sa.column("finished_at", Instant()),
    )
    connection = op.get_bind()
    under_way = sa.select(imports).where(imports.c.state.in_(("queued", "running")))
    for row in connection.execute(under_way.order_by(imports.c.created_at, imports.c.id)).all():
        place = (imports.c.user_id == row.user_id, imports.c.id == row.id)
        if row.cancel_requested:
            ended = {"state": "cancelled", "finished_at": row.created_at}
            connection.execute(sa.update(imports).where(*place).values(ended))
            continue
        queued = {"state": "queued", "job_id": _queue_job(connection, row)}
        connection.execute(sa.update(imports).where(*place).values(queued))


def _queue_job(connection: sa.Connection, row: sa.Row[tuple[object, ...]]) -> int:
    values = {
        "name": "importers.run",
        "payload": json.dumps({"import_id": row.id}),
        "queue": "imports",
        "user_id": row.user_id,
        "state": "queued",
        "priority": 0,
        "run_at": row.created_at,
        "exclusive_key": f"importers.run:{row.user_id}",
        "most_failures": 5,
        "created_at": row.created_at,
    }
    instants = ("run_at", "created_at")
    jobs = sa.table(
        "jobs",
        sa.column("id", _NUMBER),
        *(sa.column(name, Instant() if name in instants else None) for name in values),
    )
    found: int = connection.execute(
        sa.insert(jobs).values(values).returning(jobs.c.id)
    ).scalar_one()
    return found
