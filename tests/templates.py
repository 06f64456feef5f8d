"""What many tests begin with: made once a process, and given to each of them as a copy of its own."""

import io
import tarfile
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from tonearm.storage.database import Database
from tonearm.storage.schema import migrate


@cache
def empty_database() -> bytes:
    """Give the file of an SQLite database that is migrated and has no rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tonearm.db"
        database = Database(f"sqlite:///{path}")
        migrate(database)
        database.close()
        return path.read_bytes()


def put_empty_database(data: Path) -> Path:
    """Let a data folder have a migrated database, unless it has one; migrating takes longer than most tests."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = data / "tonearm.db"
    if not path.exists():
        path.write_bytes(empty_database())
    return path


@cache
def folder_made_by(make: Callable[[Path], None]) -> bytes:
    """Give what a function puts into a folder that is not there yet, for `unpack`."""
    with tempfile.TemporaryDirectory() as place:
        folder, packed = Path(place) / "made", io.BytesIO()
        make(folder)
        with tarfile.open(fileobj=packed, mode="w") as archive:
            archive.add(folder, arcname=".")
        return packed.getvalue()


def unpack(packed: bytes, folder: Path) -> None:
    """Put a copy of such a folder, modes and all, into another one."""
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="fully_trusted")  # noqa: S202 - our own, made above
