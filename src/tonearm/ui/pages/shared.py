"""What listeners share, as whoever has a link sees it: nobody has to be known, and nobody's log-in is looked at."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from tonearm.history.shares import no_share
from tonearm.ui.rendering import frame_of, page
from tonearm.ui.sharing import render_share, share_picture
from tonearm.web.callers import Rooms

ROUTER = APIRouter(prefix="/s", include_in_schema=False)
Token = Annotated[str, Path()]


@ROUTER.get("/{token}")
def shared_page(request: Request, rooms: Rooms, token: Token) -> Response:
    """Show a share; a link that leads nowhere is told the same way whatever it once led to."""
    user, found = rooms.shares.open(token, is_view=True)
    frame = frame_of(request)
    address = frame.path(f"/s/{token}/picture.svg")
    return page(request, render_share(rooms, user, found, frame, picture=address))


@ROUTER.get("/{token}/picture.svg")
def shared_picture(rooms: Rooms, token: Token) -> Response:
    """Give the picture of a share that is one, to be kept."""
    user, found = rooms.shares.open(token, is_view=False)
    drawn = share_picture(rooms, user, found)
    if drawn is None:
        raise no_share()
    return picture_answer(drawn)


def picture_answer(drawn: str) -> Response:
    """Answer with a picture that nothing between keeps."""
    headers = {
        "cache-control": "private, no-store",
        "content-disposition": 'inline; filename="tonearm.svg"',
    }
    return Response(drawn, media_type="image/svg+xml", headers=headers)
