"""Files of keys: made for their owner alone, replaced whole, and read anew when another process has changed them."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import structlog
from sqlalchemy import Connection, select

from tonearm.domain.errors import UnavailableError
from tonearm.storage.tables import instance

Stamp = tuple[int, int, int]
_OTHERS = 0o077
_INSTANCE_ROW = "id"
_LOG = structlog.get_logger("tonearm.accounts")


class NoKeysError(UnavailableError):
    """What the file holds is none of its keys."""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A JSON document of keys; several processes may share it."""

    path: Path
    name: str
    """What it is, and how it is found, as the subject of a sentence."""
    harm: str
    """What others who read it could do, and what to do then, after "can be read by others"."""
    must_be_private: bool
    """Whether a file that others may read is refused."""

    def find_stamp(self) -> Stamp | None:
        """Give what changes with the file; None where there is none.

        Raises:
            UnavailableError: the folder cannot be looked into.
        """
        try:
            return _stamp(self.path.stat())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UnavailableError(f"{self.name} cannot be read: {error.strerror}.") from error

    def read(self) -> tuple[Stamp, Any]:
        """Give the document, and its stamp.

        Raises:
            NoKeysError: it is no JSON.
            UnavailableError: it cannot be read, or others can read it and must not.
        """
        try:
            with self.path.open("rb") as file:
                status = os.fstat(file.fileno())
                document = json.load(file)
        except OSError as error:
            raise UnavailableError(f"{self.name} cannot be read: {error.strerror}.") from error
        except ValueError as error:
            raise NoKeysError(f"{self.name} is no JSON.") from error
        self._check_mode(status)
        return _stamp(status), document

    def write(self, document: object) -> None:
        """Put a document in the place of the file: who reads sees one or the other; raises UnavailableError."""
        temporary = self.path.with_name(f".{self.path.name}.{token_hex(8)}")
        try:
            with open(
                temporary,
                "x",
                encoding="utf-8",
                opener=lambda path, flags: os.open(path, flags, 0o600),
            ) as file:
                json.dump(document, file, indent=2)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.path)
            _keep_name(self.path.parent)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise UnavailableError(f"{self.name} cannot be written: {error.strerror}.") from error

    def _check_mode(self, status: os.stat_result) -> None:
        if os.name != "posix" or not status.st_mode & _OTHERS:
            return
        if self.must_be_private:
            raise UnavailableError(f"{self.name} can be read by others, {self.harm}")
        _LOG.warning("keys can be read by others", path=str(self.path), fix="chmod 600")


def lock_keys(connection: Connection, *, shared: bool = False) -> None:
    """Let whoever changes keys of this database wait until this transaction ends.

    On PostgreSQL shared locks do not wait for each other; on SQLite each transaction that writes is alone anyway.
    """
    connection.execute(
        select(instance.c.value).where(instance.c.key == _INSTANCE_ROW).with_for_update(read=shared)
    )


def _keep_name(folder: Path) -> None:
    """Let what was renamed in a folder survive a power cut."""
    if os.name != "posix":  # elsewhere a folder cannot be opened
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _stamp(status: os.stat_result) -> Stamp:
    return status.st_ino, status.st_mtime_ns, status.st_size
