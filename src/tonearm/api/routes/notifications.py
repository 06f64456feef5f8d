"""The caller's notifications."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Path, Query

from tonearm.api.cursor import Cursor, make_cursor, read_cursor
from tonearm.api.records import NotificationPage
from tonearm.notifications.notifications import Notification
from tonearm.web.callers import InboxHolder, Reader, Rooms
from tonearm.web.strict import api_router, problems

ROUTER = api_router("/notifications", "notifications")
_LARGEST_ID = 2_147_483_647

NotificationId = Annotated[
    int, Path(ge=1, le=_LARGEST_ID, description="Number of the notification")
]


@dataclass(frozen=True, slots=True)
class Unread:
    """How many notifications are unread."""

    unread: int


@dataclass(frozen=True, slots=True)
class Marked:
    """How many notifications were marked as read."""

    marked: int


@ROUTER.get("", summary="List notifications", responses=problems(503))
def list_notifications(
    services: Rooms,
    caller: Reader,
    *,
    unread: Annotated[
        bool | None, Query(description="Only unread ones; `false` gives only read ones")
    ] = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> NotificationPage:
    """Give the caller's notifications, the newest first."""
    # One more than fits tells whether there is a next page.
    found = services.notifications.list(
        caller.id, before=read_cursor(cursor) or None, limit=limit + 1, is_unread=unread
    )
    more = make_cursor(found[limit - 1].id) if len(found) > limit else None
    return NotificationPage(tuple(found[:limit]), more)


@ROUTER.get("/unread-count", summary="Count unread notifications", responses=problems(503))
def get_unread_count(services: Rooms, caller: Reader) -> Unread:
    """Say how many of the caller's notifications are unread."""
    return Unread(services.notifications.count_unread(caller.id))


@ROUTER.post("/read", summary="Mark all notifications as read", responses=problems(503))
def post_all_read(services: Rooms, caller: InboxHolder) -> Marked:
    """Mark every notification of the caller as read."""
    return Marked(services.notifications.read_all(caller.id))


@ROUTER.post(
    "/{notification_id}/read", summary="Mark a notification as read", responses=problems(404, 503)
)
def post_read(
    services: Rooms, caller: InboxHolder, notification_id: NotificationId
) -> Notification:
    """Mark a notification as read; the first time counts."""
    return services.notifications.read(caller.id, notification_id)


@ROUTER.delete(
    "/{notification_id}",
    status_code=204,
    summary="Delete a notification",
    responses=problems(404, 503),
)
def delete_notification(
    services: Rooms, caller: InboxHolder, notification_id: NotificationId
) -> None:
    """Delete a notification."""
    services.notifications.delete(caller.id, notification_id)
