"""Libraries of the listeners asked about last, within a limit of memory."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from threading import Lock

from sqlalchemy import Connection

from tonearm.history.overlay import NOTHING, load_overlay
from tonearm.history.publication import Versions
from tonearm.history.store import ColumnStore, StoredColumns
from tonearm.insights.flights import Flights
from tonearm.insights.keeping import Keeping
from tonearm.insights.library import Library


@dataclass(slots=True)
class _Place:
    library: Library
    stored: StoredColumns
    nbytes: int = 0

    def weigh(self) -> int:
        """Weigh again; give by how much it has grown."""
        before, self.nbytes = self.nbytes, self.library.nbytes
        if self.library.columns is not self.stored.columns:  # corrected: both are there
            self.nbytes += self.stored.columns.nbytes
        return self.nbytes - before


class Shelf:
    """Keeps a library a listener, of the newest version that was asked for, and makes the next one from it."""

    def __init__(self, store: ColumnStore, most_bytes: int) -> None:
        """Keep libraries of at most `most_bytes` together, and in any case the last one."""
        self._store = store
        self._most_bytes = most_bytes
        self._places: OrderedDict[int, _Place] = OrderedDict()
        self._held = 0
        self._counts = Keeping()
        self._lock = Lock()
        self._flights = Flights()

    @property
    def nbytes(self) -> int:
        """Memory of the libraries kept, as weighed last."""
        return self._held

    @property
    def keeping(self) -> Keeping:
        """How the shelf is used."""
        return replace(self._counts, nbytes=self._held)

    def library(self, connection: Connection, user_id: int, versions: Versions) -> Library:
        """Give a listener's library in the versions that the transaction sees."""
        found = self.find(user_id, versions)
        if found is not None:
            return found
        with self._flights.one(user_id):
            found = self.find(user_id, versions)
            return found or self._make(connection, user_id, versions)

    def find(self, user_id: int, versions: Versions) -> Library | None:
        """Give a listener's library where it is kept in these versions."""
        with self._lock:
            place = self._places.get(user_id)
            if place is None or place.library.versions != versions:
                return None
            self._counts.hits += 1
            self._places.move_to_end(user_id)
            return place.library

    def holds(self, user_id: int) -> bool:
        """Tell whether a listener's library is kept."""
        with self._lock:
            return user_id in self._places

    def weigh(self, user_id: int, library: Library) -> None:
        """Take note of how large a library has become, and make room for it."""
        with self._lock:
            place = self._places.get(user_id)
            if place is not None and place.library is library:
                self._held += place.weigh()
            self._make_room()

    def _make(self, connection: Connection, user_id: int, versions: Versions) -> Library:
        with self._lock:
            place = self._places.get(user_id)
            self._counts.misses += 1
        before = None
        overlay = load_overlay(connection, user_id) if versions.corrections else NOTHING
        if place is None:
            stored = self._store.columns(connection, user_id)
            columns, is_hidden = overlay.apply(stored.columns)
        else:
            stored = self._store.columns(connection, user_id, place.stored)
            columns, is_hidden = overlay.apply(stored.columns)
            is_plain = columns is stored.columns and place.library.columns is place.stored.columns
            is_longer = stored.line is place.stored.line
            if is_longer and (is_plain or columns.begins_with(place.library.columns)):
                before = place.library
        library = Library(
            columns, versions.history, is_hidden, before=before, overlay=overlay,
            corrections_version=versions.corrections,
        )  # fmt: skip
        if place is not None and versions < place.library.versions:
            # A transaction that began before others: what comes after it must not lose the newer one.
            return library
        with self._lock:
            old = self._places.pop(user_id, None)
            made = self._places[user_id] = _Place(library, stored)
            self._held += made.weigh() - (0 if old is None else old.nbytes)
            self._make_room()
        return library

    def _make_room(self) -> None:
        while len(self._places) > 1 and self._held > self._most_bytes:
            _, place = self._places.popitem(last=False)
            self._held -= place.nbytes
            self._counts.evictions += 1
