"""What the client needs of whoever keeps a listener's tokens."""

from typing import Protocol


class TokenSource(Protocol):
    """Lends the access token of one link; any number of threads and processes may ask at once."""

    @property
    def client_id(self) -> str:
        """The app that the link belongs to: calls are paced and blocked by it."""

    @property
    def scopes(self) -> frozenset[str]:
        """What the listener has granted."""

    def access_token(self) -> str:
        """Give a token that is good for a minute at least; raises RelinkNeededError, SpotifyError."""

    def renewed(self, refused: str) -> str:
        """Give another token than the one that Spotify refused just now; raises RelinkNeededError, SpotifyError."""
