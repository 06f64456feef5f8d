"""Bring a database to the newest schema, once, however many processes start at the same time."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from tonearm.domain.errors import UnavailableError
from tonearm.storage.database import Database

_MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 8_420_001  # any number that nothing else on the server locks by


def migrate(database: Database) -> None:
    """Run the migrations that are missing; raises UnavailableError where the database is newer than this version."""
    head = max(path.name[:4] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))
    with database.read() as connection:
        current = _current(connection)
    if current == head:
        return
    if current is not None and current > head:
        raise UnavailableError(
            "The database was made by a newer Tonearm. Start that version, or restore a backup."
        )
    with database.write() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        if _current(connection) != head:
            _upgrade(connection)


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _upgrade(connection: Connection) -> None:
    # Alembic takes 0.2 s to import and is needed only when there is something to do.
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
