"""The database: one engine, and transactions that open at the edge."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    PoolProxiedConnection,
    QueuePool,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.exc import DBAPIError, OperationalError

from tonearm.domain.errors import UnavailableError

BUSY_TIMEOUT_MS = 15_000


class Database:
    """Transactions on SQLite or PostgreSQL; nothing inside one commits."""

    def __init__(self, url: str, *, busy_timeout_ms: int = BUSY_TIMEOUT_MS) -> None:
        """Prepare an engine for an SQLAlchemy URL; the first transaction connects.

        SQLite waits `busy_timeout_ms` for another writer before it says that it is locked.
        """
        parsed = make_url(url)
        self._stamp_lock = Lock()
        self._stamping: PoolProxiedConnection | None = None
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if not self.is_sqlite and parsed.get_backend_name() != "postgresql":
            raise UnavailableError(
                "TONEARM_DATABASE_URL must begin with postgresql://, or be empty for SQLite."
            )
        if self.is_sqlite:
            if parsed.database:
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.engine = create_engine(
                parsed, connect_args={"timeout": busy_timeout_ms / 1000}, hide_parameters=True
            )
            _prepare_sqlite(self.engine, busy_timeout_ms)
        else:
            try:
                self.engine = create_engine(
                    parsed, pool_size=10, pool_pre_ping=True, hide_parameters=True
                )
            except ModuleNotFoundError as error:
                raise UnavailableError(
                    "PostgreSQL needs its driver: pip install 'tonearm[postgres]'."
                ) from error

    @property
    def connections_in_use(self) -> int:
        """Connections that are at work just now."""
        pool = self.engine.pool
        return pool.checkedout() if isinstance(pool, QueuePool) else 0

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that sees one state of the database from its first to its last query."""
        options: dict[str, Any] = (
            {}
            if self.is_sqlite
            else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        )
        with self._translated(), self.engine.connect() as connection:
            connection.execution_options(**options)
            with connection.begin():
                yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that commits when the block ends and rolls back when it raises."""
        with self._translated(), self.engine.connect() as connection:
            connection.execution_options(tonearm_write=True)
            with connection.begin():
                yield connection

    def stamp(self) -> int | None:
        """Give a number that changes with every commit, in microseconds; None on PostgreSQL, which has none."""
        if not self.is_sqlite:
            return None
        with self._stamp_lock:
            if self._stamping is None:
                self._stamping = self.engine.raw_connection()
                self._stamping.detach()
            cursor = self._stamping.cursor()
            cursor.execute("PRAGMA data_version")
            (stamp,) = cursor.fetchone() or (0,)
        return int(stamp)

    def settle(self) -> bool:
        """Let what was committed survive a power cut, which SQLite leaves for later; tells whether it does now."""
        if not self.is_sqlite:
            return True
        with self._translated(), closing(self.engine.raw_connection()) as connection:
            cursor = connection.cursor()
            cursor.execute("PRAGMA wal_checkpoint(FULL)")
            is_busy, _, _ = cursor.fetchone() or (1, 0, 0)
        return not is_busy

    def close(self) -> None:
        """Give every connection back."""
        with self._stamp_lock:
            if self._stamping is not None:
                self._stamping.close()
                self._stamping = None
        self.engine.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        # What the driver says may hold paths, values or addresses: people get a plain sentence.
        try:
            yield
        except OperationalError as error:
            raise UnavailableError(_reason(error)) from error


def _reason(error: DBAPIError) -> str:
    text = str(error.orig).lower()
    if "locked" in text or "busy" in text:
        return "The database is locked by another program. Close it and try again."
    if "full" in text or "no space" in text:
        return "The disk is full. Free some space and try again; nothing was changed."
    if "readonly" in text or "unable to open" in text:
        return (
            "The database file cannot be opened for writing. Check the data folder's permissions."
        )
    return "The database is not available right now. Try again in a moment."


def _prepare_sqlite(engine: Engine, busy_timeout_ms: int) -> None:
    @event.listens_for(engine, "connect")
    def configure(dbapi_connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own
        # Transactions are begun by the listener below: the driver's own habit would start them
        # deferred, and a deferred transaction that turns to writing can fail half-way as busy.
        dbapi_connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            f"busy_timeout={busy_timeout_ms}",
            "journal_size_limit=67108864",
        ):
            dbapi_connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("tonearm_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
