"""What listeners hear now, for any number of pages, programs and assistants that want to know.

One look holds for all who ask about the same listener within some seconds. Pages, which ask by themselves for as long
as somebody has them open, look less often, leave a part of the app's budget to what people ask for on purpose, and
rest while anything is in the way.
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from tonearm.accounts.link_records import Link, LinkState
from tonearm.accounts.links import Links
from tonearm.domain.errors import TonearmError
from tonearm.live.live import Live
from tonearm.ops.clock import Clock
from tonearm.spotify.client import Spotify
from tonearm.spotify.operation import Scope

if TYPE_CHECKING:
    from tonearm.spotify.models import Playable, Playback
    from tonearm.spotify.session import Session

HOLDS: Final = timedelta(seconds=15)
"""How long one look holds for whoever asks on purpose."""
SOONEST: Final = timedelta(seconds=20)
"""When a page looks again at the earliest; not before what plays is over, or a minute has passed."""
_LATEST: Final = timedelta(minutes=1)
_SILENT: Final = timedelta(minutes=2)
_RESTS: Final = timedelta(minutes=5)
_LONGEST_REST: Final = timedelta(hours=1)
_AFTER_END: Final = timedelta(seconds=2)
# Of what polls leave of a day's calls, pages may use all but this part.
_KEPT: Final = 4
# A collection's address names whose it is.
_CONTEXTS: Final = frozenset({"album", "artist", "playlist", "show"})
SCOPES: Final = frozenset({Scope.READ_PLAYBACK, Scope.READ_CURRENT})
"""One of these a listener must have granted; the first tells of the device and the modes too."""


@dataclass(frozen=True, slots=True)
class NowPlaying:
    """What somebody hears at a moment."""

    playing: bool
    """Whether it plays; false while it is paused."""
    kind: str
    """`track`, `episode`, `chapter`, `ad`, or `unknown` where Spotify does not tell."""
    uri: str | None
    """Spotify URI; null for adverts and files of the listener's own."""
    title: str | None
    artist: str | None
    """Artists of a track, the show of an episode, the book of a chapter."""
    album: str | None
    ms_progress: int | None
    """How far it is, in milliseconds."""
    ms_length: int | None
    """How long it is, in milliseconds."""
    context_uri: str | None
    """From where it plays: an album, artist, playlist or show."""
    device: str | None
    """Name of the device; null unless the listener has granted the player's state."""
    device_type: str | None
    private: bool | None
    """Whether the session is private."""
    shuffle: bool | None
    repeat: str | None
    """`track`, `context` or `off`."""
    seen_at: datetime
    """When Spotify was asked."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What a page is told."""

    now: NowPlaying | None
    """None while nothing plays, and while Spotify is not asked."""
    again_in: timedelta | None
    """When to look again; None where looking is of no use until something is changed."""


@dataclass(frozen=True, slots=True)
class _Look:
    link_id: int
    at: datetime
    now: NowPlaying | None


class Playing:
    """Looks at players; remembers the last look at each for a moment."""

    def __init__(self, clock: Clock, links: Links, spotify: Spotify, live: Live) -> None:
        self._clock = clock
        self._links = links
        self._spotify = spotify
        self._live = live
        self._lock = threading.Lock()
        self._looking: dict[int, threading.Lock] = {}
        self._looks: dict[int, _Look] = {}
        self._rests: dict[int, datetime] = {}

    def get(self, user_id: int) -> NowPlaying | None:
        """Give what somebody hears, as of some seconds ago at most; None while nothing plays.

        Raises:
            NotFoundError: there is no link.
            RelinkNeededError: it has to be made again.
            SpotifyError: there is no good answer; which one says what can be done.
        """
        return self._look(user_id, self._links.get(user_id), HOLDS).now

    def can_glance(self, user_id: int) -> bool:
        """Tell whether there is a healthy link through which a page may look."""
        return _is_open(self._links.find(user_id))

    def glance(self, user_id: int) -> Glance:
        """Give what a page shows of what somebody hears, and when it may ask again; nothing is raised."""
        link = self._links.find(user_id)
        if link is None or not _is_open(link):
            return Glance(None, None)
        now = self._clock()
        known = self._looks.get(user_id)
        if known is not None and known.link_id == link.id and now - known.at < _wait(known):
            return Glance(known.now, max(known.at + _wait(known) - now, SOONEST))
        rest = self._rests.get(user_id, now)
        if now < rest <= now + _LONGEST_REST:
            return Glance(None, max(rest - now, SOONEST))
        rests_until = self._rests_until(link.client_id, now)
        if rests_until is None:
            try:
                found = self._look(user_id, link, SOONEST)
            except TonearmError:
                # Whatever it is, it is told where somebody asks on purpose, and on the account page.
                rests_until = now + _RESTS
            else:
                return Glance(found.now, _wait(found))
        self._rests[user_id] = rests_until
        return Glance(None, rests_until - now)

    def _rests_until(self, client_id: str, now: datetime) -> datetime | None:
        """Give until when pages look at nothing, because the app's calls are needed for more; None if they may."""
        app = self._spotify.get_status(client_id)
        latest = now + _LONGEST_REST
        if app.blocked_until is not None:
            return min(app.blocked_until, latest)
        free = max(app.budget - app.reserve, 0)
        if app.calls_today >= free - free // _KEPT:
            return min(app.day_ends_at or latest, latest)
        return None

    def _look(self, user_id: int, link: Link, holds: timedelta) -> _Look:
        """Give the last look if it holds; else look, one at a time for each listener."""
        with self._lock:
            mine = self._looking.setdefault(user_id, threading.Lock())
        with mine:
            known = self._looks.get(user_id)
            is_same = known is not None and known.link_id == link.id
            if known is not None and is_same and self._clock() - known.at < holds:
                return known
            is_narrow = SCOPES & set(link.scopes) == {Scope.READ_CURRENT}
            playback = self._live.ask(user_id, _item_alone if is_narrow else _whole)
            at = self._clock()
            found = _Look(link.id, at, None if playback is None else _told(playback, at))
            self._looks[user_id] = found
            return found


def _is_open(link: Link | None) -> bool:
    return (
        link is not None
        and link.state is LinkState.LINKED
        and link.problem is None
        and not SCOPES.isdisjoint(link.scopes)
    )


def _whole(session: "Session") -> "Playback | None":
    state = session.player.state()
    return None if state is None else state.playback


def _item_alone(session: "Session") -> "Playback | None":
    return session.player.current()


def _wait(look: _Look) -> timedelta:
    """Give how long a page waits after a look: until what plays is over, or somebody may have done something."""
    now = look.now
    if now is None:
        return _SILENT
    if not now.playing or now.ms_length is None or now.ms_progress is None:
        return _LATEST
    left = timedelta(milliseconds=now.ms_length - now.ms_progress) + _AFTER_END
    return min(max(left, SOONEST), _LATEST)


def _told(playback: "Playback", at: datetime) -> NowPlaying | None:
    item, device, context = playback.item, playback.device, playback.context
    if item is None and not playback.is_playing:
        return None
    kind = playback.currently_playing_type if item is None else item.type
    artist, album = (None, None) if item is None else _by(item)
    is_chapter = item is not None and item.uri.startswith("spotify:chapter:")
    return NowPlaying(
        playing=playback.is_playing,
        kind="chapter" if is_chapter else kind,
        uri=None if item is None or item.is_local else item.uri or None,
        title=None if item is None else item.name or None,
        artist=artist,
        album=album,
        ms_progress=playback.progress_ms,
        ms_length=None if item is None else item.duration_ms,
        context_uri=None if context is None or context.type not in _CONTEXTS else context.uri,
        device=None if device is None else device.name or None,
        device_type=None if device is None else device.type or None,
        private=None if device is None else device.is_private_session,
        shuffle=playback.shuffle_state,
        repeat=playback.repeat_state,
        seen_at=at,
    )


def _by(item: "Playable") -> tuple[str | None, str | None]:
    """Give of whom something is, and its album."""
    if item.audiobook is not None:
        return item.audiobook.name or None, None
    if item.show is not None:
        return item.show.name or None, None
    artists = ", ".join(artist.name for artist in item.artists if artist.name)
    return artists or None, None if item.album is None else item.album.name or None
