"""The job queue."""

import sqlalchemy as sa
from alembic import op

from tonearm.storage.tables import Instant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make room for jobs, their logs, queues and schedules; nothing is queued yet."""
    _add_jobs()
    _add_indexes()
    op.create_table(
        "job_logs",
        sa.Column("job_id", _NUMBER, nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_job_logs_job_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", "id", name=op.f("pk_job_logs")),
    )
    op.create_table(
        "queues",
        sa.Column("name", sa.String(length=48), nullable=False),
        sa.Column("paused_at", Instant(), nullable=True),
        sa.Column("concurrency", sa.Integer(), nullable=True),
        sa.Column("per_minute", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_queues")),
    )
    op.create_table(
        "schedules",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("next_at", Instant(), nullable=False),
        sa.Column("rhythm", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_schedules")),
    )


def _add_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("queue", sa.String(length=48), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("run_at", Instant(), nullable=False),
        sa.Column("dedup_key", sa.String(length=128), nullable=True),
        sa.Column("exclusive_key", sa.String(length=128), nullable=True),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("most_failures", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=64), nullable=True),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("progress", sa.Float(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("started_at", Instant(), nullable=True),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_jobs_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )


def _add_indexes() -> None:
    op.create_index("ix_jobs_user_id", "jobs", ["user_id", "id"])
    ready = sa.text("state IN ('queued', 'waiting')")
    op.create_index(
        "ix_jobs_ready",
        "jobs",
        ["priority", "run_at", "id"],
        sqlite_where=ready,
        postgresql_where=ready,
    )
    unfinished = sa.text("state IN ('queued', 'waiting', 'running')")
    op.create_index(
        "ix_jobs_dedup_key",
        "jobs",
        ["name", "dedup_key"],
        unique=True,
        sqlite_where=unfinished,
        postgresql_where=unfinished,
    )
    running = sa.text("state = 'running'")
    op.create_index(
        "ix_jobs_running",
        "jobs",
        ["queue", "lease_until"],
        sqlite_where=running,
        postgresql_where=running,
    )
    op.create_index(
        "ix_jobs_exclusive_key",
        "jobs",
        ["exclusive_key"],
        unique=True,
        sqlite_where=running,
        postgresql_where=running,
    )
