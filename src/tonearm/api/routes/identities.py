"""The log-ins elsewhere that open the caller's account."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Path

from tonearm.accounts.identities import Identity
from tonearm.web.callers import AccountHolder, Rooms
from tonearm.web.strict import api_router, problems

ROUTER = api_router("/user/identities", "user")
_LARGEST_ID = 2_147_483_647

IdentityId = Annotated[int, Path(ge=1, le=_LARGEST_ID, description="Number of the identity")]


@dataclass(frozen=True, slots=True)
class IdentityPage:
    """Identities, oldest first; all of them are on one page."""

    items: tuple[Identity, ...]
    next_cursor: None = None
    """There is no next page."""


@ROUTER.get("", summary="List linked log-ins")
def list_identities(services: Rooms, caller: AccountHolder) -> IdentityPage:
    """Give the log-ins at OIDC providers that open the caller's account."""
    return IdentityPage(tuple(services.identities.list(caller.id)))


@ROUTER.delete(
    "/{identity_id}",
    status_code=204,
    summary="Unlink a log-in",
    responses=problems(404, 409, 503),
)
def delete_identity(services: Rooms, caller: AccountHolder, identity_id: IdentityId) -> None:
    """Let a log-in elsewhere open nothing any more; refused where it is the only way in."""
    services.identities.unlink(caller.id, identity_id)
