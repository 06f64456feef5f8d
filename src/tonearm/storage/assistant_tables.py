"""Table of what assistants have called."""

from sqlalchemy import Column, Integer, String, Table

from tonearm.storage.tables import Instant, metadata, of_user

# Which tool, how long it took and how much it told; what it was asked about is not kept.
tool_calls = Table(
    "tool_calls",
    metadata,
    of_user(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("tool", String(64), nullable=False),
    # `mcp`, `rest` or `stdio`.
    Column("way", String(16), nullable=False),
    Column("called_at", Instant, nullable=False),
    Column("ms_taken", Integer, nullable=False),
    Column("bytes_told", Integer, nullable=False),
    # `answered`, or the code of the error.
    Column("outcome", String(48), nullable=False),
)
