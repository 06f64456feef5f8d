"""What is sent to the Web API and what comes back."""

from dataclasses import dataclass, field
from typing import Any

from tonearm.spotify.errors import SpotifyUnavailableError
from tonearm.spotify.operation import Operation


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked."""

    operation: Operation
    path: str
    """Below the address of the API, with everything filled in and safe."""
    query: dict[str, str] = field(default_factory=dict)
    document: Any = None
    """Sent as JSON, if there is one."""
    content: bytes | None = None
    """Sent as a picture, if there is one."""
    is_answered: bool = True
    """Whether a document is expected back."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    body: bytes = field(repr=False)
    retry_after: str | None = None


class FaultError(SpotifyUnavailableError):
    """A call failed in a way that passes."""

    def __init__(self, message: str, *, may_be_done: bool = True) -> None:
        super().__init__(message)
        self.may_be_done = may_be_done
        """Whether what was asked may have been carried out all the same."""
