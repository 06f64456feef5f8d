"""Covers: what pages show beside names, and how many calls of a day went into finding them."""

import sqlalchemy as sa
from alembic import op

from tonearm.storage.tables import Instant

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for covers; nobody has seen one, and none was asked for."""
    op.create_table(
        "covers",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(16), nullable=False),
        sa.Column("item_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("plays", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("digest", sa.String(64), nullable=True),
        sa.Column("fetched_at", Instant(), nullable=True),
        sa.Column("again_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_covers_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "item", "item_id", name="pk_covers"),
    )
    op.create_index("ix_covers_digest", "covers", ["digest"])
    op.add_column(
        "spotify_apps",
        sa.Column("cover_calls", sa.Integer(), nullable=False, server_default="0"),
    )
