"""Every table. Each one of user data leads with `user_id`, so that it can be distributed by it.

History itself lies in `segments`: packed columns of one lane (sightings or plays) and one calendar month, immutable
once written. `manifest` names the revision of each month that is in force. A reader that takes the manifest and the
segments in one transaction sees one version of the history; a writer lays new revisions beside the old ones and
then moves the manifest in one short transaction (docs/adr/0002).
"""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    true,
)


class Instant(TypeDecorator[datetime]):
    """An aware instant in UTC; naive ones are refused on their way in."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive instant and turn an aware one to UTC."""
        del dialect
        if value is not None and value.tzinfo is None:
            raise ValueError("a naive instant")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give an aware instant also where the database keeps none."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def of_user() -> Column[int]:
    """Make the column of whose a row is, the first of its key; it goes when they do."""
    return Column(
        "user_id",
        Integer,
        ForeignKey("users.id", ondelete="CASCADE"),
        primary_key=True,
        nullable=False,
    )


instance = Table(
    "instance",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(64), nullable=False),
    Column("name_key", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("password_hash", Text),
    Column("zone", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("rule", String(8), nullable=False, server_default="30s"),
    Column("counts_private", Boolean, nullable=False, server_default=true()),
    Column("travels", Boolean, nullable=False, server_default=false()),
    Column("theme", String(8), nullable=False, server_default="system"),
    Column("language", String(16), nullable=False, server_default="en"),
    # ISO: Monday is 1, Sunday 7.
    Column("week_start", SmallInteger, nullable=False, server_default="1"),
    # Names of events that give no notification, with blanks between.
    Column("muted", Text),
    Column("email", String(254)),
    Column("email_key", String(254)),
    Column("disabled_at", Instant),
    # The number of the last event about this person, which its notification has too.
    Column("last_event", Integer, nullable=False, server_default="0"),
    Index("ix_users_email_key", "email_key", unique=True),
)

sessions = Table(
    "sessions",
    metadata,
    of_user(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("method", String(16), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("address", String(64)),
    Column("agent", String(256)),
)

# What API clients renew their access by: the first secret of a family of refresh tokens names it, the second changes
# with every use, and an old one that is shown again ends the family.
token_families = Table(
    "token_families",
    metadata,
    of_user(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("family_hash", String(64), nullable=False, unique=True),
    Column("token_hash", String(64), nullable=False),
    Column("method", String(16), nullable=False),
    # What the tokens are for, with blanks between.
    Column("scopes", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("address", String(64)),
    Column("agent", String(256)),
)

# An invitation belongs to whoever made it, but all who may make some see it, so that it has a number of its own.
invitations = Table(
    "invitations",
    metadata,
    of_user(),
    Column("id", Integer, primary_key=True, autoincrement=False, unique=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("note", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("used_by", Integer),
)

password_resets = Table(
    "password_resets",
    metadata,
    of_user(),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
)

# Who somebody is for an OIDC provider.
identities = Table(
    "identities",
    metadata,
    of_user(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("issuer", String(255), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("issuer", "subject"),
)

# Log-ins on their way to an OIDC provider and back; nobody is known yet, unless somebody links an identity.
oidc_attempts = Table(
    "oidc_attempts",
    metadata,
    Column("state_hash", String(64), primary_key=True),
    Column("browser_hash", String(64), nullable=False),
    Column("nonce", String(64), nullable=False),
    Column("verifier", String(128), nullable=False),
    Column("wanted", Text, nullable=False),
    Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE")),
    Column("created_at", Instant, nullable=False),
)

# What happened, each entry sealed by a hash over itself and the one before.
# People may be erased, so nothing here refers to them.
audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("action", String(48), nullable=False),
    Column("actor_id", Integer),
    Column("actor", String(64), nullable=False),
    Column("subject_id", Integer),
    Column("details", Text, nullable=False),
    Column("address", String(64)),
    Column("request_id", String(64)),
    Column("hash", String(64), nullable=False),
    Index("ix_audit_subject_id", "subject_id", "id"),
)

# Events wait here, written with the change they tell of, until whoever reacts to them has done so.
events = Table(
    "events",
    metadata,
    of_user(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", String(48), nullable=False),
    Column("details", Text, nullable=False),
    Column("happened_at", Instant, nullable=False),
)

notifications = Table(
    "notifications",
    metadata,
    of_user(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("event", String(48), nullable=False),
    Column("details", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("read_at", Instant),
)

# What a listener likes, by the keys of tracks: a number may be another track's once an import was undone.
liked = Table(
    "liked",
    metadata,
    of_user(),
    Column("key", String(512), primary_key=True),
    Column("id", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("title", Text),
    Column("artist", Text),
    Column("liked_at", Instant, nullable=False),
    UniqueConstraint("user_id", "id"),
)

# Answers to creating requests that name a key, so that a repeat does nothing twice.
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    of_user(),
    Column("key_hash", String(64), primary_key=True),
    Column("request_hash", String(64), nullable=False),
    Column("status", SmallInteger),
    Column("headers", Text, nullable=False),
    # None for an answer that held a secret.
    Column("body", LargeBinary),
    Column("created_at", Instant, nullable=False),
)

# How often each caller came in a window of time, where several processes share one database.
rate_windows = Table(
    "rate_windows",
    metadata,
    Column("caller", String(64), primary_key=True),
    Column("window", BigInteger, primary_key=True),
    Column("count", Integer, nullable=False),
)

keys = Table(
    "keys",
    metadata,
    of_user(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("key_hash", String(64), nullable=False, unique=True),
    Column("name", String(64), nullable=False),
    Column("prefix", String(16), nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("used_at", Instant),
    Column("used_from", String(64)),
    # When its holder was told that it ends soon.
    Column("warned_at", Instant),
)

histories = Table(
    "histories",
    metadata,
    of_user(),
    Column("version", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("next_sighting", Integer, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("corrected", Integer, nullable=False, server_default="0"),
    # The version that last changed or removed rows of tracks or contexts, rather than add some.
    Column("rewritten", Integer, nullable=False, server_default="0"),
)

segments = Table(
    "segments",
    metadata,
    of_user(),
    Column("lane", SmallInteger, primary_key=True),
    Column("month", SmallInteger, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

manifest = Table(
    "manifest",
    metadata,
    of_user(),
    Column("lane", SmallInteger, primary_key=True),
    Column("month", SmallInteger, primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
)

descriptions = Table(
    "descriptions",
    metadata,
    of_user(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("uri", Text),
    Column("title", Text),
    Column("artist", Text),
    Column("album", Text),
    Column("track_id", Integer, nullable=False),
)

contexts = Table(
    "contexts",
    metadata,
    of_user(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("platform", Text),
    Column("country", Text),
    Column("reason_start", Text),
    Column("reason_end", Text),
    Column("shuffle", Boolean),
    Column("skipped", Boolean),
    Column("offline", Boolean),
    Column("private", Boolean),
)

artists = Table(
    "artists",
    metadata,
    of_user(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False),
)

albums = Table(
    "albums",
    metadata,
    of_user(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("artist_id", Integer, nullable=False),
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False),
)

tracks = Table(
    "tracks",
    metadata,
    of_user(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("title", Text),
    Column("artist_id", Integer, nullable=False),
    Column("album_id", Integer, nullable=False),
)

corrections = Table(
    "corrections",
    metadata,
    of_user(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("undone_at", Instant),
    Column("detail", JSON, nullable=False),
)

marks = Table(
    "marks",
    metadata,
    Column("user_id", Integer, primary_key=True, nullable=False),
    Column("correction_id", Integer, primary_key=True, nullable=False),
    Column("evidence", LargeBinary, nullable=False),
    Column("plays", LargeBinary, nullable=False),
    ForeignKeyConstraint(
        ["user_id", "correction_id"], ["corrections.user_id", "corrections.id"], ondelete="CASCADE"
    ),
)

imports = Table(
    "imports",
    metadata,
    of_user(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Column("is_preview", Boolean, nullable=False),
    Column("name", Text, nullable=False),
    Column("spool", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("phase", String(16)),
    Column("progress", JSON, nullable=False),
    Column("counts", JSON, nullable=False),
    Column("problem", Text),
    Column("problem_code", String(64)),
    # The job that does it or did it last; jobs are forgotten before their imports.
    Column("job_id", BigInteger().with_variant(Integer, "sqlite")),
    CheckConstraint("id > 0", name="id_positive"),
    Index("ix_imports_state", "state"),
)

import_members = Table(
    "import_members",
    metadata,
    Column("user_id", Integer, primary_key=True, nullable=False),
    Column("import_id", Integer, primary_key=True, nullable=False),
    Column("position", Integer, primary_key=True, nullable=False),
    Column("name", Text, nullable=False),
    Column("family", SmallInteger),
    Column("digest", String(64), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("first_at", BigInteger),
    Column("last_at", BigInteger),
    Column("note", Text),
    Column("ledger", LargeBinary),
    ForeignKeyConstraint(
        ["user_id", "import_id"], ["imports.user_id", "imports.id"], ondelete="CASCADE"
    ),
    Index("ix_import_members_digest", "user_id", "digest"),
)
