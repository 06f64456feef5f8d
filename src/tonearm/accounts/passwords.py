"""Passwords: hashed with argon2, compared in constant time."""

import threading
from functools import cached_property
from secrets import token_urlsafe

from pwdlib import PasswordHash

from tonearm.domain.errors import InvalidInputError

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 1_000
# One hash takes 64 MiB: without a bound, a burst of log-ins would take gigabytes.
_HASHES_AT_ONCE = 2


class Passwords:
    """Hashes and verifies; a few at a time, since each takes 64 MiB for some 50 ms."""

    def __init__(self) -> None:
        self._hasher = PasswordHash.recommended()
        self._turn = threading.BoundedSemaphore(_HASHES_AT_ONCE)

    def hash(self, password: str) -> str:
        """Hash a new password.

        Raises:
            InvalidInputError: it is shorter than 10 characters or longer than 1,000.
        """
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            raise InvalidInputError(
                f"The password must have {SHORTEST_PASSWORD} to {LONGEST_PASSWORD:,} characters.",
                parameter="password",
            )
        with self._turn:
            return self._hasher.hash(_encode(password))

    def verify(self, password: str, hashed: str | None) -> bool:
        """Tell whether a password is the hashed one; without a hash, False after as long a time."""
        decoy = self._decoy
        if len(password) > LONGEST_PASSWORD:
            password = ""
        with self._turn:
            is_right = self._hasher.verify(_encode(password), hashed or decoy)
        return is_right and hashed is not None

    @cached_property
    def _decoy(self) -> str:
        return self.hash(token_urlsafe())


def _encode(password: str) -> bytes:
    # JSON can carry lone surrogates, which have no UTF-8 form of their own.
    return password.encode("utf-8", "surrogatepass")
