"""Invitations to this instance."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Path
from pydantic import Field, StrictInt
from starlette.requests import Request
from starlette.responses import Response

from tonearm.accounts.invitations import LONGEST_LIFETIME, USUAL_LIFETIME, Invitation
from tonearm.domain.vocabulary import Role
from tonearm.web.callers import Administrator, Rooms
from tonearm.web.joining import invitation_link
from tonearm.web.strict import Body, api_router, problems

ROUTER = api_router("/admin/invitations", "admin")
_LARGEST_ID = 2_147_483_647

InvitationId = Annotated[int, Path(ge=1, le=_LARGEST_ID, description="Number of the invitation")]


class InvitationWish(Body):
    """An invitation to make."""

    role: Role = Role.LISTENER
    """What whoever uses it will be; below your own role."""
    days: Annotated[StrictInt, Field(ge=1, le=LONGEST_LIFETIME.days)] = USUAL_LIFETIME.days
    """For how many days it holds."""
    note: str = ""
    """For whom it is, in your words: up to 64 characters."""


@dataclass(frozen=True, slots=True)
class InvitationPage:
    """Invitations, newest first; all of them are on one page."""

    items: tuple[Invitation, ...]
    next_cursor: None = None
    """There is no next page."""


@dataclass(frozen=True, slots=True)
class InvitationLink:
    """An invitation just made: the only time that its link can be read."""

    id: int
    link: str
    """Lets one person in."""
    role: Role
    note: str
    ends_at: datetime


@ROUTER.get("", summary="List invitations")
def list_invitations(services: Rooms, caller: Administrator) -> InvitationPage:
    """Give the invitations that can be used, the newest first, without their links."""
    del caller
    return InvitationPage(tuple(services.invitations.list()))


@ROUTER.post("", status_code=201, summary="Invite somebody", responses=problems(409, 503))
def post_invitation(
    request: Request,
    response: Response,
    services: Rooms,
    caller: Administrator,
    wish: InvitationWish,
) -> InvitationLink:
    """Make a link that lets one person make an account. The answer is the only place that ever shows it."""
    lifetime = timedelta(days=wish.days)
    new = services.invitations.create(caller, wish.role, lifetime, wish.note)
    response.headers["cache-control"] = "no-store"
    link = invitation_link(request, new.token)
    return InvitationLink(new.id, link, new.role, new.note, new.ends_at)


@ROUTER.delete(
    "/{invitation_id}",
    status_code=204,
    summary="Revoke an invitation",
    responses=problems(404, 503),
)
def delete_invitation(services: Rooms, caller: Administrator, invitation_id: InvitationId) -> None:
    """Let an invitation let nobody in any more."""
    services.invitations.revoke(invitation_id, by=caller)
