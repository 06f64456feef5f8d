"""Inbox: what has happened, newest first."""

from typing import Annotated

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.ui.rendering import frame_of, page, render
from tonearm.web.callers import PageCaller, Rooms
from tonearm.web.strict import page_router

ROUTER = page_router("/inbox")
_LARGEST_ID = 2_147_483_647
_SHOWN = 50

NotificationId = Annotated[int, Path(ge=1, le=_LARGEST_ID)]


@ROUTER.get("")
def inbox_page(
    request: Request,
    caller: PageCaller,
    rooms: Rooms,
    before: Annotated[int | None, Query(ge=1, le=_LARGEST_ID)] = None,
) -> Response:
    """Show notifications, fifty at a time."""
    frame = frame_of(request, caller)
    found = rooms.notifications.list(caller.id, before=before, limit=_SHOWN + 1)
    html = render(
        "inbox.html",
        frame,
        notifications=found[:_SHOWN],
        has_unread=frame.unread() > 0,
        before=before,
        older=found[_SHOWN - 1].id if len(found) > _SHOWN else None,
    )
    return page(request, html)


@ROUTER.post("/read")
def post_all_read(request: Request, caller: PageCaller, rooms: Rooms) -> Response:
    """Mark everything as read."""
    rooms.notifications.read_all(caller.id)
    return _to_inbox(request)


@ROUTER.post("/{notification_id}/read")
def post_read(
    request: Request, caller: PageCaller, rooms: Rooms, notification_id: NotificationId
) -> Response:
    """Mark a notification as read."""
    rooms.notifications.read(caller.id, notification_id)
    return _to_inbox(request)


@ROUTER.post("/{notification_id}/delete")
def post_delete(
    request: Request, caller: PageCaller, rooms: Rooms, notification_id: NotificationId
) -> Response:
    """Delete a notification."""
    rooms.notifications.delete(caller.id, notification_id)
    return _to_inbox(request)


def _to_inbox(request: Request) -> Response:
    return RedirectResponse(frame_of(request).path("/inbox"), 303)
