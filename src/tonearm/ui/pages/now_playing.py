"""What plays now, as a part of the overview that the page asks for by itself while somebody sees it."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from tonearm.live.playing import Glance
from tonearm.ui.rendering import Frame, frame_of, page, render
from tonearm.web.callers import PageCaller, Rooms

ROUTER = APIRouter(include_in_schema=False)


@ROUTER.get("/now-playing")
def now_playing_part(request: Request, caller: PageCaller, rooms: Rooms) -> Response:
    """Give the part that tells what plays, and when to ask again; nothing to see while nothing does."""
    glance = rooms.playing.glance(caller.id)
    return page(request, render_now_playing(glance, frame_of(request, caller)))


def render_now_playing(glance: Glance, frame: Frame) -> str:
    """Render the part."""
    return render(
        "now_playing.html",
        frame,
        now=glance.now,
        again=None if glance.again_in is None else int(glance.again_in.total_seconds()),
    )
