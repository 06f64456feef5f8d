"""What the caller has let programs in to."""

from typing import Annotated

from fastapi import Path

from tonearm.api.records import GrantPage
from tonearm.api.routes.keys import LARGEST_ID
from tonearm.web.callers import AccountHolder, Rooms
from tonearm.web.strict import api_router, problems

ROUTER = api_router("/user/grants", "user")

GrantId = Annotated[int, Path(ge=1, le=LARGEST_ID, description="Number of the grant")]


@ROUTER.get("", summary="List grants")
def list_grants(services: Rooms, caller: AccountHolder) -> GrantPage:
    """Give what the caller has let programs in to by OAuth and has not ended, the newest first."""
    return GrantPage(tuple(services.grants.list(caller.id)))


@ROUTER.delete(
    "/{grant_id}", status_code=204, summary="Revoke a grant", responses=problems(404, 503)
)
def delete_grant(services: Rooms, caller: AccountHolder, grant_id: GrantId) -> None:
    """End a grant and its tokens at once, in every process."""
    services.grants.revoke(caller.id, grant_id)
