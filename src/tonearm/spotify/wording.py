"""Spotify's refusals in words: what is in the way, and who can mend it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from tonearm.spotify.errors import (
    Cause,
    RelinkNeededError,
    SpotifyBlockedError,
    SpotifyRefusedError,
    SpotifyUnavailableError,
)

SENTENCES: Final[Mapping[Cause, str]] = {
    Cause.PREMIUM: (
        "Spotify answers apps in development mode only while whoever owns the app has Premium, and that has lapsed. "
        "Once it is renewed, this works again by itself."
    ),
    Cause.USER_LIST: (
        "Your Spotify account is not on the app's list of users. Whoever owns the app adds it at "
        "developer.spotify.com, under User Management; five accounts fit on it."
    ),
    Cause.SCOPE: "You have not allowed Tonearm this at Spotify. Link again, and agree to what is asked for.",
    Cause.WITHDRAWN: "Spotify does not offer this any more.",
    Cause.APP: (
        "Spotify does not take the app: the client id, the secret or the redirect address is not what is registered at "
        "developer.spotify.com. Compare all three."
    ),
    Cause.DENIED: "You said no at Spotify, so nothing was linked. Link again if that was not meant.",
    Cause.OTHER: "Spotify refuses this and does not say why.",
}
# What the bodies of a 403 say; some are JSON, some bare text.
_SIGNS: Final = (
    (b"registered", Cause.USER_LIST),
    (b"premium", Cause.PREMIUM),
    (b"scope", Cause.SCOPE),
)
_QUOTA: Final = b"QUOTA_EXCEEDED"
_WAIT: Final = timedelta(seconds=30)
_LONGEST_WAIT: Final = timedelta(days=2)


def refusal(cause: Cause) -> SpotifyRefusedError:
    """Give the refusal of a cause, in words."""
    return SpotifyRefusedError(SENTENCES[cause], cause)


def forbidden(body: bytes) -> SpotifyRefusedError:
    """Give the refusal that the body of a 403 stands for."""
    said = body.lower()
    return refusal(next((cause for sign, cause in _SIGNS if sign in said), Cause.OTHER))


def blocked(retry_after: str | None, body: bytes, now: datetime) -> SpotifyBlockedError:
    """Give what a 429 stands for: until when nothing may be asked, and whether the quota is used up."""
    try:
        wait = timedelta(seconds=int(retry_after or ""))
    except (ValueError, OverflowError):
        wait = _WAIT
    not_before = now + min(max(wait, timedelta(seconds=1)), _LONGEST_WAIT)
    until = f"{not_before:%Y-%m-%d %H:%M} UTC"
    if _QUOTA in body:
        return SpotifyBlockedError(
            f"What Spotify allows this app for the day is used up. It goes on after {until}.",
            not_before,
        )
    return SpotifyBlockedError(
        f"Spotify was asked too much in a short time. It goes on after {until}.", not_before
    )


def unavailable() -> SpotifyUnavailableError:
    """Give what it comes to when Spotify does not answer, or nothing that can be understood."""
    return SpotifyUnavailableError("Spotify does not answer right now. Try again in a moment.")


def ended() -> RelinkNeededError:
    """Give what a refresh token that is not taken any more stands for."""
    return RelinkNeededError(
        "Spotify has ended the link: it lasts six months, or until you remove the app from your account there. "
        "Link again to go on."
    )
