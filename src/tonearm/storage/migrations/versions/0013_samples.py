"""Samples of the player: who wants them, what is held until it has ended, and which answers are some."""

import sqlalchemy as sa
from alembic import op

from tonearm.storage.tables import Instant

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for samples; nobody wanted any yet, and no answer is one."""
    op.add_column(
        "collections", sa.Column("samples", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("collections", sa.Column("held", sa.LargeBinary(), nullable=True))
    op.add_column("collections", sa.Column("held_at", Instant(), nullable=True))
    op.add_column(
        "polled", sa.Column("is_sample", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.drop_index("ix_polled_played_at", "polled")
    op.create_index(
        "ix_polled_played_at", "polled", ["user_id", "link_id", "is_sample", "played_at"]
    )
