"""What polling brings: raw answers, spans of which everything was seen, gaps."""

import sqlalchemy as sa
from alembic import op

from tonearm.storage.tables import Instant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for polls; nothing was polled yet."""
    op.create_table(
        "polled",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sighting", sa.Integer(), nullable=False),
        sa.Column("played_at", sa.BigInteger(), nullable=False),
        sa.Column("fetched_at", Instant(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        _of_user("polled"),
        sa.PrimaryKeyConstraint("user_id", "link_id", "key", name=op.f("pk_polled")),
    )
    op.create_index("ix_polled_played_at", "polled", ["user_id", "link_id", "played_at"])
    op.create_index("ix_polled_sighting", "polled", ["user_id", "sighting"])
    op.create_table(
        "polled_spans",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("from_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("to_at", sa.BigInteger(), nullable=False),
        _of_user("polled_spans"),
        sa.PrimaryKeyConstraint("user_id", "link_id", "from_at", name=op.f("pk_polled_spans")),
    )
    op.create_table(
        "gaps",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("from_at", sa.BigInteger(), nullable=False),
        sa.Column("to_at", sa.BigInteger(), nullable=True),
        sa.Column("opened_at", Instant(), nullable=False),
        _of_user("gaps"),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_gaps")),
    )


def _of_user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id"], ["users.id"], name=op.f(f"fk_{table}_user_id"), ondelete="CASCADE"
    )
