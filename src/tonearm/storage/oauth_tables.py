"""Tables of the OAuth server: programs that people let in, and what each of them was let in to."""

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Index, Integer, String, Table, Text

from tonearm.storage.tables import Instant, metadata, of_user

# Programs: those that registered themselves, those that are described by a document at the address that is their id,
# and those that a person has made by hand.
oauth_clients = Table(
    "oauth_clients",
    metadata,
    Column("id", Integer, primary_key=True),
    # Who made it by hand; None for all others.
    Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE")),
    Column("client_id", String(255), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("name", String(64), nullable=False),
    # Addresses to which an answer may go, with line breaks between.
    Column("redirect_uris", Text, nullable=False),
    # None for a program that keeps no secret.
    Column("secret_hash", String(64)),
    Column("created_at", Instant, nullable=False),
    # When somebody last let it in.
    Column("used_at", Instant),
    # From when on its document has to be read anew.
    Column("stale_at", Instant),
    # Where it was registered from.
    Column("address", String(64)),
    Index("ix_oauth_clients_user_id", "user_id"),
)

# One consent of one person for one program. It begins with a code, which is good once, and lives by a refresh token,
# as a family of `token_families` does.
oauth_grants = Table(
    "oauth_grants",
    metadata,
    of_user(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("client", Integer, ForeignKey("oauth_clients.id", ondelete="CASCADE"), nullable=False),
    # What it is for, with blanks between.
    Column("scopes", Text, nullable=False),
    # The address that its tokens are for.
    Column("resource", Text, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("code_hash", String(64), nullable=False, unique=True),
    Column("code_ends_at", Instant, nullable=False),
    # None where the program needs no proof of its own; see `Client.needs_proof`.
    Column("challenge", String(43)),
    # None until the code has been used.
    Column("family_hash", String(64), unique=True),
    Column("refresh_hash", String(64)),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    # Where it was consented to from.
    Column("address", String(64)),
    Index("ix_oauth_grants_client", "client"),
)

oauth_tokens = Table(
    "oauth_tokens",
    metadata,
    of_user(),
    Column("token_hash", String(64), primary_key=True, unique=True),
    Column("grant_id", Integer, nullable=False),
    # A part of those of the grant, or all of them.
    Column("scopes", Text, nullable=False),
    Column("ends_at", Instant, nullable=False),
    ForeignKeyConstraint(
        ["user_id", "grant_id"],
        ["oauth_grants.user_id", "oauth_grants.id"],
        ondelete="CASCADE",
    ),
    Index("ix_oauth_tokens_user_id_grant_id", "user_id", "grant_id"),
)
