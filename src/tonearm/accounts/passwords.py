"""Passwords: which ones will do, hashed with argon2, compared in constant time."""

import threading
from functools import cache, cached_property
from pathlib import Path
from secrets import token_urlsafe

import msgspec
from pwdlib import PasswordHash

from tonearm.domain.errors import InvalidInputError
from tonearm.domain.text import normalise

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 1_000
_LEAST_BESIDE_NAME = 6
# One hash takes 64 MiB: without a bound, a burst of log-ins would take gigabytes.
_HASHES_AT_ONCE = 2
_COMMON = Path(__file__).with_name("vendor") / "zxcvbn" / "passwords.json"


class Passwords:
    """Hashes and verifies; a few at a time, since each takes 64 MiB for some 50 ms."""

    def __init__(self) -> None:
        self._hasher = PasswordHash.recommended()
        self._turn = threading.BoundedSemaphore(_HASHES_AT_ONCE)

    def hash(self, password: str, name: str = "") -> str:
        """Hash a new password of somebody with a name.

        Raises:
            InvalidInputError: it is shorter than 10 characters or longer than 1,000, known as a common one, hardly more
                than the name, or one character over and over.
        """
        check_password(password, name)
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

    def renew(self, password: str, hashed: str) -> str | None:
        """Give a hash of the strength of today for a password that is right; None where it has that already."""
        current = self._hasher.current_hasher
        if current.identify(hashed) and not current.check_needs_rehash(hashed):
            return None
        with self._turn:
            return self._hasher.hash(_encode(password))

    @cached_property
    def _decoy(self) -> str:
        return self.hash(token_urlsafe())


def check_password(password: str, name: str) -> None:
    """Raise InvalidInputError unless a new password will do for somebody with a name."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise InvalidInputError(
            f"The password must have {SHORTEST_PASSWORD} to {LONGEST_PASSWORD:,} characters.",
            parameter="password",
        )
    plain = normalise(password)
    if len(plain) < SHORTEST_PASSWORD:
        raise InvalidInputError(
            f"The password must have {SHORTEST_PASSWORD} characters, where blanks in a row are one and "
            "those around it none.",
            parameter="password",
        )
    if plain in _common():
        raise _tried_first()
    folded, folded_name = _letters(password), _letters(name)
    if folded_name and len(folded.replace(folded_name, "")) < min(_LEAST_BESIDE_NAME, len(folded)):
        raise InvalidInputError(
            "This password is hardly more than the name. Choose another one.", parameter="password"
        )
    if len(set(plain)) == 1:
        raise _tried_first()


def _tried_first() -> InvalidInputError:
    return InvalidInputError(
        "This password is one of those that are tried first. Choose another one; a sentence is "
        "easier to remember than a riddle.",
        parameter="password",
    )


@cache
def _common() -> frozenset[str]:
    """Give the common passwords that are long enough to be chosen here, in their normal form."""
    listed = msgspec.json.decode(_COMMON.read_bytes(), type=list[str])
    return frozenset(normalise(one) for one in listed if len(one) >= SHORTEST_PASSWORD)


def _letters(text: str) -> str:
    return "".join(character for character in normalise(text) if character.isalnum())


def _encode(password: str) -> bytes:
    # JSON can carry lone surrogates, which have no UTF-8 form of their own.
    return password.encode("utf-8", "surrogatepass")
