"""What else the listener may allow Tonearm at Spotify, and the way there."""

from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from tonearm.speech import N_
from tonearm.spotify.login import SpotifyScope
from tonearm.ui.rendering import frame_of, page, render
from tonearm.web.callers import PageCaller, Rooms
from tonearm.web.spotify import LOGIN, status_of

ROUTER = APIRouter(prefix="/account/spotify", include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Permission:
    """Something that may be allowed."""

    name: str
    use: str
    scopes: tuple[SpotifyScope, ...]

    @property
    def way(self) -> str:
        """Where one goes to allow it."""
        return f"{LOGIN}?{urlencode({'scopes': ' '.join(self.scopes)})}"


_PERMISSIONS = (
    Permission(
        N_("What plays now"),
        N_(
            "The overview shows it while you listen, and assistants can say it. Sampling needs it too."
        ),
        (SpotifyScope.PLAYBACK,),
    ),
    Permission(
        N_("Your playlists"),
        N_("Assistants can list and read them."),
        (SpotifyScope.PLAYLISTS, SpotifyScope.SHARED_PLAYLISTS),
    ),
    Permission(
        N_("Making playlists"),
        N_(
            "Assistants can make one for you from a list, with a key that has the scope library:write."
        ),
        (SpotifyScope.PLAYLISTS_WRITE, SpotifyScope.PUBLIC_PLAYLISTS_WRITE),
    ),
    Permission(
        N_("Your favourites as Spotify counts them"),
        N_("Assistants can set them beside what you truly played."),
        (SpotifyScope.TOP,),
    ),
)


@ROUTER.get("/permissions")
def permissions_page(request: Request, caller: PageCaller, rooms: Rooms) -> Response:
    """Show what is allowed, and lead to Spotify for the rest."""
    status = status_of(request, rooms, caller)
    granted = frozenset(status.link.scopes if status.link else ())
    missing = [one for one in _PERMISSIONS if not granted.issuperset(one.scopes)]
    scopes = tuple(scope for one in missing for scope in one.scopes)
    html = render(
        "spotify_permissions.html",
        frame_of(request, caller),
        spotify=status,
        permissions=[(one, one not in missing) for one in _PERMISSIONS],
        everything=Permission("", "", scopes) if len(missing) > 1 else None,
    )
    return page(request, html)
