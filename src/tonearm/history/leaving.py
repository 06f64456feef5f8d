"""What of somebody's columns has to go when they do."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, select

from tonearm.storage.database import Database
from tonearm.storage.tables import users

_FILES = "{}.columns*"


class ColumnFiles:
    """The files of the column store, with what a process that was killed left half written beside them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def look(self, connection: Connection, user_id: int) -> Callable[[], None]:
        """Give what removes somebody's files on this machine."""
        del connection
        return lambda: _remove(self._folder, str(user_id))

    def sweep(self, database: Database) -> None:
        """Remove the files of those who are gone: they may have been deleted from another machine."""
        with database.read() as connection:
            known = {str(number) for number in connection.scalars(select(users.c.id))}
        held = {path.name.partition(".")[0] for path in self._folder.glob(_FILES.format("*"))}
        for number in held - known:
            _remove(self._folder, number)


def _remove(folder: Path, number: str) -> None:
    for path in folder.glob(_FILES.format(number)):
        with suppress(
            OSError
        ):  # such as a system that keeps what is open: the next start removes it
            path.unlink(missing_ok=True)
