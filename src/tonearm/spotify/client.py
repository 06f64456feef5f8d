"""The door to Spotify's Web API: one for a process, and from it a session for each link and purpose."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tonearm.spotify.catalogue import Catalogue
from tonearm.spotify.library import Library
from tonearm.spotify.pacing import Purpose
from tonearm.spotify.player import Player
from tonearm.spotify.playlists import Playlists
from tonearm.spotify.profile import Me
from tonearm.spotify.recent import Recent
from tonearm.spotify.search import Search
from tonearm.spotify.top import Top

if TYPE_CHECKING:
    from tonearm.spotify.calling import Caller
    from tonearm.spotify.pacing import AppStatus, Pacer
    from tonearm.spotify.tokens import TokenSource
    from tonearm.spotify.transport import Transport


class Session:
    """What can be asked of Spotify for one listener; cheap to make, for any number of threads.

    Every method that asks raises SpotifyError: which one says what can be done, and whether waiting helps. It raises
    InvalidInputError, before anything is asked, for what Spotify could not use.
    """

    def __init__(self, caller: Caller) -> None:
        self.me = Me(caller)
        self.recent = Recent(caller)
        self.player = Player(caller)
        self.playlists = Playlists(caller)
        self.library = Library(caller)
        self.catalogue = Catalogue(caller)
        self.search = Search(caller)
        self.top = Top(caller)


@dataclass(frozen=True, slots=True)
class Reach:
    """How Spotify is reached."""

    api_url: str = "https://api.spotify.com/v1"
    proxy: str = field(default="", repr=False)
    patience: float = 6.0
    """Seconds to wait for anything; after twice as long a call is not made again."""


class Spotify:
    """Spotify's Web API; whoever makes it closes it."""

    def __init__(self, pacer: Pacer, reach: Reach, version: str) -> None:
        """Prepare to call; nothing is opened before the first call."""
        self._pacer = pacer
        self._reach = reach
        self._version = version
        self._lock = threading.Lock()
        self._transport: Transport | None = None

    def for_link(self, tokens: TokenSource, purpose: Purpose = Purpose.OTHER) -> Session:
        """Give what can be asked with the tokens of one link."""
        from tonearm.spotify.calling import Caller  # noqa: PLC0415 - as below

        return Session(Caller(self._open(), self._pacer, tokens, purpose))

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
        # A tenth of a second to import, and as long to read certificates: most commands never call.
        from tonearm.spotify.transport import Transport  # noqa: PLC0415 - see above

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
