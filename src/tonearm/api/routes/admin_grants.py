"""What other people have let programs in to, for admins."""

from typing import Annotated

from fastapi import Path

from tonearm.api.records import GrantPage
from tonearm.api.routes.grants import GrantId
from tonearm.api.routes.keys import LARGEST_ID
from tonearm.web.callers import Administrator, Rooms
from tonearm.web.questions import look_at
from tonearm.web.strict import api_router, problems

ROUTER = api_router("/admin/users/{user_id}/grants", "admin")

UserId = Annotated[int, Path(ge=1, le=LARGEST_ID, description="Number of the listener")]


@ROUTER.get("", summary="List somebody's grants", responses=problems(404, 503))
def list_grants(services: Rooms, caller: Administrator, user_id: UserId) -> GrantPage:
    """Give what somebody has let programs in to, the newest first; that an admin looks is written down."""
    return GrantPage(tuple(services.grants.list(look_at(services, caller, user_id).id)))


@ROUTER.delete(
    "/{grant_id}",
    status_code=204,
    summary="Revoke somebody's grant",
    responses=problems(403, 404, 503),
)
def delete_grant(
    services: Rooms, caller: Administrator, user_id: UserId, grant_id: GrantId
) -> None:
    """End a grant of somebody whose role is not above yours, and its tokens, at once."""
    services.grants.revoke(user_id, grant_id, by=caller)
