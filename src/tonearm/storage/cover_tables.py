"""Table of the covers that a listener's pages show, or would like to."""

from sqlalchemy import Column, Index, Integer, String, Table, Text

from tonearm.storage.tables import Instant, metadata, of_user

# An artist or album as one listener knows it. Which ones somebody hears is private, so nobody's rows serve another.
covers = Table(
    "covers",
    metadata,
    of_user(),
    # `artist` or `album`; a track shows the cover of its album.
    Column("item", String(16), primary_key=True),
    Column("item_id", Integer, primary_key=True, autoincrement=False),
    # Of the catalogue: once an import was undone, the number may be another item's.
    Column("key", Text, nullable=False),
    # How often it had been played when a page would have shown it: what is played most is looked up first.
    Column("plays", Integer, nullable=False),
    # `found`, `nothing` or `unanswered`; None while it is wanted.
    Column("outcome", String(16)),
    # Where the picture came from, and the hash of its bytes, which names the file.
    Column("address", Text),
    Column("digest", String(64)),
    Column("fetched_at", Instant),
    # From when on a page that lacks it wants it again.
    Column("again_at", Instant, nullable=False),
    Index("ix_covers_digest", "digest"),
)
