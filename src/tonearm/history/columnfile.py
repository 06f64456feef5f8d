"""Files of named columns with room behind each, so that what is mapped from one can grow in place."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from tonearm.history.evidence import Month
from tonearm.history.growing import Growing, capacity

_MAGIC = b"TNSTORE5"
_ALIGN = 64


class _Entry(msgspec.Struct, array_like=True):
    name: str
    dtype: str
    length: int
    capacity: int
    offset: int


class Header(msgspec.Struct, array_like=True):
    """What a file says of itself."""

    months: dict[int, Month]
    """The segments that its plays came from."""
    rewritten: int
    """See the table of histories."""
    entries: list[_Entry] = []


def save_columns(path: Path, header: Header, columns: Mapping[str, NDArray[Any]]) -> None:
    """Write columns to a file that takes the place of an older one all at once."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    header.entries = []
    offset = 0
    for name, column in columns.items():
        room = capacity(len(column))
        header.entries.append(_Entry(name, column.dtype.str, len(column), room, offset))
        offset += -(-room * column.itemsize // _ALIGN) * _ALIGN
    encoded = msgspec.msgpack.encode(header)
    start = _data_start(len(encoded))
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        with partial.open("wb") as file:
            file.write(_MAGIC + len(encoded).to_bytes(8, "little") + encoded)
            for entry in header.entries:
                file.seek(start + entry.offset)
                file.write(np.ascontiguousarray(columns[entry.name]).data)
            # The room behind columns is a hole: it takes no space on the disk.
            file.truncate(start + offset)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def map_columns(path: Path) -> tuple[Header, dict[str, Growing[Any]]] | None:
    """Map a file; None where there is none, or none of this form. Growing does not touch the file."""
    try:
        with path.open("rb") as file:
            head = file.read(16)
            encoded = file.read(int.from_bytes(head[8:], "little"))
            size = os.fstat(file.fileno()).st_size
        if not head.startswith(_MAGIC):
            return None
        header = msgspec.msgpack.decode(encoded, type=Header)
        whole = np.asarray(np.memmap(path, np.uint8, mode="c", shape=(size,)))
        start = _data_start(len(encoded))
        columns: dict[str, Growing[Any]] = {}
        for entry in header.entries:
            dtype = np.dtype(entry.dtype)
            begin = start + entry.offset
            buffer = whole[begin : begin + entry.capacity * dtype.itemsize].view(dtype)
            if len(buffer) != entry.capacity:
                return None
            columns[entry.name] = Growing(buffer, entry.length)
    except (OSError, ValueError, TypeError, msgspec.DecodeError):
        return None
    return header, columns


def _data_start(header: int) -> int:
    return -(-(16 + header) // _ALIGN) * _ALIGN
