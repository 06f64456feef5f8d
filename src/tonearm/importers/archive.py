"""Uploads as lists of members: archives, archives in archives, and bare files.

Nothing is extracted by the names an archive gives; sizes in its headers are never trusted but counted.
"""

import hashlib
import os
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from isal import isal_zlib

from tonearm.domain.errors import TooLargeError, UnreadableFileError
from tonearm.importers.limits import MEGABYTE, Limits

_BLOCK = 1 << 18
_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_END_RECORD = struct.Struct("<4s4H2IH")
_LONGEST_END = 65_557
_DIRECTORY_BYTES_PER_MEMBER = 1_024
_LONGEST_NAME = 200
_IS_ENCRYPTED = 0x1
_MAGIC = b"PK\x03\x04"
_EMPTY_MAGIC = b"PK\x05\x06"


@dataclass(slots=True)
class Budget:
    """Counts what the members of one import inflate to."""

    limits: Limits
    inflated: int = 0

    def spend(self, count: int) -> None:
        """Count bytes; raise TooLargeError when the cap of the import is reached."""
        self.inflated += count
        if self.inflated > self.limits.inflated_bytes:
            raise TooLargeError(
                f"The files inflate to more than {self.limits.inflated_bytes // MEGABYTE:,} MB "
                "(TONEARM_IMPORT_INFLATED_MB). An export is never that large; is this the right file?"
            )


@dataclass(slots=True)
class Member:
    """One file to read: `open` gives a fresh reader each time."""

    name: str
    size: int
    digest: str
    """SHA-256 of its bytes as they lie in the upload."""
    open: Callable[[], "MemberReader"]


class MemberReader:
    """Reads a member's content once; damage ends it early and is kept as `problem`."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._pending = b""
        self.problem: str | None = None
        self.position = 0

    def read(self, count: int) -> bytes:
        """Give at most `count` bytes; nothing at the end, or where damage begins."""
        try:
            while not self._pending:
                self._pending = next(self._blocks)
        except StopIteration:
            return b""
        except (isal_zlib.error, _DamagedError, OSError):  # type: ignore[misc] # an untyped error class
            self.problem = "The file is damaged: what came before the damage was read."
            return b""
        taken, self._pending = self._pending[:count], self._pending[count:]
        self.position += len(taken)
        return taken

    def unread(self, data: bytes) -> None:
        """Put bytes back, to be read again."""
        self._pending = data + self._pending
        self.position -= len(data)


class _DamagedError(Exception):
    pass


@dataclass(slots=True)
class Upload:
    """The files of one import in their spool folder."""

    folder: Path
    names: list[str]
    budget: Budget
    _temporary: list[Path] = field(default_factory=list)

    def members(self) -> list[Member]:
        """List what there is to read, in order; raises UnreadableFileError or TooLargeError."""
        limits = self.budget.limits
        size = sum((self.folder / str(index)).stat().st_size for index in range(len(self.names)))
        if size > limits.archive_bytes:
            raise TooLargeError(
                f"The files have {size // MEGABYTE:,} MB; an import takes at most "
                f"{limits.archive_bytes // MEGABYTE:,} MB (TONEARM_IMPORT_ZIP_MB)."
            )
        found: list[Member] = []
        for index, name in enumerate(self.names):
            found += self._members_of(self.folder / str(index), _shown(name), depth=0)
            if len(found) > limits.members:
                raise TooLargeError(_too_many(limits))
        return found

    def close(self) -> None:
        """Delete what was unpacked on the way."""
        for path in self._temporary:
            path.unlink(missing_ok=True)

    def _members_of(self, path: Path, name: str, depth: int) -> list[Member]:
        with path.open("rb") as file:
            magic = file.read(4)
        if magic not in (_MAGIC, _EMPTY_MAGIC):
            return [_bare(path, name, self.budget)]
        _check_directory(path, self.budget.limits)
        try:
            with zipfile.ZipFile(path) as archive:
                entries = archive.infolist()
        except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
            raise UnreadableFileError(
                f"{name} is cut off or damaged. Download it again and import it whole."
            ) from error
        found: list[Member] = []
        for entry in entries:
            if entry.is_dir() or entry.filename.startswith("__MACOSX/"):
                continue
            if entry.flag_bits & _IS_ENCRYPTED:
                raise UnreadableFileError(
                    f"{name} is encrypted. Unpack it with its password and import what is inside."
                )
            member = _zipped(path, entry, self.budget)
            if depth == 0 and entry.filename.lower().endswith(".zip"):
                found += self._members_of(self._unpack(member), member.name, depth + 1)
            else:
                found.append(member)
        return found

    def _unpack(self, member: Member) -> Path:
        target = self.folder / f"nested-{len(self._temporary)}"
        self._temporary.append(target)
        reader = member.open()
        with target.open("wb") as file:
            while block := reader.read(_BLOCK):
                file.write(block)
        return target


def _bare(path: Path, name: str, budget: Budget) -> Member:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()

    def blocks() -> Iterator[bytes]:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                budget.spend(len(block))
                yield block

    return Member(name, path.stat().st_size, digest, lambda: MemberReader(blocks()))


def _zipped(path: Path, entry: zipfile.ZipInfo, budget: Budget) -> Member:
    digest = hashlib.sha256(f"{entry.compress_type} {entry.CRC} {entry.file_size} ".encode())
    try:
        with path.open("rb") as file:
            for block in _packed(file, entry):
                digest.update(block)
    except _DamagedError:
        digest.update(os.urandom(16))  # what cannot be read whole is like nothing else
    return Member(
        _shown(entry.filename),
        entry.file_size,
        digest.hexdigest(),
        lambda: MemberReader(_inflated(path, entry, budget)),
    )


def _packed(file: BinaryIO, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Give a member's bytes as they lie in the archive."""
    file.seek(entry.header_offset)
    header = file.read(_LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size or not header.startswith(_MAGIC):
        raise _DamagedError
    *_, name_size, extra_size = _LOCAL_HEADER.unpack(header)
    file.seek(name_size + extra_size, os.SEEK_CUR)
    left = entry.compress_size
    while left:
        block = file.read(min(left, _BLOCK))
        if not block:
            raise _DamagedError
        left -= len(block)
        yield block


def _inflated(path: Path, entry: zipfile.ZipInfo, budget: Budget) -> Iterator[bytes]:
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _DamagedError
    limits = budget.limits
    crc = total = 0
    inflater = isal_zlib.decompressobj(-15) if entry.compress_type else None
    with path.open("rb") as file:
        for packed in _packed(file, entry):
            pending = packed
            while pending:
                block = pending if inflater is None else inflater.decompress(pending, _BLOCK)
                pending = b"" if inflater is None else inflater.unconsumed_tail
                if not block:
                    break
                total += len(block)
                if total > max(limits.ratio_from_bytes, limits.ratio * entry.compress_size):
                    raise TooLargeError(
                        f"{_shown(entry.filename)} inflates to more than {limits.ratio} times its "
                        "size. No export does that; the archive was refused."
                    )
                budget.spend(len(block))
                crc = isal_zlib.crc32(block, crc)
                yield block
    if crc != entry.CRC or (inflater is not None and not inflater.eof):
        raise _DamagedError


def _check_directory(path: Path, limits: Limits) -> None:
    """Refuse a directory of more members than allowed before anything reads all of it."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _LONGEST_END))
        tail = file.read()
    at = tail.rfind(_EMPTY_MAGIC)
    if at < 0 or len(tail) - at < _END_RECORD.size:
        return  # zipfile will say what is wrong
    _, _, _, _, count, directory_size, _, _ = _END_RECORD.unpack_from(tail, at)
    limit = limits.members * _DIRECTORY_BYTES_PER_MEMBER
    if count > limits.members or directory_size > limit:
        raise TooLargeError(_too_many(limits))


def _too_many(limits: Limits) -> str:
    return (
        f"There are more than {limits.members:,} files inside (TONEARM_IMPORT_MEMBERS). "
        "Import only the folder with the listening history."
    )


def _shown(name: str) -> str:
    """Make a name fit to be shown: no control characters, no folders above, not endless."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    text = "".join(letter if letter.isprintable() else "�" for letter in "/".join(parts))
    return text[-_LONGEST_NAME:] or "file"
