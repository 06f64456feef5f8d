"""What assistants have called for the caller."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import Query

from tonearm.accounts.assistants import KEPT, ToolCall, ToolUse
from tonearm.api.cursor import Cursor, make_cursor, read_cursor
from tonearm.web.callers import Reader, Rooms
from tonearm.web.strict import api_router, problems

ROUTER = api_router("/user/assistants", "user")


@dataclass(frozen=True, slots=True)
class UsePage:
    """Tools that assistants called, those of most calls first; all of them are on one page."""

    days: int
    """Of how many days until now."""
    items: tuple[ToolUse, ...]
    next_cursor: None = None
    """There is no next page."""


@dataclass(frozen=True, slots=True)
class CallPage:
    """Calls of tools, newest first."""

    items: tuple[ToolCall, ...]
    next_cursor: str | None
    """Give it as `cursor` for the next page; None on the last one."""


@ROUTER.get("/usage", summary="Tell what assistants use", responses=problems(503))
def get_usage(
    services: Rooms,
    caller: Reader,
    days: Annotated[int, Query(ge=1, le=KEPT.days, description="Of how many days until now")] = 30,
) -> UsePage:
    """Say how often assistants called each tool for the caller, how long that took, and how often it failed."""
    return UsePage(days, tuple(services.assistant_calls.list_use(caller.id, timedelta(days=days))))


@ROUTER.get("/calls", summary="List calls of assistants", responses=problems(503))
def list_calls(
    services: Rooms,
    caller: Reader,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> CallPage:
    """Give the calls of the caller's assistants, the newest first; what they asked about is not kept."""
    # One more than fits tells whether there is a next page.
    found = services.assistant_calls.list_calls(
        caller.id, before=read_cursor(cursor) or None, limit=limit + 1
    )
    more = make_cursor(found[limit - 1].id) if len(found) > limit else None
    return CallPage(tuple(found[:limit]), more)
