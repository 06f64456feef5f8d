"""Answers as they were sent, kept within a limit of memory."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import replace
from threading import Lock

from tonearm.insights.keeping import Keeping

_ENTRY_BYTES = 1_024  # a key, an ETag and their places, about


class Answers:
    """Bodies and ETags of the answers that were asked for last."""

    def __init__(self, most_bytes: int) -> None:
        """Keep answers of at most `most_bytes` together."""
        self._most_bytes = most_bytes
        self._kept: OrderedDict[Hashable, tuple[bytes, str]] = OrderedDict()
        self._held = 0
        self._counts = Keeping()
        self._lock = Lock()

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._kept)

    @property
    def keeping(self) -> Keeping:
        """How the answers are used."""
        return replace(self._counts, nbytes=self._held)

    def find(self, key: Hashable) -> tuple[bytes, str] | None:
        """Give an answer; None where it is not kept."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._counts.hits += 1
                self._kept.move_to_end(key)
            return found

    def keep(self, key: Hashable, body: bytes, etag: str) -> None:
        """Keep an answer, and let go of those that nobody has asked for the longest."""
        with self._lock:
            if key in self._kept:
                return
            self._counts.misses += 1
            self._kept[key] = body, etag
            self._held += len(body) + _ENTRY_BYTES
            while self._held > self._most_bytes:
                _, (gone, _) = self._kept.popitem(last=False)
                self._held -= len(gone) + _ENTRY_BYTES
                self._counts.evictions += 1
