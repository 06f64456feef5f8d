"""The people of this instance, for those who look after them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Path, Query
from pydantic import StrictBool
from starlette.requests import Request
from starlette.responses import Response

from tonearm.accounts.people import User
from tonearm.api.cursor import Cursor, make_cursor, read_cursor
from tonearm.domain.vocabulary import Role
from tonearm.web.callers import Administrator, Rooms
from tonearm.web.joining import reset_link
from tonearm.web.questions import look_at
from tonearm.web.strict import Body, Change, api_router, problems

ROUTER = api_router("/admin/users", "admin")
_LARGEST_ID = 2_147_483_647

UserId = Annotated[int, Path(ge=1, le=_LARGEST_ID, description="Number of the user")]
Limit = Annotated[int, Query(ge=1, le=500)]


class NewUser(Body):
    """Somebody to add; they have no password until they choose one by a link."""

    name: str
    """1 to 64 printable characters."""
    role: Role = Role.LISTENER
    """What they may; below your own role."""
    zone: str = "UTC"
    """IANA time zone in which days are counted."""


class UserChange(Change):
    """What shall be otherwise; what is left out stays."""

    role: Role | None = None
    """What they may; below your own role."""
    disabled: StrictBool | None = None
    """Whether their account opens nothing; what is in it stays."""
    email: str | None = None
    """Where links to a new password go; empty for none."""


class Deletion(Body):
    """A confirmation."""

    confirm: str
    """Their name, exactly as it is written."""


@dataclass(frozen=True, slots=True)
class UserPage:
    """People in order of their coming."""

    items: tuple[User, ...]
    next_cursor: str | None
    """Give it as `cursor` for the next page; None on the last one."""


@dataclass(frozen=True, slots=True)
class ResetLink:
    """A link to a new password: the only time that it can be read."""

    link: str
    """Works once. Give it to that person, and to nobody else."""
    ends_at: datetime


@ROUTER.get("", summary="List people")
def list_users(
    services: Rooms, caller: Administrator, cursor: Cursor = None, limit: Limit = 100
) -> UserPage:
    """Give the people of this instance in order of their coming."""
    del caller
    # One more than fits tells whether there is a next page.
    found = services.administration.list(after=read_cursor(cursor), limit=limit + 1)
    more = make_cursor(found[limit - 1].id) if len(found) > limit else None
    return UserPage(tuple(found[:limit]), more)


@ROUTER.post("", status_code=201, summary="Add somebody", responses=problems(409, 503))
def post_user(services: Rooms, caller: Administrator, wish: NewUser) -> User:
    """Add somebody; they choose their password by a link that you make for them."""
    return services.administration.add(wish.name, wish.zone, wish.role, by=caller)


@ROUTER.get("/{user_id}", summary="Get somebody", responses=problems(404, 503))
def get_user(services: Rooms, caller: Administrator, user_id: UserId) -> User:
    """Give one person. That an admin looks is written down."""
    return look_at(services, caller, user_id)


@ROUTER.patch(
    "/{user_id}",
    summary="Change role or address, disable, enable",
    responses=problems(404, 409, 503),
)
def patch_user(
    services: Rooms, caller: Administrator, user_id: UserId, change: UserChange | None = None
) -> User:
    """Change what somebody may. Who is disabled is logged out everywhere, and their keys open nothing.

    It is for people whose role is below yours, and gives roles below yours.
    """
    wish = change or UserChange()
    return services.administration.change(
        user_id, by=caller, role=wish.role, is_disabled=wish.disabled, email=wish.email
    )


@ROUTER.delete(
    "/{user_id}", status_code=204, summary="Delete somebody", responses=problems(404, 409, 503)
)
def delete_user(
    services: Rooms, caller: Administrator, user_id: UserId, deletion: Deletion | None = None
) -> None:
    """Delete somebody with everything that is theirs: history, imports, keys. It cannot be undone."""
    services.administration.delete(user_id, deletion.confirm if deletion else "", by=caller)


@ROUTER.post(
    "/{user_id}/password-reset",
    status_code=201,
    summary="Make a link to a new password",
    responses=problems(404, 503),
)
def post_reset(
    request: Request,
    response: Response,
    services: Rooms,
    caller: Administrator,
    user_id: UserId,
) -> ResetLink:
    """Make a link by which somebody chooses a password, once, within an hour. One made before works no more."""
    new = services.resets.create(user_id, by=caller)
    response.headers["cache-control"] = "no-store"
    return ResetLink(reset_link(request, new.token), new.ends_at)
