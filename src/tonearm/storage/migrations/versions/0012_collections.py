"""How collecting through links stands; links that are there begin to be collected."""

import sqlalchemy as sa
from alembic import op

from tonearm.storage.tables import Instant

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for collections, one for each link there is; a link was never paused before."""
    op.create_table(
        "collections",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("begun_at", Instant(), nullable=False),
        sa.Column("next_at", Instant(), nullable=False),
        sa.Column("interval_seconds", sa.Integer(), nullable=False),
        sa.Column("paused_at", Instant(), nullable=True),
        sa.Column("paused_by", sa.String(length=16), nullable=True),
        sa.Column("polled_at", Instant(), nullable=True),
        sa.Column("fetched", sa.Integer(), server_default="0", nullable=False),
        sa.Column("new", sa.Integer(), server_default="0", nullable=False),
        sa.Column("obstacle", sa.String(length=16), nullable=True),
        sa.Column("backfill_requests", sa.Integer(), server_default="0", nullable=False),
        sa.Column("backfill_blocks", sa.Integer(), server_default="0", nullable=False),
        sa.Column("backfill_ended", sa.String(length=16), nullable=True),
        sa.Column("backfilled_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_collections_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_collections")),
    )
    op.create_index("ix_collections_next_at", "collections", ["next_at"])
    op.execute(
        "INSERT INTO collections (user_id, link_id, begun_at, next_at, interval_seconds) "
        "SELECT user_id, id, created_at, created_at, 900 FROM links WHERE state <> 'unlinked'"
    )
