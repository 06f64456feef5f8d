"""Tables of what is asked of Spotify."""

from sqlalchemy import Column, Integer, String, Table

from tonearm.storage.tables import Instant, metadata

spotify_apps = Table(
    "spotify_apps",
    metadata,
    # An app as Spotify knows it: its calls are limited together, whoever's link they are made for.
    Column("client_id", String(128), primary_key=True),
    # The day of the budget begins with its first call.
    Column("day_began_at", Instant, nullable=False),
    Column("calls", Integer, nullable=False, server_default="0"),
    # Those of them that looked for covers.
    Column("cover_calls", Integer, nullable=False, server_default="0"),
    Column("blocked_until", Instant),
    Column("blocked_for", String(16)),
)
