"""Table of what is collected through links to Spotify."""

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, String, Table, false

from tonearm.storage.tables import Instant, metadata, of_user

# How collecting through a listener's link stands. It begins with the link, and ends with it.
collections = Table(
    "collections",
    metadata,
    of_user(),
    Column("link_id", Integer, nullable=False),
    Column("begun_at", Instant, nullable=False),
    # When Spotify is asked next, and how far that is from the last time.
    Column("next_at", Instant, nullable=False),
    Column("interval_seconds", Integer, nullable=False),
    Column("paused_at", Instant),
    # `listener` or `admin`.
    Column("paused_by", String(16)),
    # The last page that Spotify gave, and what it brought.
    Column("polled_at", Instant),
    Column("fetched", Integer, nullable=False, server_default="0"),
    Column("new", Integer, nullable=False, server_default="0"),
    # What is in the way since then: the reason of the gap that lasts.
    Column("obstacle", String(16)),
    # The backfill: pages asked for, lock-outs met, and why and when it ended.
    Column("backfill_requests", Integer, nullable=False, server_default="0"),
    Column("backfill_blocks", Integer, nullable=False, server_default="0"),
    Column("backfill_ended", String(16)),
    Column("backfilled_at", Instant),
    # Whether the listener wants samples; the wish outlives the link.
    Column("samples", Boolean, nullable=False, server_default=false()),
    # The player's state, deflated, near the end of what it played: recorded once that has ended.
    Column("held", LargeBinary),
    Column("held_at", Instant),
    Index("ix_collections_next_at", "next_at"),
)
