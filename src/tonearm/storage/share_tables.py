"""The table of what listeners show to whoever has a link."""

from sqlalchemy import Boolean, Column, Integer, String, Table, Text

from tonearm.storage.tables import Instant, metadata, of_user

# A share that has ended keeps its row, so that no other one gets its number.
shares = Table(
    "shares",
    metadata,
    of_user(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("view", String(16), nullable=False),
    Column("range", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("rule", String(8), nullable=False),
    Column("by", String(8), nullable=False),
    # Of an artist, album or track what stays when its number changes; of an album its artist's key too.
    Column("item_name", Text),
    Column("item_kind", String(16)),
    Column("item_key", Text),
    Column("item_artist", Text),
    Column("title", String(100), nullable=False),
    Column("shown_name", String(64), nullable=False),
    Column("has_private", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    # None for one that holds until it is revoked.
    Column("ends_at", Instant),
    Column("views", Integer, nullable=False, server_default="0"),
    Column("viewed_at", Instant),
)
