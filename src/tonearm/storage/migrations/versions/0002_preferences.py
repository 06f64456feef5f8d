"""How listeners want to be counted."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give every listener the usual preferences."""
    op.add_column(
        "users", sa.Column("rule", sa.String(length=8), nullable=False, server_default="30s")
    )
    op.add_column(
        "users",
        sa.Column("counts_private", sa.Boolean(), nullable=False, server_default=sa.true()),
    )
    op.add_column(
        "users", sa.Column("travels", sa.Boolean(), nullable=False, server_default=sa.false())
    )
