"""The small tree of errors; each knows its code and the HTTP status it is rendered with.

TonearmError
├── InvalidInputError        400 or 422: what was sent cannot be used as it is
├── NotFoundError            404
├── ConflictError            409
├── AccessError              401 or 403
├── TooLargeError            413
└── UnavailableError         503: try again later
"""

from typing import ClassVar


class TonearmError(Exception):
    """An error whose message is written for the person who will read it."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidInputError(TonearmError):
    """What was sent cannot be used; the message says what can."""

    code = "invalid_input"
    status = 422

    def __init__(self, message: str, *, parameter: str | None = None) -> None:
        super().__init__(message)
        self.parameter = parameter


class UnreadableFileError(InvalidInputError):
    """A file cannot be read as an export at all."""

    code = "unreadable_file"


class NotFoundError(TonearmError):
    """The thing asked for does not exist, or is not the caller's."""

    code = "not_found"
    status = 404


class ConflictError(TonearmError):
    """The thing is not in a state in which this can be done."""

    code = "conflict"
    status = 409


class UnauthenticatedError(TonearmError):
    """Nobody known is calling."""

    code = "unauthenticated"
    status = 401


class ForbiddenError(TonearmError):
    """The caller is known but may not do this."""

    code = "forbidden"
    status = 403


class TooLargeError(TonearmError):
    """What was sent is larger than a cap allows; the message names the cap."""

    code = "too_large"
    status = 413


class UnavailableError(TonearmError):
    """The disk or the database cannot serve right now."""

    code = "unavailable"
    status = 503


class CancelledError(TonearmError):
    """The work was cancelled by its owner."""

    code = "cancelled"
    status = 409
