"""Errors only this room raises."""

from tonearm.domain.errors import TonearmError, UnauthenticatedError


class TooManyAttemptsError(TonearmError):
    """Too many failed log-ins for one name; the message says how long to wait."""

    code = "too_many_attempts"
    status = 429

    def __init__(self, message: str, *, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class TokenReusedError(UnauthenticatedError):
    """A refresh token was shown that had been used before, so that its family has ended."""

    code = "token_reused"
