"""Packed columns: several arrays of one length as one compact, self-describing blob.

Integers are stored less their minimum (sorted ones as differences), in the smallest width that holds them, with the
bytes of equal weight side by side, and deflated: sorted clocks and dictionary codes shrink to a few bits a row.
"""

from collections.abc import Collection, Mapping

import msgspec
import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

_TYPE_ERROR = "columns must be one-dimensional integer arrays of one length"
_MAGIC = b"TNC1"


class _Column(msgspec.Struct, array_like=True):
    name: str
    dtype: str
    width: int
    base: int
    is_delta: bool
    size: int


class _Header(msgspec.Struct, array_like=True):
    rows: int
    columns: list[_Column]


def pack(columns: Mapping[str, NDArray[np.integer]]) -> bytes:
    """Pack integer columns of one length into a blob."""
    lengths = {len(column) for column in columns.values()}
    if len(lengths) > 1:
        raise ValueError(_TYPE_ERROR)
    described: list[_Column] = []
    payloads: list[bytes] = []
    for name, column in columns.items():
        entry, payload = _pack_column(name, column)
        described.append(entry)
        payloads.append(payload)
    header = msgspec.msgpack.encode(_Header(lengths.pop() if lengths else 0, described))
    return b"".join([_MAGIC, len(header).to_bytes(4, "little"), header, *payloads])


def unpack(blob: bytes, names: Collection[str] | None = None) -> dict[str, NDArray[np.integer]]:
    """Give back the columns of a blob, or those of some names, each in the type it was packed in."""
    if blob[:4] != _MAGIC:
        raise ValueError("not packed columns")
    start = 8 + int.from_bytes(blob[4:8], "little")
    header = msgspec.msgpack.decode(blob[8:start], type=_Header)
    columns: dict[str, NDArray[np.integer]] = {}
    for column in header.columns:
        payload = memoryview(blob)[start : start + column.size]
        start += column.size
        if names is None or column.name in names:
            columns[column.name] = _unpack_column(column, payload, header.rows)
    return columns


def _pack_column(name: str, column: NDArray[np.integer]) -> tuple[_Column, bytes]:
    if column.ndim != 1 or not np.issubdtype(column.dtype, np.integer):
        raise ValueError(_TYPE_ERROR)
    if not len(column):
        return _Column(name, column.dtype.str, 1, 0, is_delta=False, size=0), b""
    values = column.astype(np.int64)
    is_delta = len(values) > 1 and bool((values[1:] >= values[:-1]).all())
    base = int(values[0] if is_delta else values.min())
    values = np.diff(values, prepend=base) if is_delta else values - base
    width = _width(int(values.max()))
    planes = values.astype(f"<u{width}").view(np.uint8).reshape(-1, width).T
    payload = isal_zlib.compress(planes.tobytes(), 1)
    return _Column(name, column.dtype.str, width, base, is_delta, len(payload)), payload


def _unpack_column(column: _Column, payload: memoryview, rows: int) -> NDArray[np.integer]:
    if not rows:
        return np.empty(0, np.dtype(column.dtype))
    planes = np.frombuffer(isal_zlib.decompress(payload), np.uint8).reshape(column.width, rows)
    values = np.ascontiguousarray(planes.T).view(f"<u{column.width}").reshape(rows)
    if column.is_delta:
        return (np.cumsum(values, dtype=np.int64) + column.base).astype(column.dtype)
    return (values.astype(np.int64) + column.base).astype(column.dtype)


def _width(largest: int) -> int:
    return next(width for width in (1, 2, 4, 8) if largest < 1 << (8 * width))
