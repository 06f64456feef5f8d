"""What listeners share, as whoever has a link sees it: nobody has to be known, and nobody's log-in is looked at."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from tonearm.history.shares import no_share
from tonearm.ui.pixels import to_png
from tonearm.ui.rendering import frame_of, page
from tonearm.ui.share_cards import share_card
from tonearm.ui.sharing import render_share, share_picture
from tonearm.web.callers import Rooms
from tonearm.web.joining import share_link

ROUTER = APIRouter(prefix="/s", include_in_schema=False)
Token = Annotated[str, Path()]
Theme = Annotated[Literal["light", "dark"], Query()]
"""The colours of a picture."""


@ROUTER.get("/{token}")
def shared_page(request: Request, rooms: Rooms, token: Token) -> Response:
    """Show a share; a link that leads nowhere is told the same way whatever it once led to."""
    user, found = rooms.shares.open(token, is_view=True)
    frame = frame_of(request)
    picture, card = frame.path(f"/s/{token}/picture"), f"{share_link(request, token)}/card.png"
    return page(request, render_share(rooms, user, found, frame, picture=picture, card=card))


@ROUTER.get("/{token}/card.png")
def shared_card(request: Request, rooms: Rooms, token: Token) -> Response:
    """Give the picture that stands for a share where its link is shown; it is no look at the page."""
    user, found = rooms.shares.open(token, is_view=False)
    return picture_answer(request, share_card(rooms.insights, user, found), scale=1)


@ROUTER.get("/{token}/picture.png")
@ROUTER.get("/{token}/picture.svg")
def shared_picture(
    request: Request, rooms: Rooms, token: Token, theme: Theme = "light"
) -> Response:
    """Give the picture of a share that is one, to be kept."""
    user, found = rooms.shares.open(token, is_view=False)
    drawn = share_picture(rooms, user, found, is_dark=theme == "dark")
    if drawn is None:
        raise no_share()
    return picture_answer(request, drawn)


def picture_answer(
    request: Request, drawn: str, name: str = "tonearm", *, scale: int = 2
) -> Response:
    """Answer with a picture that nothing between keeps, as PNG where the path ends like that, else as SVG.

    A PNG has `scale` pixels for each unit of the drawing.
    """
    form = request.url.path.rpartition(".")[2]
    headers = {
        "cache-control": "private, no-store",
        "content-disposition": f'inline; filename="{name}.{form}"',
    }
    if form == "png":
        return Response(to_png(drawn, scale=scale), media_type="image/png", headers=headers)
    return Response(drawn, media_type="image/svg+xml", headers=headers)
