"""Tables of the job queue."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    false,
    text,
)

from tonearm.storage.tables import Instant, metadata

_Number = BigInteger().with_variant(Integer, "sqlite")

queues = Table(
    "queues",
    metadata,
    Column("name", String(48), primary_key=True),
    Column("paused_at", Instant),
    # How many jobs may run at a time, and how many may start in a minute; as many as there are workers unless said.
    Column("concurrency", Integer),
    Column("per_minute", Integer),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", _Number, primary_key=True),
    # Whom it works for; None for Tonearm itself.
    Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE")),
    Column("queue", String(48), nullable=False),
    Column("name", String(64), nullable=False),
    Column("payload", Text, nullable=False),
    Column("state", String(16), nullable=False),
    # The lowest goes first.
    Column("priority", SmallInteger, nullable=False),
    Column("run_at", Instant, nullable=False),
    Column("dedup_key", String(128)),
    Column("exclusive_key", String(128)),
    # Grows whenever a worker takes the job: with the worker's name it tells who may still write.
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("most_failures", Integer, nullable=False),
    Column("worker", String(64)),
    Column("lease_until", Instant),
    Column("cancel_requested", Boolean, nullable=False, server_default=false()),
    Column("progress", Float),
    Column("message", Text),
    Column("result", Text),
    Column("error", Text),
    Column("created_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    # A worker walks along this one, in the order in which jobs are taken, and stops at the first that it may take.
    Index(
        "ix_jobs_ready",
        "priority",
        "run_at",
        "id",
        sqlite_where=text("state IN ('queued', 'waiting')"),
        postgresql_where=text("state IN ('queued', 'waiting')"),
    ),
    Index(
        "ix_jobs_running",
        "queue",
        "lease_until",
        sqlite_where=text("state = 'running'"),
        postgresql_where=text("state = 'running'"),
    ),
    Index("ix_jobs_user_id", "user_id", "id"),
    Index(
        "ix_jobs_dedup_key",
        "name",
        "dedup_key",
        unique=True,
        sqlite_where=text("state IN ('queued', 'waiting', 'running')"),
        postgresql_where=text("state IN ('queued', 'waiting', 'running')"),
    ),
    Index(
        "ix_jobs_exclusive_key",
        "exclusive_key",
        unique=True,
        sqlite_where=text("state = 'running'"),
        postgresql_where=text("state = 'running'"),
    ),
)

job_logs = Table(
    "job_logs",
    metadata,
    Column("job_id", _Number, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("level", String(8), nullable=False),
    Column("message", Text, nullable=False),
)

schedules = Table(
    "schedules",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("next_at", Instant, nullable=False),
    Column("rhythm", String(80), nullable=False),
)
