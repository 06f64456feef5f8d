"""What is asked of Spotify."""

import sqlalchemy as sa
from alembic import op

from tonearm.storage.tables import Instant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for the calls and the lock-outs of each app."""
    op.create_table(
        "spotify_apps",
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("day_began_at", Instant(), nullable=False),
        sa.Column("calls", sa.Integer(), server_default="0", nullable=False),
        sa.Column("blocked_until", Instant(), nullable=True),
        sa.Column("blocked_for", sa.String(length=16), nullable=True),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_spotify_apps")),
    )
