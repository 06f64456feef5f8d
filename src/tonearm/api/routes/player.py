"""The caller's player at Spotify."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from tonearm.accounts.people import User
from tonearm.domain.vocabulary import Scope
from tonearm.live.playing import NowPlaying
from tonearm.web.callers import Access, Rooms
from tonearm.web.strict import api_router, problems

ROUTER = api_router("/player", "player")
Listening = Annotated[User, Depends(Access(Scope.PLAYER))]


@dataclass(frozen=True, slots=True)
class PlayerAnswer:
    """What the caller hears."""

    now: NowPlaying | None
    """Null while nothing plays."""


@ROUTER.get("/now-playing", summary="What plays now", responses=problems(403, 404, 409, 503))
def get_now_playing(services: Rooms, caller: Listening) -> PlayerAnswer:
    """Ask Spotify what the caller hears, and on what.

    One answer holds for 15 seconds, whoever asks. It needs a link with the scope `user-read-playback-state`, or with
    `user-read-currently-playing`, which leaves the device out.
    """
    return PlayerAnswer(services.playing.get(caller.id))
