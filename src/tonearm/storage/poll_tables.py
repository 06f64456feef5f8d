"""Tables of what asking Spotify for recent plays and samples brings, beside the sightings themselves."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    false,
)

from tonearm.storage.tables import Instant, metadata, of_user

# Which link told of which sighting, in Spotify's own words. A link may be gone while what it told stays.
polled = Table(
    "polled",
    metadata,
    of_user(),
    Column("link_id", Integer, primary_key=True, autoincrement=False),
    # The key of the sighting's content (history/corrections/marks.py): what a page tells once more is found by it.
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("sighting", Integer, nullable=False),
    # Unix milliseconds, as are those below.
    Column("played_at", BigInteger, nullable=False),
    Column("fetched_at", Instant, nullable=False),
    # The item of the answer, deflated; of a sample the whole answer.
    Column("answer", LargeBinary, nullable=False),
    # Whether it is no item of a page, but what the player was seen to end: that vouches for nothing.
    Column("is_sample", Boolean, nullable=False, server_default=false()),
    Index("ix_polled_played_at", "user_id", "link_id", "is_sample", "played_at"),
    Index("ix_polled_sighting", "user_id", "sighting"),
)

# Whom Spotify names as the artists of a track, of each as it was told last. Exports name one artist only.
track_credits = Table(
    "track_credits",
    metadata,
    of_user(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("track_key", Text, nullable=False),
    # The normalised name; beside it, as Spotify spells it.
    Column("artist_key", Text, nullable=False),
    Column("name", Text, nullable=False),
    # What both are in the catalogue.
    Column("track_id", Integer, nullable=False),
    Column("artist_id", Integer, nullable=False),
)

# Spans of time of which a link has shown everything; they neither touch nor overlap within one link.
polled_spans = Table(
    "polled_spans",
    metadata,
    of_user(),
    Column("link_id", Integer, primary_key=True, autoincrement=False),
    Column("from_at", BigInteger, primary_key=True, autoincrement=False),
    Column("to_at", BigInteger, nullable=False),
)

# Spans of which plays may be missing, as they were noticed. Whether they still are missing is computed.
gaps = Table(
    "gaps",
    metadata,
    of_user(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("link_id", Integer, nullable=False),
    Column("reason", String(16), nullable=False),
    Column("from_at", BigInteger, nullable=False),
    # None as long as it lasts.
    Column("to_at", BigInteger),
    Column("opened_at", Instant, nullable=False),
)
