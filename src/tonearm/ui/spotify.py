"""What the account page tells of the link to Spotify."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from tonearm.accounts.link_records import LinkState
from tonearm.accounts.people import User
from tonearm.collector.records import Standing
from tonearm.speech import N_
from tonearm.speech import gettext as _
from tonearm.web.services import Services
from tonearm.web.spotify import LOGIN, redirect_of, status_of

_STATES: Mapping[LinkState, str] = {
    LinkState.LINKED: N_("Linked"),
    LinkState.RELINK_NEEDED: N_("Has to be linked again"),
}
_STANDINGS: Mapping[Standing, str] = {
    Standing.NOT_LINKED: N_("Nothing is collected"),
    Standing.BEGINNING: N_("Begins in a moment"),
    Standing.COLLECTING: N_("What you play is collected"),
    Standing.PAUSED: N_("Paused: what you play now is not collected"),
    Standing.OUTAGE: N_("Spotify does not answer; it is tried again and again"),
    Standing.BLOCKED: N_("Spotify allows no more calls for a while; it goes on by itself"),
    Standing.REFUSED: N_("Spotify does not let Tonearm see what you play"),
    Standing.RELINK_NEEDED: N_("Nothing is collected until you link again"),
}
_MOST_GAPS = 5
_GRANTS: Mapping[str, str] = {
    "user-read-recently-played": N_("what you played lately"),
    "user-read-playback-state": N_("what is playing, and where"),
    "user-read-currently-playing": N_("what is playing"),
    "user-modify-playback-state": N_("control of the player"),
    "user-library-read": N_("your library"),
    "user-library-modify": N_("changes to your library"),
    "user-follow-read": N_("whom you follow"),
    "user-follow-modify": N_("changes to whom you follow"),
    "playlist-read-private": N_("your playlists"),
    "playlist-read-collaborative": N_("playlists you share"),
    "playlist-modify-public": N_("changes to public playlists"),
    "playlist-modify-private": N_("changes to your playlists"),
    "ugc-image-upload": N_("pictures of playlists"),
    "user-top-read": N_("what Spotify counts as your favourites"),
    "user-read-playback-position": N_("how far you are in episodes"),
}
"""What was granted, in words."""


def spotify_values(request: Request, rooms: Services, caller: User) -> dict[str, Any]:
    """Give what the part of the account page about Spotify is rendered with."""
    status = status_of(request, rooms, caller)
    scopes = status.link.scopes if status.link else ()
    return {
        "spotify": status,
        "link_state": _(_STATES[status.link.state]) if status.link else None,
        "granted": ", ".join(_(_GRANTS[scope]) if scope in _GRANTS else scope for scope in scopes),
        "spotify_login": LOGIN,
        **(collecting_values(request, rooms, caller) if status.link else {}),
    }


def collecting_values(request: Request, rooms: Services, caller: User) -> dict[str, Any]:
    """Give what the part about collecting is rendered with."""
    found = rooms.collections.status(caller.id)
    scope = found.sampling.missing_scope
    return {
        "found": found,
        "standing": _(_STANDINGS[found.standing]),
        "is_polling": rooms.collections.is_polling(caller.id),
        "most_gaps": _MOST_GAPS,
        "allow_sampling": scope and f"{LOGIN}?scopes={scope}",
        "is_pasted": redirect_of(request, rooms.public_url).is_pasted,
    }
