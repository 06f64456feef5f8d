"""What Spotify says when it says no, told apart by what somebody can do about it.

Spotify's words decide which sentence is given, and are never part of it.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import Final

import msgspec

from tonearm.spotify.errors import (
    Cause,
    SpotifyError,
    SpotifyInvalidError,
    SpotifyNotFoundError,
    SpotifyRefusedError,
    SpotifyUnavailableError,
)
from tonearm.spotify.messages import Reply
from tonearm.spotify.operation import Operation, Scope
from tonearm.spotify.pacing import LONGEST_BLOCK, BlockReason

_UNSAID: Final = {BlockReason.RATE: timedelta(seconds=30), BlockReason.QUOTA: timedelta(hours=1)}
_SECONDS: Final = re.compile(r"\s*(\d{1,12})(?:\.\d*)?\s*")

_PREMIUM: Final = (
    "Spotify wants Premium for this: the listener's for commands to the player, and the owner's of the "
    "Spotify app for everything. It works again once the subscription is active."
)
_USER_LIST: Final = (
    "This listener is not on the user list of the Spotify app. Whoever registered the app can add up to "
    "five in Spotify's developer dashboard, under User Management; then it works at once."
)
_WITHDRAWN: Final = (
    "Spotify no longer offers this to apps in development mode. Nothing can be done about it here."
)
_PLAYLISTS: Final = (
    "Spotify shows and changes what is in a playlist only for its owner and those who may add to it. Copy "
    "it into a playlist of your own in Spotify to have it here."
)
_PLAYER: Final = (
    "The device, or what is playing on it, does not allow this right now. Try another device."
)
_UNKNOWN: Final = (
    "Spotify refuses this for a reason that Tonearm does not know. Look at the app in Spotify's developer "
    "dashboard, and link Spotify again if nothing is wrong there."
)
_LOCKED_OUT: Final = (
    "Spotify takes no access token of this link, not even one that it has just given. Link Spotify again "
    "if this happens once more."
)
_UNUSABLE: Final = (
    "Spotify cannot use what was sent. Check ids, positions and texts, and that they fit together."
)
_REDIRECTED: Final = (
    "What answers for Spotify sends Tonearm elsewhere, and it does not follow. Check "
    "TONEARM_SPOTIFY_API_URL, and what stands between Tonearm and the network."
)
_KNOWN: Final[dict[int, Callable[[], SpotifyError]]] = {
    HTTPStatus.UNAUTHORIZED: partial(SpotifyRefusedError, _LOCKED_OUT),
    HTTPStatus.GONE: partial(SpotifyRefusedError, _WITHDRAWN, Cause.WITHDRAWN),
    HTTPStatus.BAD_REQUEST: partial(SpotifyInvalidError, _UNUSABLE),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: partial(SpotifyInvalidError, _UNUSABLE),
    HTTPStatus.REQUEST_URI_TOO_LONG: partial(SpotifyInvalidError, _UNUSABLE),
}


class _Told(msgspec.Struct, frozen=True):
    message: str = ""
    reason: str = ""


class _Envelope(msgspec.Struct, frozen=True):
    error: _Told = _Told()


def missing_scope(scopes: frozenset[Scope]) -> SpotifyRefusedError:
    """Say that the listener has not granted one of some scopes."""
    names = " or ".join(sorted(scopes)) or "what it needs"
    return SpotifyRefusedError(
        f"The link to Spotify does not allow this: {names} was not granted. Link Spotify again and agree "
        "to what is asked for.",
        Cause.SCOPE,
    )


def wait_of(reply: Reply) -> tuple[timedelta, BlockReason]:
    """Give how long a 429 says to wait, from a second to a day, and what was too much."""
    reason = BlockReason.QUOTA if _told(reply).reason == "QUOTA_EXCEEDED" else BlockReason.RATE
    said = _SECONDS.fullmatch(reply.retry_after or "")
    if said is None:
        return _UNSAID[reason], reason
    seconds = min(max(int(said[1]), 1), int(LONGEST_BLOCK.total_seconds()))
    return timedelta(seconds=seconds), reason


def refusal(operation: Operation, reply: Reply) -> SpotifyError:
    """Give the error for an answer that is neither good nor a fault that passes."""
    if reply.status in _KNOWN:
        return _KNOWN[reply.status]()
    if reply.status == HTTPStatus.FORBIDDEN:
        return _forbidden(operation, _told(reply))
    if reply.status == HTTPStatus.NOT_FOUND:
        return _not_found(_told(reply))
    if HTTPStatus.MULTIPLE_CHOICES <= reply.status < HTTPStatus.BAD_REQUEST:
        return SpotifyUnavailableError(_REDIRECTED)
    return SpotifyUnavailableError(
        f"Spotify answers in a way that Tonearm does not know (status {reply.status})."
    )


def _forbidden(operation: Operation, told: _Told) -> SpotifyRefusedError:
    said = f"{told.message} {told.reason}".strip().casefold()
    if "scope" in said:
        return missing_scope(frozenset().union(*operation.needs))
    if "premium" in said:
        return SpotifyRefusedError(_PREMIUM, Cause.PREMIUM)
    if "not registered" in said or "developer dashboard" in said:
        return SpotifyRefusedError(_USER_LIST, Cause.USER_LIST)
    for beginning, sentence in (("/playlists/", _PLAYLISTS), ("/me/player", _PLAYER)):
        if operation.path.startswith(beginning):
            return SpotifyRefusedError(sentence)
    if said in {"", "forbidden"}:
        return SpotifyRefusedError(_WITHDRAWN, Cause.WITHDRAWN)
    return SpotifyRefusedError(_UNKNOWN)


def _not_found(told: _Told) -> SpotifyNotFoundError:
    if told.reason == "NO_ACTIVE_DEVICE":
        return SpotifyNotFoundError(
            "No device of the listener is active. Start Spotify on one, or name one."
        )
    return SpotifyNotFoundError(
        "Spotify has nothing there: it was removed, is not available to this listener, or never was."
    )


def _told(reply: Reply) -> _Told:
    try:
        return msgspec.json.decode(reply.body, type=_Envelope).error
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return _Told()
