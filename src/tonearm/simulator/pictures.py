"""Pictures that follow from their names: rings in three colours, as PNG."""

from __future__ import annotations

import math
import re
import struct
import zlib
from functools import lru_cache
from typing import Final

from tonearm.simulator.identifiers import digest

SIZES: Final = (640, 300, 64)
_NAME: Final = re.compile(r"(.+)-(\d{2,3})")
_USUAL: Final = 64
_RINGS: Final = 3


def name_of(entity_id: str, size: int) -> str:
    """The name of a picture of so many pixels on each side."""
    return f"{entity_id}-{size}"


@lru_cache(maxsize=64)
def picture(name: str) -> bytes:
    """The picture of a name, which says its size unless it is the usual one."""
    found = _NAME.fullmatch(name)
    drawn, size = digest(name), _USUAL
    if found is not None and int(found[2]) in SIZES:
        drawn, size = digest(found[1]), int(found[2])
    return _png(size, [_colour(drawn >> 24 * place) for place in range(_RINGS + 1)], drawn)


def _colour(drawn: int) -> bytes:
    """A colour that is neither very light nor very dark."""
    return bytes(48 + (drawn >> 8 * place) % 160 for place in range(3))


def _png(size: int, colours: list[bytes], drawn: int) -> bytes:
    """A square with rings around a point that is drawn by chance."""
    across, down = (size * (25 + (drawn >> shift) % 50) // 100 for shift in (96, 104))
    rows = bytearray()
    for y in range(size):
        row = bytearray(colours[0] * size)
        for ring in range(_RINGS):
            radius = size * (_RINGS - ring) // (2 * _RINGS)
            if abs(y - down) < radius:
                half = math.isqrt(radius**2 - (y - down) ** 2)
                first, last = max(across - half, 0), min(across + half, size)
                row[3 * first : 3 * last] = colours[ring + 1] * (last - first)
        rows += b"\0" + row
    head = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
