"""What can go wrong with Spotify, told apart by what somebody can do about it.

SpotifyError
├── SpotifyUnavailableError  503: Spotify does not answer, or not as it should; it passes
├── SpotifyBlockedError      503: too much was asked; it passes at a known instant
├── SpotifyRefusedError      403: Spotify will not, and `cause` says why
├── RelinkNeededError        409: the link has ended; its listener has to link again
├── SpotifyNotFoundError     404: what was asked for is not there
└── SpotifyInvalidError      422: Spotify cannot use what was sent
"""

from datetime import datetime
from enum import StrEnum

from tonearm.domain.errors import TonearmError


class SpotifyError(TonearmError):
    """Spotify did not do what was asked."""

    code = "spotify_error"
    status = 502


class SpotifyUnavailableError(SpotifyError):
    """Spotify does not answer, or not in a way that can be understood; it may work later."""

    code = "spotify_unavailable"
    status = 503


class SpotifyBlockedError(SpotifyError):
    """Nothing may be asked of Spotify before an instant."""

    code = "spotify_blocked"
    status = 503

    def __init__(self, message: str, not_before: datetime) -> None:
        super().__init__(message)
        self.not_before = not_before


class Cause(StrEnum):
    """Why Spotify refuses, as far as it can be told."""

    PREMIUM = "premium"
    """The owner of the app, or the listener, has no Premium (any more)."""
    USER_LIST = "user_list"
    """The listener is not on the list of the app's users."""
    SCOPE = "scope"
    """The listener has not granted what this needs."""
    WITHDRAWN = "withdrawn"
    """Spotify no longer offers this."""
    APP = "app"
    """The client id, the secret or the redirect address is not what Spotify knows."""
    DENIED = "denied"
    """The listener said no."""
    OTHER = "other"


class SpotifyRefusedError(SpotifyError):
    """Spotify understood and will not; asking again does not help until somebody mends the cause."""

    code = "spotify_refused"
    status = 403

    def __init__(self, message: str, cause: Cause = Cause.OTHER) -> None:
        super().__init__(message)
        self.cause = cause


class RelinkNeededError(SpotifyError):
    """The refresh token is not taken any more: the six months are over, or the app was removed."""

    code = "relink_needed"
    status = 409


class SpotifyNotFoundError(SpotifyError):
    """Spotify has nothing there."""

    code = "spotify_not_found"
    status = 404


class SpotifyInvalidError(SpotifyError):
    """Spotify cannot use what was sent; it has to be changed before it is sent again."""

    code = "spotify_invalid"
    status = 422
