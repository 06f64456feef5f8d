"""What rooms tell of their work, so that it can be counted."""

from collections.abc import Mapping


class Metrics:
    """Takes note of what a process does. This one keeps nothing; `ops.prometheus` has the one that counts.

    Whatever is told is one of a few words that the code knows: a route as it is declared, a tool, a deed, an outcome.
    Never a name, number, address or argument of anybody. Durations are in seconds, sizes in bytes.
    """

    def request_began(self) -> None:
        """Take note that a request has come in."""

    def request_answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Take note that an answer has begun; `route` is as declared, and empty where there is none."""

    def request_ended(self) -> None:
        """Take note that a request has been dealt with, answer and all."""

    def tool_called(self, tool: str, way: str, outcome: str, seconds: float, size: int) -> None:
        """Take note of an assistant's call, and how large its answer was."""

    def job_ended(self, queue: str, job: str, outcome: str, seconds: float) -> None:
        """Take note that a worker is done with a job, for this time."""

    def import_ended(self, outcome: str, verdicts: Mapping[str, int]) -> None:
        """Take note of an import, and of how many rows each verdict was given to."""

    def poll_ended(self, outcome: str) -> None:
        """Take note of a poll of recent plays."""

    def spotify_called(self, purpose: str, status: int | None, seconds: float) -> None:
        """Take note of a request to Spotify; without a status there was no answer."""

    def events_told(self, count: int) -> None:
        """Take note of events that have become notifications."""

    def mail_sent(self, outcome: str) -> None:
        """Take note of a message for a mail server."""


UNCOUNTED = Metrics()
"""For whoever has nobody to tell."""
