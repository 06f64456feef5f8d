"""Shares: what listeners show to whoever has a link."""

import sqlalchemy as sa
from alembic import op

from tonearm.storage.tables import Instant

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for shares; there were none."""
    op.create_table(
        "shares",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("view", sa.String(length=16), nullable=False),
        sa.Column("range", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("rule", sa.String(length=8), nullable=False),
        sa.Column("by", sa.String(length=8), nullable=False),
        sa.Column("item_name", sa.Text(), nullable=True),
        sa.Column("item_kind", sa.String(length=16), nullable=True),
        sa.Column("item_key", sa.Text(), nullable=True),
        sa.Column("item_artist", sa.Text(), nullable=True),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("shown_name", sa.String(length=64), nullable=False),
        sa.Column("has_private", sa.Boolean(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=True),
        sa.Column("views", sa.Integer(), server_default="0", nullable=False),
        sa.Column("viewed_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_shares_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_shares")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_shares_token_hash")),
    )
