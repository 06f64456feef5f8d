"""The link to Spotify, looked after from the account page. The way to Spotify and back is `web.spotify`."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.accounts.links import Collected
from tonearm.accounts.people import User
from tonearm.collector.records import PausedBy
from tonearm.domain.errors import TonearmError
from tonearm.ui.pages.account import show_account
from tonearm.ui.rendering import frame_of, page, render
from tonearm.ui.spotify import collecting_values
from tonearm.web.callers import PageCaller, PageEditor, Rooms
from tonearm.web.services import Services
from tonearm.web.spotify import paste

ROUTER = APIRouter(prefix="/account/spotify", include_in_schema=False)


@ROUTER.post("/paste")
def post_paste(
    request: Request,
    caller: PageEditor,
    rooms: Rooms,
    address: Annotated[str, Form()] = "",
) -> Response:
    """Link by the address that the browser was sent to."""
    return _done(request, rooms, caller, lambda: paste(request, rooms, caller, address))


@ROUTER.post("/refresh")
def post_refresh(request: Request, caller: PageEditor, rooms: Rooms) -> Response:
    """Renew the access token, to see whether the link works."""
    return _done(request, rooms, caller, lambda: rooms.links.refresh(caller.id))


@ROUTER.post("/unlink")
def post_unlink(
    request: Request,
    caller: PageEditor,
    rooms: Rooms,
    plays: Annotated[Collected, Form()] = Collected.KEEP,
) -> Response:
    """End the link."""
    return _done(request, rooms, caller, lambda: rooms.links.unlink(caller.id, plays))


@ROUTER.post("/app")
def post_app(
    request: Request,
    caller: PageEditor,
    rooms: Rooms,
    client_id: Annotated[str, Form()] = "",
    client_secret: Annotated[str, Form()] = "",
) -> Response:
    """Link through an app of the listener's own from now on."""
    return _done(
        request, rooms, caller, lambda: rooms.link_apps.put(caller.id, client_id, client_secret)
    )


@ROUTER.post("/app/remove")
def post_removed_app(request: Request, caller: PageEditor, rooms: Rooms) -> Response:
    """Forget the listener's own app."""
    return _done(request, rooms, caller, lambda: rooms.link_apps.remove(caller.id))


@ROUTER.get("/collecting")
def get_collecting(request: Request, caller: PageCaller, rooms: Rooms) -> Response:
    """Give the part of the account page that tells how collecting stands, for the page to show anew."""
    frame = frame_of(request, caller)
    html = render("account_collecting.html", frame, **collecting_values(request, rooms, caller))
    return page(request, html, 200)


@ROUTER.post("/collect")
def post_collect(request: Request, caller: PageEditor, rooms: Rooms) -> Response:
    """Ask Spotify for recent plays now."""
    return _done(
        request, rooms, caller, lambda: rooms.collections.trigger(caller.id, PausedBy.LISTENER)
    )


@ROUTER.post("/pause")
def post_pause(request: Request, caller: PageEditor, rooms: Rooms) -> Response:
    """Collect nothing for now."""
    return _done(
        request, rooms, caller, lambda: rooms.collections.pause(caller.id, PausedBy.LISTENER)
    )


@ROUTER.post("/resume")
def post_resume(request: Request, caller: PageEditor, rooms: Rooms) -> Response:
    """Go on collecting."""
    return _done(
        request, rooms, caller, lambda: rooms.collections.resume(caller.id, PausedBy.LISTENER)
    )


@ROUTER.post("/sampling")
def post_sampling(
    request: Request,
    caller: PageEditor,
    rooms: Rooms,
    *,
    is_on: Annotated[bool, Form()] = False,
) -> Response:
    """Look at the player near the end of each track, or no more."""
    return _done(
        request, rooms, caller, lambda: rooms.collections.set_sampling(caller.id, is_on=is_on)
    )


def _done(request: Request, rooms: Services, caller: User, do: Callable[[], object]) -> Response:
    """Do it and go back; a fault is told above the account."""
    try:
        do()
    except TonearmError as error:
        return show_account(request, caller, rooms, error)
    return RedirectResponse(frame_of(request).path("/account#spotify"), 303)
