"""Migrations lead to exactly the tables of the code, once, however many processes start."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, inspect, make_url, text

import tonearm.storage
from listening import run_import
from tonearm.domain.errors import UnavailableError
from tonearm.domain.vocabulary import ImportState
from tonearm.importers.imports import imports_of
from tonearm.importers.limits import Limits
from tonearm.jobs.records import JobState
from tonearm.ops.clock import system_clock
from tonearm.storage import (
    assistant_tables,
    collector_tables,
    cover_tables,
    job_tables,
    link_tables,
    oauth_tables,
    poll_tables,
    share_tables,
    spotify_tables,
    tables,
)
from tonearm.storage.database import Database
from tonearm.storage.schema import migrate

STARTERS = 6
NOW = "2026-05-01 12:00:00+00:00"
# As rows of an import were before: of what was queued, ran, was asked to end, and had ended.
STATES = (("queued", False), ("running", False), ("running", True), ("published", False))
PROGRESS = {
    "phase": None, "files": 0, "files_done": 0, "bytes_total": 0, "bytes_done": 0, "rows": 0,
    "percent": 0.0, "rows_per_second": 0.0, "seconds_left": None,
}  # fmt: skip
COUNTS = dict.fromkeys(
    ("rows", "new", "improved", "duplicate", "no_content", "malformed", "suppressed"), 0
)
metadata = tables.metadata
for table in (
    assistant_tables.tool_calls,
    collector_tables.collections,
    cover_tables.covers,
    job_tables.jobs,
    link_tables.links,
    oauth_tables.oauth_clients,
    poll_tables.polled,
    share_tables.shares,
    spotify_tables.spotify_apps,
):
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


def test_imports_that_were_under_way_get_jobs(empty_url: str, tmp_path: Path) -> None:
    database = Database(empty_url)
    bring_to_version_before(database)
    with database.write() as connection:
        connection.execute(
            text(
                "INSERT INTO users (id, name, name_key, role, zone, created_at) "
                "VALUES (1, 'Ada', 'ada', 'owner', 'UTC', :now)"
            ),
            {"now": NOW},
        )
        for number, (state, shall_end) in enumerate(STATES, start=1):
            connection.execute(
                text(
                    "INSERT INTO imports (user_id, id, state, is_preview, name, spool, created_at,"
                    " progress, counts, cancel_requested, worker, heartbeat_at) VALUES"
                    " (1, :id, :state, :no, 'a.json', :spool, :now, :progress, :counts, :end,"
                    " 'worker:here:1', :now)"
                ),
                {
                    "id": number, "state": state, "no": False, "spool": str(number), "now": NOW,
                    "progress": json.dumps(PROGRESS), "counts": json.dumps(COUNTS),
                    "end": shall_end,
                },
            )  # fmt: skip
    migrate(database)
    check_migrated_once(empty_url)

    imports, jobs, desk = imports_of(database, tmp_path / "spool", Limits(), system_clock)
    assert [record.state for record in reversed(imports.list(1))] == [
        ImportState.QUEUED, ImportState.QUEUED, ImportState.CANCELLED, ImportState.PUBLISHED,
    ]  # fmt: skip
    queued = [imports.get(1, number).job_id for number in (1, 2)]
    assert [job.id for job in reversed(jobs.list_jobs())] == queued
    assert {job.state for job in jobs.list_jobs()} == {JobState.QUEUED}
    # They are taken one after another, as any others.
    claim = desk.claim("worker", ["importers.run"])
    assert claim is not None
    assert desk.claim("worker", ["importers.run"]) is None
    assert imports.run(claim) is ImportState.FAILED  # its files were never there
    assert run_import(imports, 1, 2) is ImportState.FAILED
    database.close()


def bring_to_version_before(database: Database) -> None:
    config = Config()
    folder = Path(tonearm.storage.__file__).parent / "migrations"
    config.set_main_option("script_location", str(folder))
    (revision,) = [
        script
        for script in ScriptDirectory.from_config(config).walk_revisions()
        if script.path.endswith("_import_jobs.py")
    ]
    assert isinstance(revision.down_revision, str)
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision.down_revision)
