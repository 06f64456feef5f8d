"""What listeners correct in their history."""

import sqlalchemy as sa
from alembic import op

from tonearm.storage.tables import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for corrections; nothing is corrected yet."""
    op.add_column(
        "histories", sa.Column("corrected", sa.Integer(), nullable=False, server_default="0")
    )
    op.create_table(
        "corrections",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("undone_at", Instant(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_corrections_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_corrections")),
    )
    op.create_table(
        "marks",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("correction_id", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=False),
        sa.Column("plays", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id", "correction_id"],
            ["corrections.user_id", "corrections.id"],
            name=op.f("fk_marks_user_id_correction_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "correction_id", name=op.f("pk_marks")),
    )
