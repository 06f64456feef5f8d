"""Links to Spotify accounts."""

import sqlalchemy as sa
from alembic import op

from tonearm.storage.tables import Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for links, listeners' own apps, and attempts to link; nobody is linked yet."""
    _add_links()
    op.create_table(
        "link_apps",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.String(length=255), nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        _owner("link_apps"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_link_apps")),
    )
    op.create_table(
        "link_attempts",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column("session_hash", sa.String(length=64), nullable=False),
        sa.Column("verifier", sa.Text(), nullable=False),
        sa.Column("client_id", sa.String(length=255), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        _owner("link_attempts"),
        sa.PrimaryKeyConstraint("user_id", "state_hash", name=op.f("pk_link_attempts")),
    )


def _add_links() -> None:
    op.create_table(
        "links",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("account_id", sa.String(length=255), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=True),
        sa.Column("client_id", sa.String(length=255), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("access_token", sa.Text(), nullable=True),
        sa.Column("refresh_token", sa.Text(), nullable=True),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("authorised_at", Instant(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("cause", sa.String(length=32), nullable=True),
        sa.Column("warned_days", sa.SmallInteger(), nullable=True),
        sa.Column("renewals", sa.Integer(), server_default="0", nullable=False),
        sa.Column("renewer", sa.String(length=64), nullable=True),
        sa.Column("renewing_until", Instant(), nullable=True),
        _owner("links"),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_links")),
    )
    active = sa.text("state <> 'unlinked'")
    for column in ("account_id", "user_id"):
        op.create_index(
            f"ix_links_{column}",
            "links",
            [column],
            unique=True,
            sqlite_where=active,
            postgresql_where=active,
        )


def _owner(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id"], ["users.id"], name=op.f(f"fk_{table}_user_id"), ondelete="CASCADE"
    )
