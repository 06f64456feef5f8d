"""Programs that people let in by OAuth, their grants and their tokens."""

import sqlalchemy as sa
from alembic import op

from tonearm.storage.tables import Instant

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for programs, grants and tokens; nobody has let any program in yet."""
    op.create_table(
        "oauth_clients",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("client_id", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("redirect_uris", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.Column("stale_at", Instant(), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=True),
        _owner("oauth_clients"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_clients")),
        sa.UniqueConstraint("client_id", name=op.f("uq_oauth_clients_client_id")),
    )
    op.create_index("ix_oauth_clients_user_id", "oauth_clients", ["user_id"])
    _add_grants()
    op.create_table(
        "oauth_tokens",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("grant_id", sa.Integer(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        _owner("oauth_tokens"),
        sa.ForeignKeyConstraint(
            ["user_id", "grant_id"],
            ["oauth_grants.user_id", "oauth_grants.id"],
            name=op.f("fk_oauth_tokens_user_id_grant_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "token_hash", name=op.f("pk_oauth_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_oauth_tokens_token_hash")),
    )
    op.create_index("ix_oauth_tokens_user_id_grant_id", "oauth_tokens", ["user_id", "grant_id"])


def _add_grants() -> None:
    op.create_table(
        "oauth_grants",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("client", sa.Integer(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("code_ends_at", Instant(), nullable=False),
        sa.Column("challenge", sa.String(length=43), nullable=True),
        sa.Column("family_hash", sa.String(length=64), nullable=True),
        sa.Column("refresh_hash", sa.String(length=64), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=True),
        _owner("oauth_grants"),
        sa.ForeignKeyConstraint(
            ["client"],
            ["oauth_clients.id"],
            name=op.f("fk_oauth_grants_client"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_oauth_grants")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_oauth_grants_code_hash")),
        sa.UniqueConstraint("family_hash", name=op.f("uq_oauth_grants_family_hash")),
    )
    op.create_index("ix_oauth_grants_client", "oauth_grants", ["client"])


def _owner(table: str) -> sa.ForeignKeyConstraint:
    """Make the reference to whose a row is; it goes when they do."""
    return sa.ForeignKeyConstraint(
        ["user_id"], ["users.id"], name=op.f(f"fk_{table}_user_id"), ondelete="CASCADE"
    )
