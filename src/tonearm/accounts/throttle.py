"""A brake on guessing passwords, for each account and each address; one for all processes on PostgreSQL.

What it refuses is written down once for each account and address in a window, so that a flood is one entry.
"""

import ipaddress
from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import select

from tonearm.accounts.acting import actor
from tonearm.accounts.audit import Action, record
from tonearm.accounts.errors import TooManyAttemptsError
from tonearm.ops.clock import Clock
from tonearm.storage.database import Database
from tonearm.storage.tables import users
from tonearm.storage.windows import Windows

WINDOW = timedelta(minutes=5)
MOST_OF_ACCOUNT = 10
MOST_OF_ADDRESS = 50
_NETWORK_BITS = 64


class Throttle:
    """Refuses an account after ten failed log-ins within five minutes, and an address after fifty.

    Names that nobody has count like others, so that a refusal does not tell which ones there are.
    """

    def __init__(self, database: Database, windows: Windows, clock: Clock) -> None:
        self._database = database
        self._windows = windows
        self._clock = clock

    def begin(self, name_key: str) -> None:
        """Let somebody try, and count the attempt as failed until `succeeded` says otherwise.

        Counting comes first: many guesses at the same time must not all pass before one has failed.

        Raises:
            TooManyAttemptsError: too many have failed; the message says how long to wait.
        """
        # The address goes first: whoever is refused by it locks no account out.
        for caller, most in (*_address(), (_account(name_key), MOST_OF_ACCOUNT)):
            count, ends_at = self._windows.count(caller, WINDOW)
            if count > most:
                if count == most + 1:
                    self._note_throttled(name_key)
                seconds = int((ends_at - self._clock()).total_seconds()) + 1
                raise TooManyAttemptsError(
                    f"Too many failed log-ins. Try again in {seconds} s.", seconds=seconds
                )

    def note_guess(self, kind: str) -> None:
        """Write down that somebody showed a token of a kind that opens nothing, once for each address in a window."""
        place = next((caller for caller, _ in _address()), "nowhere")
        count, _ = self._windows.count(f"{kind} token refused, {place}", WINDOW)
        if count == 1:
            with self._database.write() as connection:
                record(connection, self._clock(), Action.TOKEN_REFUSED, kind=kind)

    def _note_throttled(self, name_key: str) -> None:
        # A name that nobody has costs the same, and is not written down: people type passwords there.
        with self._database.write() as connection:
            whose = connection.scalar(select(users.c.id).where(users.c.name_key == name_key))
            record(connection, self._clock(), Action.LOG_IN_THROTTLED, subject_id=whose)

    def succeeded(self, name_key: str) -> None:
        """Forget the failures of an account; the address keeps those of others."""
        self.forget(name_key)
        for caller, _ in _address():
            self._windows.take_back(caller, WINDOW)

    def forget(self, name_key: str) -> None:
        """Let an account begin anew, since it has another password."""
        self._windows.forget(_account(name_key), WINDOW)


def _account(name_key: str) -> str:
    return f"log-in of {name_key}"


def _address() -> Iterator[tuple[str, int]]:
    """Give the address of whoever acts, and the most failures it may have; of IPv6 the network of one person."""
    address = actor().address
    if address is None:
        return
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        known = None
    if isinstance(known, ipaddress.IPv6Address):
        bare = int(known) >> _NETWORK_BITS
        address = str(known.ipv4_mapped or ipaddress.IPv6Address(bare << _NETWORK_BITS))
    yield f"log-in from {address}", MOST_OF_ADDRESS
