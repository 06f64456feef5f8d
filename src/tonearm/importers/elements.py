"""Cut a JSON array of any length into whole elements, in bounded memory and linear time.

The fast way takes a block up to its last `}` and lets the strict decode of that piece prove the cut. Where the decode
objects, a scanner that knows strings and nesting finds the borders, and each element is decoded by itself, so
that one bad row costs one verdict.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from tonearm.domain.vocabulary import Flaw

BLOCK_BYTES = 1 << 18
_DEEPEST = 64
_WHITE = b" \t\r\n"
# A string that is not closed yet matches as a lone quote. Possessive repeats: no backtracking.
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|["{}\[\],]', re.DOTALL)

Read = Callable[[int], bytes]
Row = Any
"""A decoded element, or the Flaw that keeps it from being one."""


class ElementReader:
    """Reads the elements of one JSON array."""

    def __init__(self, read: Read, element: type[msgspec.Struct], largest: int) -> None:
        """Read bytes by `read`, decode elements as `element`, end at one larger than `largest`."""
        self._read = read
        self._many = msgspec.json.Decoder(list[element])  # type: ignore[valid-type]
        self._one = msgspec.json.Decoder(element)
        self._element = element
        self._largest = largest
        self._is_behind_element = False
        self.note: str | None = None
        """What a person should know of the file once it is read."""

    def batches(self) -> Iterator[list[Row]]:
        """Give the elements in order, some at a time; each is decoded, or a Flaw."""
        pending = b""
        is_open = is_first = True
        while is_open:
            block = self._read(BLOCK_BYTES)
            pending += block
            if is_first and pending:
                pending, is_first = _opened(pending), False
            rows, pending, is_open = self._take(pending, is_last=not block)
            if rows:
                yield rows
            if is_open and not block:
                self.note = "The file is cut off: what came before the cut was read."
                return
            if len(pending) > self._largest:
                self.note = (
                    f"A row is larger than {self._largest // 1_000_000} MB: reading ended there."
                )
                yield [Flaw.TEXT_TOO_LONG]
                return
        if pending.strip(_WHITE) or self._read(BLOCK_BYTES).strip(_WHITE):
            self.note = "There is more behind the end of the list; it was not read."

    def _take(self, pending: bytes, *, is_last: bool) -> tuple[list[Row], bytes, bool]:
        """Decode what is whole; give it, the rest, and whether the array goes on."""
        pending = pending.lstrip(_WHITE)
        if self._is_behind_element and pending.startswith(b","):
            pending = pending[1:].lstrip(_WHITE)
            self._is_behind_element = False
        if pending.startswith(b"]"):
            return [], pending[1:], False
        cut = pending.rfind(b"}") + 1
        if not cut:
            return self._take_each(pending, is_last=True) if is_last else ([], pending, True)
        try:
            rows = self._many.decode(b"[%b]" % pending[:cut])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return self._take_each(pending, is_last=is_last)
        self._is_behind_element = True
        return rows, pending[cut:], True

    def _take_each(self, pending: bytes, *, is_last: bool) -> tuple[list[Row], bytes, bool]:
        self._is_behind_element = False
        rows: list[Row] = []
        start = depth = deepest = 0
        for token in _TOKEN.finditer(pending):
            mark = token[0]
            if mark in (b"{", b"["):
                depth += 1
                deepest = max(deepest, depth)
            elif mark == b'"':
                break
            elif mark in (b"}", b"]") and depth:
                depth -= 1
            elif mark == b"," and not depth:
                rows.append(self._decode(pending[start : token.start()], deepest))
                start, deepest = token.end(), 0
            elif mark == b"]":
                if pending[start : token.start()].strip(_WHITE):
                    rows.append(self._decode(pending[start : token.start()], deepest))
                return rows, pending[token.end() :], False
        if is_last and pending[start:].strip(_WHITE):
            rows.append(Flaw.NOT_JSON)
            start = len(pending)
        return rows, pending[start:], True

    def _decode(self, text: bytes, depth: int) -> Row:
        if depth > _DEEPEST:
            return Flaw.TOO_DEEP
        try:
            return self._one.decode(text)
        except msgspec.ValidationError as error:
            return _flaw(error)
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass
        # Lone surrogates and broken UTF-8 are repaired, not refused: the standard decoder can.
        try:
            return msgspec.convert(json.loads(text.decode("utf-8", "replace")), self._element)
        except msgspec.ValidationError as error:
            return _flaw(error)
        except (ValueError, RecursionError):
            return Flaw.NOT_JSON


def _opened(pending: bytes) -> bytes:
    """Drop what stands before the first element."""
    return pending.removeprefix(b"\xef\xbb\xbf").lstrip(_WHITE).removeprefix(b"[")


def _flaw(error: msgspec.ValidationError) -> Flaw:
    message = str(error)
    if "length <=" in message:
        return Flaw.TEXT_TOO_LONG
    if "ms_played" in message.replace("msPlayed", "ms_played") and "got" not in message:
        return Flaw.MS_PLAYED_OUT_OF_RANGE
    return Flaw.WRONG_TYPE if "`$." in message else Flaw.NOT_AN_OBJECT
