"""The accounts service: where listeners agree, and where codes and refresh tokens become access tokens.

Beside it one call of the Web API: whose account has agreed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Final, TypeVar
from urllib.parse import urlencode

import msgspec

from tonearm.domain.text import clean
from tonearm.ops.clock import Clock
from tonearm.ops.outgoing import LONGEST_SECONDS, Outgoing, OutgoingError, Reply
from tonearm.spotify.errors import Cause, RelinkNeededError, SpotifyError, SpotifyRefusedError
from tonearm.spotify.wording import blocked, ended, forbidden, refusal, unavailable

_LONGEST_NAME: Final = 255
_Answer = TypeVar("_Answer", bound=msgspec.Struct)


class SpotifyScope(StrEnum):
    """What a listener may be asked to grant."""

    RECENTLY_PLAYED = "user-read-recently-played"
    PLAYBACK = "user-read-playback-state"
    CURRENTLY_PLAYING = "user-read-currently-playing"
    CONTROL = "user-modify-playback-state"
    LIBRARY = "user-library-read"
    LIBRARY_WRITE = "user-library-modify"
    FOLLOWING = "user-follow-read"
    FOLLOWING_WRITE = "user-follow-modify"
    PLAYLISTS = "playlist-read-private"
    SHARED_PLAYLISTS = "playlist-read-collaborative"
    PUBLIC_PLAYLISTS_WRITE = "playlist-modify-public"
    PLAYLISTS_WRITE = "playlist-modify-private"
    PICTURES = "ugc-image-upload"
    TOP = "user-top-read"
    POSITION = "user-read-playback-position"


LEAST: Final = frozenset({SpotifyScope.RECENTLY_PLAYED.value})
"""What every link needs: it collects plays."""


@dataclass(frozen=True, slots=True)
class App:
    """An app that is registered at Spotify."""

    client_id: str
    secret: str = field(default="", repr=False)
    """Empty for one that PKCE alone protects."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What a code or a refresh token is exchanged for."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    """None where the one before goes on."""
    scopes: frozenset[str] | None
    """What was granted; None where that is as before."""
    lasts: timedelta


@dataclass(frozen=True, slots=True)
class Profile:
    """Who has agreed."""

    account_id: str
    """Never changes, where Spotify gives such a one."""
    ids: tuple[str, ...]
    """All names under which the account may be known, `account_id` first."""
    display_name: str | None


class _Tokens(msgspec.Struct, frozen=True):
    access_token: Annotated[str, msgspec.Meta(pattern=r"^[!-~]{1,4096}$")]
    expires_in: Annotated[int, msgspec.Meta(ge=1, le=31_536_000)]
    scope: str | None = None
    refresh_token: Annotated[str, msgspec.Meta(pattern=r"^[!-~]{1,4096}$")] | None = None


class _Me(msgspec.Struct, frozen=True):
    id: str
    account_id: str | None = None
    display_name: str | None = None


class _Fault(msgspec.Struct, frozen=True):
    error: str = ""


class Login:
    """Speaks to the accounts service; from worker threads, as all of it waits for the network."""

    def __init__(
        self, accounts_url: str, api_url: str, clock: Clock, *, patience: float = LONGEST_SECONDS
    ) -> None:
        """Prepare to ask, `patience` seconds each time at most."""
        self._accounts_url = accounts_url
        self._api_url = api_url
        self._clock = clock
        self._outgoing = Outgoing(patience)

    def address(
        self, app: App, redirect_uri: str, state: str, challenge: str, scopes: Iterable[str]
    ) -> str:
        """Give where a browser goes so that its listener can agree."""
        asked = {
            "response_type": "code",
            "client_id": app.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(sorted(scopes)),
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._accounts_url}/authorize?{urlencode(asked)}"

    def exchange(self, app: App, code: str, redirect_uri: str, verifier: str) -> Granted:
        """Exchange a code for tokens.

        Raises:
            SpotifyRefusedError: the code was used or is too old, or the app is not known so.
            SpotifyBlockedError: too much was asked.
            SpotifyUnavailableError: Spotify does not answer.
        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        try:
            return self._ask_for_tokens(app, form)
        except RelinkNeededError:
            raise SpotifyRefusedError(
                "Spotify does not take this answer any more: it was used, or waited too long. Begin again."
            ) from None

    def refresh(self, app: App, refresh_token: str) -> Granted:
        """Exchange a refresh token for an access token.

        Raises:
            RelinkNeededError: it is not taken any more.
            SpotifyRefusedError: the app is not known so.
            SpotifyBlockedError: too much was asked.
            SpotifyUnavailableError: Spotify does not answer.
        """
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self._ask_for_tokens(app, form)

    def get_profile(self, access_token: str) -> Profile:
        """Give whose account a token is for.

        Raises:
            SpotifyRefusedError: the Web API will not; the cause says why.
            SpotifyBlockedError: too much was asked.
            SpotifyUnavailableError: Spotify does not answer.
        """
        reply = self._ask("GET", f"{self._api_url}/me", bearer=access_token)
        if reply.status == HTTPStatus.FORBIDDEN:
            raise forbidden(reply.body)
        if reply.status != HTTPStatus.OK:
            raise unavailable()
        me = _decode(reply.body, _Me)
        found = (clean(me.account_id), clean(me.id))
        ids = tuple(name for name in found if name and len(name) <= _LONGEST_NAME)
        if not ids:
            raise unavailable()
        return Profile(ids[0], ids, (clean(me.display_name) or "")[:_LONGEST_NAME] or None)

    def _ask_for_tokens(self, app: App, form: dict[str, str]) -> Granted:
        basic = (app.client_id, app.secret) if app.secret else None
        if basic is None:
            form["client_id"] = app.client_id
        address = f"{self._accounts_url}/api/token"
        reply = self._ask("POST", address, form=form, basic=basic)
        if reply.status != HTTPStatus.OK:
            raise _fault(reply)
        tokens = _decode(reply.body, _Tokens)
        return Granted(
            tokens.access_token,
            tokens.refresh_token,
            None if tokens.scope is None else frozenset(tokens.scope.split()),
            timedelta(seconds=tokens.expires_in),
        )

    def _ask(
        self,
        method: str,
        address: str,
        *,
        bearer: str | None = None,
        form: Mapping[str, str] | None = None,
        basic: tuple[str, str] | None = None,
    ) -> Reply:
        try:
            reply = self._outgoing.ask(method, address, bearer=bearer, form=form, basic=basic)
        except OutgoingError:
            raise unavailable() from None
        if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise blocked(reply.retry_after, reply.body, self._clock())
        return reply


def _fault(reply: Reply) -> SpotifyError:
    """Give what a refusal of the token endpoint stands for (RFC 6749, 5.2)."""
    error = _decode(reply.body, _Fault).error
    if error == "invalid_grant":
        return ended()
    if error in {"invalid_client", "unauthorized_client"}:
        return refusal(Cause.APP)
    return refusal(Cause.OTHER)


def _decode(body: bytes, kind: type[_Answer]) -> _Answer:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise unavailable() from None
