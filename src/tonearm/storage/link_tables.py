"""Tables of links to Spotify accounts. What opens something there is sealed by the vault: see `SEALED`."""

from sqlalchemy import (
    Column,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

from tonearm.storage.tables import Instant, metadata, of_user

# A link that was ended stays as `unlinked`, without its tokens: what it brought refers to its number.
links = Table(
    "links",
    metadata,
    of_user(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    # Who somebody is at Spotify; empty where that was to be forgotten.
    Column("account_id", String(255), nullable=False),
    Column("display_name", Text),
    Column("client_id", String(255), nullable=False),
    # What the listener has granted, with blanks between.
    Column("scopes", Text, nullable=False),
    Column("access_token", Text),
    Column("refresh_token", Text),
    Column("expires_at", Instant, nullable=False),
    Column("authorised_at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    # What was last in the way, in words, and why.
    Column("problem", Text),
    Column("cause", String(32)),
    # How many days before the end its listener was told of it last.
    Column("warned_days", SmallInteger),
    # Grows with each token that is kept: whoever renews one writes only what nobody else has renewed meanwhile.
    Column("renewals", Integer, nullable=False, server_default="0"),
    Column("renewer", String(64)),
    Column("renewing_until", Instant),
    # A Spotify account is linked by one listener, and a listener links one account.
    Index(
        "ix_links_account_id",
        "account_id",
        unique=True,
        sqlite_where=text("state <> 'unlinked'"),
        postgresql_where=text("state <> 'unlinked'"),
    ),
    Index(
        "ix_links_user_id",
        "user_id",
        unique=True,
        sqlite_where=text("state <> 'unlinked'"),
        postgresql_where=text("state <> 'unlinked'"),
    ),
)

# The app at Spotify that a listener has brought along.
link_apps = Table(
    "link_apps",
    metadata,
    of_user(),
    Column("client_id", String(255), nullable=False),
    Column("secret", Text),
    Column("created_at", Instant, nullable=False),
)

# Listeners on their way to Spotify and back.
link_attempts = Table(
    "link_attempts",
    metadata,
    of_user(),
    Column("state_hash", String(64), primary_key=True),
    # Of what the browser or program showed that began.
    Column("session_hash", String(64), nullable=False),
    Column("verifier", Text, nullable=False),
    Column("client_id", String(255), nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
)

SEALED = (
    links.c.access_token,
    links.c.refresh_token,
    link_apps.c.secret,
    link_attempts.c.verifier,
)
"""The columns that the vault has sealed; another one that it shall seal is named here, so that its keys can rotate."""
