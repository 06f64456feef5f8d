"""Who the listener is, and what they hear most."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from tonearm.simulator.calls import Answer, ApiError, Call, Operation, page
from tonearm.simulator.world import Artist, Track

if TYPE_CHECKING:
    from collections.abc import Iterator

_DAY_MS: Final = 86_400_000
_DAYS: Final = {"short_term": 28, "medium_term": 182, "long_term": 365}
_TOP: Final = (("user-top-read",),)


def _me(call: Call) -> Answer:
    user = call.user
    images = [call.documents.picture(user.account_id)] if user.has_picture else []
    return Answer(
        {
            "account_id": user.account_id,
            "display_name": user.display_name,
            "external_urls": {"spotify": f"https://open.spotify.com/user/{user.id}"},
            "href": f"{call.documents.api}/users/{user.id}",
            "id": user.id,
            "images": images,
            "type": "user",
            "uri": f"spotify:user:{user.id}",
        }
    )


def _heard(call: Call) -> Iterator[Track]:
    days = _DAYS.get(call.query.get("time_range", "medium_term"))
    if days is None:
        raise ApiError(400, "Invalid time range")
    since = call.now - days * _DAY_MS
    for listen in call.user.script.ended(call.now):
        told = listen.untold is None and listen.started_at >= since
        if told and isinstance(listen.playable, Track):
            yield listen.playable


def _top_tracks(call: Call) -> Answer:
    rows = [track for track, _ in Counter(_heard(call)).most_common()]
    return Answer(page(call, rows, call.documents.track))


def _top_artists(call: Call) -> Answer:
    counted: Counter[Artist] = Counter(track.album.artist for track in _heard(call))
    rows = [artist for artist, _ in counted.most_common()]
    return Answer(page(call, rows, call.documents.artist))


OPERATIONS = (
    Operation("GET", "/me", "get-current-users-profile", _me),
    Operation("GET", "/me/top/tracks", "get-users-top-tracks", _top_tracks, _TOP),
    Operation("GET", "/me/top/artists", "get-users-top-artists", _top_artists, _TOP),
)
