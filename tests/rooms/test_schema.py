"""Migrations lead to exactly the tables of the code, once, however many processes start."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, inspect, make_url, text

from tonearm.domain.errors import UnavailableError
from tonearm.storage import job_tables, link_tables, spotify_tables, tables
from tonearm.storage.database import Database
from tonearm.storage.schema import migrate

STARTERS = 6
metadata = tables.metadata
for table in (job_tables.jobs, link_tables.links, spotify_tables.spotify_apps):
    assert table.metadata is metadata


@pytest.fixture
def empty_postgresql(postgresql_server: str, new_name: Callable[[], str]) -> Iterator[str]:
    name = new_name()
    engine = create_engine(postgresql_server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0"))
    yield make_url(postgresql_server).set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'fresh' / 'tonearm.db'}"
    url: str = request.getfixturevalue("empty_postgresql")
    return url


def differences(database: Database, expected: MetaData) -> list[object]:
    with database.read() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, expected))


def test_the_migrated_schema_is_that_of_the_tables(database: Database) -> None:
    assert differences(database, metadata) == []
    for table in metadata.tables.values():
        with database.read() as connection:
            found = inspect(connection)
            assert found.get_pk_constraint(table.name)["constrained_columns"] == [
                column.name for column in table.primary_key
            ]
            nullable = {
                column["name"]: column["nullable"] for column in found.get_columns(table.name)
            }
            assert nullable == {column.name: column.nullable for column in table.columns}
            owners = {
                (tuple(key["constrained_columns"]), key["referred_table"], key["options"].get("ondelete"))
                for key in found.get_foreign_keys(table.name)
            }  # fmt: skip
        assert owners == {
            (tuple(key.column_keys), key.referred_table.name, key.ondelete)
            for key in table.foreign_key_constraints
        }


def test_a_difference_is_found(sqlite_database: Database) -> None:
    """The comparison above can fail."""
    other = MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.tables.values():
        table.to_metadata(other)
    Table("extra", other, Column("id", Integer, primary_key=True))
    other.tables["tracks"].append_column(Column("mood", Integer))
    assert len(differences(sqlite_database, other)) == 2


def start(url: str) -> None:
    database = Database(url)
    migrate(database)
    with database.write() as connection:
        connection.execute(text("SELECT count(*) FROM users"))
    database.close()


def check_migrated_once(url: str) -> None:
    database = Database(url)
    with database.read() as connection:
        assert len(connection.execute(text("SELECT * FROM alembic_version")).all()) == 1
    assert differences(database, metadata) == []
    database.close()


def test_threads_that_start_together_migrate_once(empty_url: str) -> None:
    failures: list[BaseException] = []
    barrier = threading.Barrier(STARTERS)

    def begin() -> None:
        barrier.wait()
        try:
            start(empty_url)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test has to see it
            failures.append(error)

    threads = [threading.Thread(target=begin) for _ in range(STARTERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    check_migrated_once(empty_url)


def test_processes_that_start_together_migrate_once(empty_url: str) -> None:
    script = (
        "import sys; from tonearm.storage.database import Database; "
        "from tonearm.storage.schema import migrate; migrate(Database(sys.argv[1]))"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", script, empty_url])  # noqa: S603 - our own code
        for _ in range(4)
    ]
    assert [process.wait(60) for process in processes] == [0, 0, 0, 0]
    check_migrated_once(empty_url)


def test_a_migrated_database_is_left_alone(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("INSERT INTO instance (key, value) VALUES ('a', 'b')"))
    migrate(database)
    with database.read() as connection:
        assert connection.scalar(text("SELECT value FROM instance WHERE key = 'a'")) == "b"


def test_a_database_of_a_newer_version_is_left_alone(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(UnavailableError, match="newer Tonearm"):
        migrate(database)
