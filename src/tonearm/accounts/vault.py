"""The vault: what opens something elsewhere lies in the database sealed, by keys that lie outside of it and can rotate.

The first key seals; the others open what they have sealed before. Whoever seals holds a shared lock on the keys until
the transaction ends, and `rotate` the only one: so when a key is dropped, nothing is under way that it has sealed.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Connection, select, update

from tonearm.accounts.audit import Action, record
from tonearm.accounts.digest import digest
from tonearm.accounts.key_file import KeyFile, NoKeysError, Stamp, lock_keys
from tonearm.domain.errors import TonearmError, UnavailableError
from tonearm.ops.clock import Clock
from tonearm.storage.database import Database
from tonearm.storage.link_tables import SEALED

if TYPE_CHECKING:  # most commands need none of it
    from cryptography.fernet import Fernet, MultiFernet

Seal = Callable[[str, str], str]
"""Gives what is stored in place of a text; the second argument is whose it is and what for."""
_FILE = "The file of vault keys (TONEARM_VAULT_KEY_FILE, else vault-keys.json in the data folder)"
_HARM = (
    "who could use everybody's link to Spotify if they had the database too. Give it the mode 0600 (chmod 600); if "
    "somebody may have read it, run: tonearm vault rotate."
)


class LostKeyError(TonearmError):
    """No key that is here opens something."""

    code = "lost_key"
    status = 503


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation has done."""

    key: str
    """Names the key that seals now; it opens nothing."""
    resealed: int
    """How much the key before had sealed, or one before that."""
    lost: int
    """How much no key here opens."""
    dropped: int
    """How many keys were dropped from the file."""
    kept: int
    """How many older keys are still there."""


@dataclass(frozen=True, slots=True)
class _Ring:
    stamp: Stamp | None
    keys: tuple[str, ...]
    """The first one seals."""
    fernets: tuple["Fernet", ...]
    together: "MultiFernet"


class Vault:
    """Seals and opens; any number of processes may share database and keys."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        path: Path,
        given: Sequence[str] = (),
        *,
        must_be_private: bool,
    ) -> None:
        """Take the keys that are given, else those of a file, which is made when something is sealed first.

        `must_be_private` refuses a file that others may read.
        """
        self._database = database
        self._clock = clock
        self._file = KeyFile(path, _FILE, _HARM, must_be_private)
        self._given = tuple(given)
        self._known: _Ring | None = None

    def check(self) -> None:
        """Read the keys if there are some, so that a fault is told at the start; raises UnavailableError."""
        self._find()

    @contextmanager
    def write(self) -> Iterator[tuple[Connection, Seal]]:
        """Open a transaction in which things can be sealed.

        Raises:
            UnavailableError: the keys cannot be read or written.
        """
        if self._find() is None:
            self._make()
        with self._database.write() as connection:
            lock_keys(connection, shared=True)
            ring = self._get()
            yield (
                connection,
                lambda text, place: ring.together.encrypt(f"{place}\0{text}".encode()).decode(),
            )

    def open(self, sealed: str, place: str) -> str:
        """Give what was sealed for a place.

        Raises:
            LostKeyError: no key here opens it, or it was sealed for another place.
            UnavailableError: the keys cannot be read.
        """
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 - most commands need none of it

        ring = self._find()
        if ring is not None:
            try:
                found, _, text = ring.together.decrypt(sealed).decode().partition("\0")
            except (InvalidToken, ValueError):
                pass
            else:
                if found == place:
                    return text
        raise LostKeyError(
            "The key by which Tonearm kept your tokens is gone. Link again, unless whoever runs it puts the vault's "
            "keys back."
        )

    def rotate(self) -> Rotation:
        """Seal everything anew, by a key made now or the first that is given, and drop keys that nothing needs.

        Raises:
            UnavailableError: the keys cannot be read or written.
        """
        if self._find() is None:
            self._make()
        with self._database.write() as connection:
            lock_keys(connection)
            ring = self._get()
            before = ring.keys[0]
            if not self._given:
                # From here on everybody can open what is sealed by it, whatever becomes of this transaction.
                self._file.write({"keys": [_generate(), *ring.keys]})
                ring = self._get()
            resealed, lost = _reseal(connection, ring)
            key = _name(ring.keys[0])
            record(
                connection,
                self._clock(),
                Action.VAULT_ROTATED,
                key=key,
                before=_name(before),
                resealed=resealed,
            )
        dropped = 0
        # Keys that are gone do not come back after a power cut, so what they have sealed must not either.
        if not self._given and self._database.settle():
            dropped = self._drop()
        return Rotation(key, resealed, lost, dropped, len(self._get().keys) - 1)

    def _drop(self) -> int:
        """Leave only those keys in the file that something needs, and say how many went."""
        with self._database.write() as connection:
            lock_keys(connection)
            ring = self._get()
            needed = {ring.keys[0]}
            for _, row in _sealed(connection):
                needed.update(_openers(ring, row[-1])[:1])
            kept = [key for key in ring.keys if key in needed]
            if len(kept) < len(ring.keys):
                self._file.write({"keys": kept})
            return len(ring.keys) - len(kept)

    def _make(self) -> None:
        with self._database.write() as connection:
            lock_keys(connection)
            if self._file.find_stamp() is not None:  # another process was quicker
                return
            key = _generate()
            record(connection, self._clock(), Action.VAULT_KEY_MADE, key=_name(key))
            self._file.write({"keys": [key]})

    def _get(self) -> _Ring:
        ring = self._find()
        if ring is None:
            raise UnavailableError(f"{_FILE} was there just now, and is gone. Put it back.")
        return ring

    def _find(self) -> _Ring | None:
        """Give the keys as they are now; None where there is no file."""
        known = self._known
        if self._given:
            if known is None:
                known = self._known = _ring(None, self._given)
            return known
        stamp = self._file.find_stamp()
        if stamp is None:
            return None
        if known is None or known.stamp != stamp:
            known = self._known = self._load()
        return known

    def _load(self) -> _Ring:
        try:
            stamp, document = self._file.read()
            return _ring(stamp, document["keys"])
        except (NoKeysError, ValueError, LookupError, TypeError) as error:
            raise UnavailableError(
                f"{_FILE} holds no list of keys. Put it back as it was; if it is lost, delete it, and everybody "
                "links their Spotify account again."
            ) from error


def _ring(stamp: Stamp | None, keys: Sequence[str]) -> _Ring:
    from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415 - most commands need none of it

    fernets = tuple(map(Fernet, keys))
    return _Ring(stamp, tuple(keys), fernets, MultiFernet(fernets))


def _generate() -> str:
    from cryptography.fernet import Fernet  # noqa: PLC0415 - most commands need none of it

    return Fernet.generate_key().decode()


def _name(key: str) -> str:
    return digest(key)[:16]


def _sealed(connection: Connection) -> Iterator[tuple[Column[Any], tuple[Any, ...]]]:
    """Give everything that is sealed: its column, and the key of its row with the value behind it."""
    for column in SEALED:
        keys = tuple(column.table.primary_key.columns)
        query = select(*keys, column).where(column.is_not(None)).order_by(*keys).with_for_update()
        for row in connection.execute(query).all():
            yield column, tuple(row)


def _reseal(connection: Connection, ring: _Ring) -> tuple[int, int]:
    """Seal everything by the first key; says how much was not, and how much no key opens."""
    resealed = lost = 0
    for column, row in _sealed(connection):
        openers = _openers(ring, row[-1])
        if not openers:
            lost += 1
        elif openers[0] != ring.keys[0]:
            place = [
                key == value for key, value in zip(column.table.primary_key, row, strict=False)
            ]
            anew = ring.together.rotate(row[-1]).decode()
            connection.execute(update(column.table).where(*place).values({column.name: anew}))
            resealed += 1
    return resealed, lost


def _openers(ring: _Ring, sealed: str) -> list[str]:
    """Give the keys that open something: one, or none."""
    from cryptography.fernet import InvalidToken  # noqa: PLC0415 - most commands need none of it

    for key, fernet in zip(ring.keys, ring.fernets, strict=True):
        try:
            fernet.decrypt(sealed)
        except (InvalidToken, ValueError):
            continue
        return [key]
    return []
