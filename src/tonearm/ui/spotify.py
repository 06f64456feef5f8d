"""What the account page tells of the link to Spotify."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from tonearm.accounts.link_records import LinkState
from tonearm.accounts.people import User
from tonearm.collector.records import Standing
from tonearm.web.services import Services
from tonearm.web.spotify import LOGIN, redirect_of, status_of

_STATES: Mapping[LinkState, str] = {
    LinkState.LINKED: "Linked",
    LinkState.RELINK_NEEDED: "Has to be linked again",
}
_STANDINGS: Mapping[Standing, str] = {
    Standing.NOT_LINKED: "Nothing is collected",
    Standing.BEGINNING: "Begins in a moment",
    Standing.COLLECTING: "What you play is collected",
    Standing.PAUSED: "Paused: what you play now is not collected",
    Standing.OUTAGE: "Spotify does not answer; it is tried again and again",
    Standing.BLOCKED: "Spotify allows no more calls for a while; it goes on by itself",
    Standing.REFUSED: "Spotify does not let Tonearm see what you play",
    Standing.RELINK_NEEDED: "Nothing is collected until you link again",
}
_MOST_GAPS = 5
_GRANTS: Mapping[str, str] = {
    "user-read-recently-played": "what you played lately",
    "user-read-playback-state": "what is playing, and where",
    "user-read-currently-playing": "what is playing",
    "user-modify-playback-state": "control of the player",
    "user-library-read": "your library",
    "user-library-modify": "changes to your library",
    "user-follow-read": "whom you follow",
    "user-follow-modify": "changes to whom you follow",
    "playlist-read-private": "your playlists",
    "playlist-read-collaborative": "playlists you share",
    "playlist-modify-public": "changes to public playlists",
    "playlist-modify-private": "changes to your playlists",
    "ugc-image-upload": "pictures of playlists",
    "user-top-read": "what Spotify counts as your favourites",
    "user-read-playback-position": "how far you are in episodes",
}
"""What was granted, in words."""


def spotify_values(request: Request, rooms: Services, caller: User) -> dict[str, Any]:
    """Give what the part of the account page about Spotify is rendered with."""
    status = status_of(request, rooms, caller)
    scopes = status.link.scopes if status.link else ()
    return {
        "spotify": status,
        "link_state": _STATES[status.link.state] if status.link else None,
        "granted": ", ".join(_GRANTS.get(scope, scope) for scope in scopes),
        "spotify_login": LOGIN,
        **(collecting_values(request, rooms, caller) if status.link else {}),
    }


def collecting_values(request: Request, rooms: Services, caller: User) -> dict[str, Any]:
    """Give what the part about collecting is rendered with."""
    found = rooms.collections.status(caller.id)
    scope = found.sampling.missing_scope
    return {
        "found": found,
        "standing": _STANDINGS[found.standing],
        "is_polling": rooms.collections.is_polling(caller.id),
        "most_gaps": _MOST_GAPS,
        "allow_sampling": scope and f"{LOGIN}?scopes={scope}",
        "is_pasted": redirect_of(request, rooms.public_url).is_pasted,
    }
