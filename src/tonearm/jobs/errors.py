"""How a job fails decides what becomes of it."""

from datetime import datetime

from tonearm.domain.errors import ConflictError, TonearmError


class TransientError(TonearmError):
    """It may work later: the job waits longer after each failure, and is dead after too many."""

    code = "transient"
    status = 503


class ThrottledError(TonearmError):
    """It will not work before an instant, which is nobody's failure."""

    code = "throttled"
    status = 503

    def __init__(self, message: str, not_before: datetime) -> None:
        super().__init__(message)
        self.not_before = not_before


class LeaseLostError(ConflictError):
    """Another worker has the job: whatever this one did must not be kept."""

    code = "lease_lost"


class StoppingError(TonearmError):
    """The worker stops: the job goes back and is begun anew by another."""

    code = "stopping"
