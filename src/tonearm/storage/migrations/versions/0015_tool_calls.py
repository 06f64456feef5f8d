"""What assistants have called: which tool, how long it took and how much it told."""

import sqlalchemy as sa
from alembic import op

from tonearm.storage.tables import Instant

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for calls; nobody has called anything yet."""
    op.create_table(
        "tool_calls",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tool", sa.String(64), nullable=False),
        sa.Column("way", sa.String(16), nullable=False),
        sa.Column("called_at", Instant(), nullable=False),
        sa.Column("ms_taken", sa.Integer(), nullable=False),
        sa.Column("bytes_told", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(48), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_tool_calls_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name="pk_tool_calls"),
    )
