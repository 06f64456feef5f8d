"""When a publication last changed or removed what plays refer to."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take it that nothing has been changed yet: whoever kept columns of before reads them anew."""
    op.add_column(
        "histories", sa.Column("rewritten", sa.Integer(), nullable=False, server_default="0")
    )
