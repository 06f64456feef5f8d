"""Files that want to break the importer: refused with a sentence, or read as far as they can be."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from hostile.corpus import GOOD, NAME, OTHER, SECOND, Hostile, array, bundle, good, hostile_files
from listening import add_user, bring_in, imports_for, run_import, stored_plays
from moving_clock import MovingClock
from tonearm.domain.errors import UnavailableError
from tonearm.domain.vocabulary import ImportState
from tonearm.importers.imports import Imports, imports_of
from tonearm.importers.limits import Limits
from tonearm.importers.records import ImportRecord
from tonearm.storage.database import Database

MOST_SECONDS = 8.0
MOST_MEMORY_KB = 450_000
# Ten thousand blanks in few bytes, which a ZIP bomb is made of.
BLANKS = b"[" + b" " * 3_000_000 + b"]"
PRIVATE = ("203.0.113", "PrivateAgent", "Traceback", "Error", "Exception", "None")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> list[Hostile]:
    return hostile_files(tmp_path_factory.mktemp("hostile"))


@pytest.fixture
def imports(sqlite_database: Database, tmp_path: Path, clock: MovingClock) -> Imports:
    add_user(sqlite_database, clock)
    return imports_for(sqlite_database, tmp_path, clock)


def limited(database: Database, folder: Path, clock: MovingClock, **limits: int) -> Imports:
    add_user(database, clock)
    return imports_for(database, folder, clock, **limits)


def faults(  # noqa: C901 - a list of demands
    file: Hostile, record: ImportRecord, plays: int, seconds: float
) -> Iterator[str]:
    """Tell in which ways an import did not end as the corpus says it must."""
    counts = asdict(record.counts)
    if counts["rows"] != sum(count for name, count in counts.items() if name != "rows"):
        yield f"the counts do not add up: {counts}"
    of_members = [asdict(member.counts) for member in record.members]
    if of_members and counts != {name: sum(c[name] for c in of_members) for name in counts}:
        yield f"the members' counts are not the import's: {of_members}"
    if seconds > MOST_SECONDS:
        yield f"took {seconds:.1f} s"
    said = [record.problem or "", *(member.note or "" for member in record.members)]
    yield from (f"says {word}" for word in PRIVATE if any(word in line for line in said))
    if file.expected == "refused":
        problem = record.problem or ""
        if record.state is not ImportState.FAILED or len(problem) < 20 or problem[-1] != ".":
            yield f"is {record.state} and says {problem!r}"
        if plays or counts["rows"]:
            yield f"was refused and left {plays} plays of {counts['rows']} rows"
        if record.problem_code in (None, "error"):
            yield f"was refused with the code {record.problem_code}"
        return
    if record.state is not ImportState.PUBLISHED:
        yield f"is {record.state}: {record.problem}"
    if file.malformed is None:
        if not file.plays <= plays <= file.plays + 6:
            yield f"gave {plays} plays, not {file.plays} and what is readable of the bad member"
    elif (plays, counts["malformed"]) != (file.plays, file.malformed):
        yield f"gave {plays} plays and {counts['malformed']} malformed, not {file.plays} and {file.malformed}"


def test_every_hostile_file_ends_as_it_must(
    corpus: list[Hostile], sqlite_database: Database, tmp_path: Path, clock: MovingClock
) -> None:
    imports = imports_for(sqlite_database, tmp_path, clock)
    found: dict[str, list[str]] = {}
    for user, file in enumerate(corpus, start=1):
        add_user(sqlite_database, clock, user)
        spool = imports.create_spool()
        (spool / "0").symlink_to(file.path)
        record = imports.submit(user, spool, [file.path.name])
        begun = time.monotonic()
        run_import(imports, user, record.id)
        seconds = time.monotonic() - begun
        record = imports.get(user, record.id)
        plays = len(stored_plays(sqlite_database, user))
        if wrong := list(faults(file, record, plays, seconds)):
            found[file.name] = wrong
        if record.state is ImportState.PUBLISHED:
            rows = list(imports.ledger(user, record.id))
            if len(rows) != record.counts.rows:
                found.setdefault(file.name, []).append(f"{len(rows)} rows in the ledger")
    assert found == {}
    clock.advance(hours=25)
    assert len(corpus) > 110
    # Folders are as old as the machine's clock says, which stands far from the test's.
    for folder in (tmp_path / "spool").iterdir():
        os.utime(folder, (0, 0))
    imports.sweep()
    assert list((tmp_path / "spool").iterdir()) == []


def test_memory_stays_bounded(corpus: list[Hostile], tmp_path: Path) -> None:
    """The hungriest files, one after another, in a process of their own."""
    names = (
        "bomb", "many-members", "deep-arrays", "deep-objects", "deep-in-row", "text-5-mb", "unknown-5-mb",
    )  # fmt: skip
    paths = [str(file.path) for file in corpus if file.name in names]
    assert len(paths) == len(names)
    status = Path("/proc/self/status")
    if not status.exists():
        pytest.skip("only Linux tells the most memory a process ever held")
    script = (
        "import sys, tonearm.cli.app as app\n"
        "def main(path):\n"
        "    sys.argv = ['tonearm', 'import', path]\n"
        "    try: app.main()\n"
        "    except SystemExit: pass\n"
        "for path in sys.argv[1:]: main(path)\n"
        "print(open('/proc/self/status').read())\n"
    )
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", script, *paths],
        env={**os.environ, "TONEARM_DATA_DIR": str(tmp_path / "data"), "OPENBLAS_NUM_THREADS": "1"},
        cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    most = next(line for line in done.stdout.splitlines() if line.startswith("VmHWM"))
    assert int(most.split()[1]) < MOST_MEMORY_KB


LIMITED = [
    ({"rows": 6}, [GOOD, OTHER], "TONEARM_IMPORT_ROWS"),
    ({"inflated_bytes": 2_000}, [GOOD, OTHER], "TONEARM_IMPORT_INFLATED_MB"),
    ({"inflated_bytes": 2_000}, [bundle((NAME, GOOD), (SECOND, OTHER))], "TONEARM_IMPORT_INFLATED_MB"),
    (
        {"inflated_bytes": 2_000_000},
        [bundle(("inner.zip", bundle((NAME, BLANKS))), (SECOND, OTHER))],
        "TONEARM_IMPORT_INFLATED_MB",
    ),
    ({"members": 1}, [bundle((NAME, GOOD), (SECOND, OTHER))], "TONEARM_IMPORT_MEMBERS"),
    ({"members": 2}, [GOOD, OTHER, array(*good(1, first=9))], "TONEARM_IMPORT_MEMBERS"),
    ({"ratio": 20, "ratio_from_bytes": 100_000}, [bundle((NAME, BLANKS))], "20 times its size"),
    (
        {"ratio": 20, "ratio_from_bytes": 100_000},
        [bundle(("inner.zip", bundle((NAME, BLANKS))))],
        "20 times its size",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("limits", "files", "words"), LIMITED)
def test_a_cap_refuses_the_whole_import_and_names_itself(
    limits: dict[str, int], files: list[bytes], words: str,
    sqlite_database: Database, tmp_path: Path, clock: MovingClock,
) -> None:  # fmt: skip
    record = bring_in(limited(sqlite_database, tmp_path, clock, **limits), files)
    assert (record.state, record.problem_code) == (ImportState.FAILED, "too_large")
    assert words in (record.problem or "")
    assert stored_plays(sqlite_database) == []
    assert [path.name for path in (tmp_path / "spool").rglob("nested-*")] == []


def test_exactly_at_the_caps_is_not_too_much(
    sqlite_database: Database, tmp_path: Path, clock: MovingClock
) -> None:
    size = len(GOOD) + len(OTHER)
    imports = limited(
        sqlite_database, tmp_path, clock, rows=9, inflated_bytes=size, members=2
    )  # fmt: skip
    record = bring_in(imports, [bundle((NAME, GOOD), (SECOND, OTHER))])
    assert (record.state, record.problem) == (ImportState.PUBLISHED, None)
    assert record.counts.new == 9


def test_a_member_that_two_members_overlap_on_is_counted_each_time(
    sqlite_database: Database, tmp_path: Path, clock: MovingClock
) -> None:
    """Many names for the same bytes: each inflates on the import's account."""
    one = bundle(*((f"{index}.json", BLANKS) for index in range(2)))
    record = bring_in(
        limited(sqlite_database, tmp_path, clock, inflated_bytes=4_000_000), [one]
    )  # fmt: skip
    assert record.problem_code == "too_large"


def test_a_locked_database_says_so_and_the_import_can_be_started_again(
    sqlite_url: str, tmp_path: Path, clock: MovingClock
) -> None:
    database = Database(sqlite_url, busy_timeout_ms=200)
    add_user(database, clock)
    imports, _jobs, desk = imports_of(database, tmp_path / "spool", Limits(), clock)
    spool = imports.create_spool()
    (spool / "0").write_bytes(GOOD)
    record = imports.submit(1, spool, ["x.json"])
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(UnavailableError, match="locked by another program"):
        imports.take(1, record.id, "worker:elsewhere:1")
    other.execute("ROLLBACK")
    claim = imports.take(1, record.id, "worker:elsewhere:1")
    assert claim is not None
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(UnavailableError, match="locked by another program"):
        imports.run(claim)
    other.execute("ROLLBACK")
    other.close()
    # Nobody could write down that it failed; whoever finds it dead does, and queues it again.
    assert stored_plays(database) == []
    clock.advance(minutes=2)
    assert desk.recover() == 1
    assert imports.get(1, record.id).state is ImportState.QUEUED
    assert run_import(imports, 1, record.id) is ImportState.PUBLISHED
    assert len(stored_plays(database)) == 5
    database.close()


FULL = """
import json, resource, signal, sys
from pathlib import Path
from moving_clock import MovingClock
from listening import imports_for
from tonearm.storage.database import Database

url, folder, most = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
database = Database(url)
imports = imports_for(database, folder, MovingClock())
spool = imports.create_spool()
(spool / "0").symlink_to(folder / "big.json")
record = imports.submit(1, spool, ["big.json"])
claim = imports.take(1, record.id, "test")
with database.engine.connect() as connection:  # so that the journal has room for the last words
    connection.exec_driver_sql("COMMIT")
    connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
state = imports.run(claim)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
record = imports.get(1, record.id)
print(json.dumps([state, record.problem, record.problem_code]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no limit on a file's size")
@pytest.mark.parametrize("most", [60_000, 250_000])
def test_a_disk_that_takes_no_more_fails_the_import_and_keeps_the_history(
    most: int, sqlite_url: str, tmp_path: Path, clock: MovingClock
) -> None:
    """No file of the process may grow beyond a size: first staging meets it, then the database."""
    database = Database(sqlite_url)
    add_user(database, clock)
    imports = imports_for(database, tmp_path, clock)
    assert bring_in(imports, [GOOD]).counts.new == 5
    before = stored_plays(database)
    (tmp_path / "big.json").write_bytes(array(*good(6_000, first=100)))
    database.close()
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", FULL, sqlite_url, str(tmp_path), str(most)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    state, problem, code = json.loads(done.stdout)
    assert (state, code) == ("failed", "unavailable")
    assert problem.endswith(".")
    assert "Traceback" not in done.stderr
    database = Database(sqlite_url)
    imports = imports_for(database, tmp_path, clock)
    assert stored_plays(database) == before
    # With room again the same import goes through.
    imports.publish(1, 2)
    assert run_import(imports, 1, 2) is ImportState.PUBLISHED
    assert len(stored_plays(database)) == 6_005
    database.close()


def test_a_spool_that_is_gone_fails_the_import_with_a_sentence(imports: Imports) -> None:
    spool = imports.create_spool()
    record = imports.submit(1, spool, ["gone.json"])
    assert run_import(imports, 1, record.id) is ImportState.FAILED
    found = imports.get(1, record.id)
    assert found.problem_code == "unavailable"
    assert (found.problem or "").endswith(".")
