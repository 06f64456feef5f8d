"""The door to Spotify's Web API: one for a process, and from it a session for each link and purpose."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tonearm.ops.metrics import UNCOUNTED, Metrics
from tonearm.spotify.pacing import Purpose

if TYPE_CHECKING:
    from tonearm.spotify.pacing import AppStatus, Pacer
    from tonearm.spotify.session import Session
    from tonearm.spotify.tokens import TokenSource
    from tonearm.spotify.transport import Transport


@dataclass(frozen=True, slots=True)
class Reach:
    """How Spotify is reached."""

    api_url: str = "https://api.spotify.com/v1"
    proxy: str = field(default="", repr=False)
    patience: float = 6.0
    """Seconds to wait for anything; after twice as long a call is not made again."""


class Spotify:
    """Spotify's Web API; whoever makes it closes it."""

    def __init__(
        self, pacer: Pacer, reach: Reach, version: str, metrics: Metrics = UNCOUNTED
    ) -> None:
        """Prepare to call; nothing is opened before the first call."""
        self._pacer = pacer
        self._reach = reach
        self._version = version
        self._metrics = metrics
        self._lock = threading.Lock()
        self._transport: Transport | None = None

    def for_link(self, tokens: TokenSource, purpose: Purpose = Purpose.OTHER) -> Session:
        """Give what can be asked with the tokens of one link."""
        # HTTP, certificates and all models take a tenth of a second to load: most commands never call.
        from tonearm.spotify.calling import Caller  # noqa: PLC0415 - see above
        from tonearm.spotify.session import Session  # noqa: PLC0415 - see above

        return Session(Caller(self._open(), self._pacer, tokens, purpose, self._metrics))

    def get_status(self, client_id: str) -> AppStatus:
        """Give how an app stands: locked out or not, and what is left of its budget."""
        return self._pacer.get_status(client_id)

    def list_statuses(self) -> tuple[AppStatus, ...]:
        """Give how every app stands that was ever called."""
        return self._pacer.list_statuses()

    def close(self) -> None:
        """Close all connections; a later call opens new ones."""
        with self._lock:
            if self._transport is not None:
                self._transport.close()
                self._transport = None

    def _open(self) -> Transport:
        from tonearm.spotify.transport import Transport  # noqa: PLC0415 - as above

        with self._lock:
            if self._transport is None:
                reach = self._reach
                self._transport = Transport(
                    reach.api_url,
                    version=self._version,
                    proxy=reach.proxy,
                    patience=reach.patience,
                )
            return self._transport
