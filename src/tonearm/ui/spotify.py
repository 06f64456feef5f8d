"""What the account page tells of the link to Spotify."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from tonearm.accounts.link_records import LinkState
from tonearm.accounts.people import User
from tonearm.web.services import Services
from tonearm.web.spotify import LOGIN, status_of

_STATES: Mapping[LinkState, str] = {
    LinkState.LINKED: "Linked",
    LinkState.RELINK_NEEDED: "Has to be linked again",
    LinkState.PAUSED: "Paused",
}
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
    }
