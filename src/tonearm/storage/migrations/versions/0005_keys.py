"""API keys of everybody: numbered, scoped, expiring."""

import sqlalchemy as sa
from alembic import op

from tonearm.storage.tables import Instant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ALL_SCOPES = (
    "admin automation downloads history:read history:write imports:write "
    "library:read library:write mcp player"
)


def upgrade() -> None:
    """Move the keys there are to a new table; they keep working, for everything they could do."""
    op.create_table(
        "keys",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("used_at", Instant(), nullable=True),
        sa.Column("used_from", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_keys_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_keys")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_keys_key_hash")),
    )
    op.get_bind().execute(
        sa.text(
            "INSERT INTO keys (user_id, id, key_hash, name, prefix, scopes, created_at, used_at) "
            "SELECT user_id, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY created_at, key_hash),"
            " key_hash, name, prefix, :scopes, created_at, used_at FROM api_keys"
        ),
        {"scopes": _ALL_SCOPES},
    )
    op.drop_table("api_keys")
