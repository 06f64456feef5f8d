"""Credits: all artists of a track, as the answers of Spotify that are kept name them."""

import json
import zlib
from typing import Any

import sqlalchemy as sa
from alembic import op

from tonearm.domain.text import clean, normalise

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_LONGEST_NAME = 4_096
_HISTORIES = sa.table(
    "histories", sa.column("user_id"), sa.column("version"), sa.column("rewritten")
)
_POLLED = sa.table("polled", sa.column("user_id"), sa.column("fetched_at"), sa.column("answer"))
_TRACKS = sa.table("tracks", sa.column("user_id"), *map(sa.column, ("id", "key", "kind")))
_ARTISTS = sa.table("artists", sa.column("user_id"), *map(sa.column, ("id", "kind", "key", "name")))
_CREDITS = sa.table(
    "track_credits",
    sa.column("user_id"),
    *map(sa.column, ("id", "track_key", "artist_key", "name", "track_id", "artist_id")),
)


def upgrade() -> None:
    """Make room for credits, and read them from the answers that were kept so far."""
    op.create_table(
        "track_credits",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("track_key", sa.Text(), nullable=False),
        sa.Column("artist_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("track_id", sa.Integer(), nullable=False),
        sa.Column("artist_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_track_credits_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name="pk_track_credits"),
    )
    connection = op.get_bind()
    for user_id in connection.scalars(sa.select(_POLLED.c.user_id).distinct()).all():
        _read_credits(connection, user_id)


def _read_credits(connection: sa.Connection, user_id: int) -> None:
    """Write the credits of one listener, with the artists that they name and nothing else did."""
    answers = connection.scalars(
        sa.select(_POLLED.c.answer)
        .where(_POLLED.c.user_id == user_id)
        .order_by(_POLLED.c.fetched_at)
    )
    told: dict[str, dict[str, str]] = {}
    for answer in answers:
        uri, names = _named(answer)
        if uri is not None and names:  # what was told last holds
            told[uri] = names
    tracks = {
        row.key: (row.id, row.kind)
        for row in connection.execute(sa.select(_TRACKS).where(_TRACKS.c.user_id == user_id))
    }
    artists = {
        (row.kind, row.key): row.id
        for row in connection.execute(sa.select(_ARTISTS).where(_ARTISTS.c.user_id == user_id))
    }
    following = max(artists.values(), default=0) + 1
    new: list[dict[str, object]] = []
    rows: list[dict[str, object]] = []
    for uri, names in told.items():
        if uri not in tracks:
            continue
        track_id, kind = tracks[uri]
        for key, name in names.items():
            if (kind, key) not in artists:
                artists[kind, key] = following
                new.append(
                    {"user_id": user_id, "id": following, "kind": kind, "key": key, "name": name}
                )
                following += 1
            rows.append(
                {
                    "user_id": user_id,
                    "id": len(rows) + 1,
                    "track_key": uri,
                    "artist_key": key,
                    "name": name,
                    "track_id": track_id,
                    "artist_id": artists[kind, key],
                }
            )
    if new:
        connection.execute(sa.insert(_ARTISTS), new)
    if rows:
        connection.execute(sa.insert(_CREDITS), rows)
        version = _HISTORIES.c.version + 1
        connection.execute(
            sa.update(_HISTORIES)
            .where(_HISTORIES.c.user_id == user_id)
            .values(version=version, rewritten=version)
        )


def _named(answer: bytes) -> tuple[str | None, dict[str, str]]:
    """Give the URI of the track that an answer is about, and its artists' names by their normalised form."""
    try:
        said: Any = json.loads(zlib.decompress(answer))
        item = said.get("track") or said.get("item") or {}
        uri, artists = item.get("uri"), item.get("artists") or ()
        names = [clean(artist.get("name")) for artist in artists]
    except (ValueError, zlib.error, AttributeError):  # nothing that names anybody
        return None, {}
    found: dict[str, str] = {}
    for name in names:
        if name is not None and len(name) <= _LONGEST_NAME:
            found.setdefault(normalise(name), name)
    return (clean(uri) if isinstance(uri, str) else None), found
