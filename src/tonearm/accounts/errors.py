"""Errors only this room raises."""

from tonearm.domain.errors import TonearmError


class TooManyAttemptsError(TonearmError):
    """Too many failed log-ins for one name; the message says how long to wait."""

    code = "too_many_attempts"
    status = 429
