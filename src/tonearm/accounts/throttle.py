"""A brake on guessing passwords, for each account and each address; one for all processes on PostgreSQL."""

import ipaddress
from collections.abc import Iterator
from datetime import timedelta

from tonearm.accounts.acting import actor
from tonearm.accounts.errors import TooManyAttemptsError
from tonearm.ops.clock import Clock
from tonearm.storage.windows import Windows

WINDOW = timedelta(minutes=5)
MOST_OF_ACCOUNT = 10
MOST_OF_ADDRESS = 50
_NETWORK_BITS = 64


class Throttle:
    """Refuses an account after ten failed log-ins within five minutes, and an address after fifty.

    Names that nobody has count like others, so that a refusal does not tell which ones there are.
    """

    def __init__(self, windows: Windows, clock: Clock) -> None:
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
                seconds = int((ends_at - self._clock()).total_seconds()) + 1
                raise TooManyAttemptsError(
                    f"Too many failed log-ins. Try again in {seconds} s.", seconds=seconds
                )

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
