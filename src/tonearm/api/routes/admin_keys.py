"""Keys of other people, for admins."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path

from tonearm.accounts.keys import NewKey
from tonearm.api.records import KeyPage
from tonearm.api.routes.keys import LARGEST_ID, KeyId, KeyWish, Rotation
from tonearm.web.callers import Administrator, Rooms
from tonearm.web.questions import look_at
from tonearm.web.strict import api_router, problems

ROUTER: APIRouter = api_router("/admin/users/{user_id}/keys", "admin")

UserId = Annotated[int, Path(ge=1, le=LARGEST_ID, description="Number of the listener")]


@ROUTER.get("", summary="List somebody's keys", responses=problems(404, 503))
def list_keys(services: Rooms, caller: Administrator, user_id: UserId) -> KeyPage:
    """Give somebody's keys that work, the newest first, without the secrets; that an admin looks is written down."""
    return KeyPage(tuple(services.keys.list(look_at(services, caller, user_id).id)))


@ROUTER.post(
    "", status_code=201, summary="Make a key for somebody", responses=problems(403, 404, 409, 503)
)
def post_key(services: Rooms, caller: Administrator, user_id: UserId, wish: KeyWish) -> NewKey:
    """Make a key for somebody whose role is not above yours, without the scope `admin`.

    The answer is the only place that ever shows it.
    """
    return services.keys.create(user_id, wish.name, wish.scopes, wish.expires_at, by=caller)


@ROUTER.post(
    "/{key_id}/rotate",
    status_code=201,
    summary="Rotate somebody's key",
    responses=problems(403, 404, 409, 503),
)
def post_rotation(
    services: Rooms,
    caller: Administrator,
    user_id: UserId,
    key_id: KeyId,
    rotation: Rotation | None = None,
) -> NewKey:
    """Make a key of the same name, scopes and end; the old one goes on working for the overlap."""
    overlap = timedelta(minutes=rotation.overlap_minutes if rotation else 0)
    return services.keys.rotate(user_id, key_id, overlap, by=caller)


@ROUTER.delete(
    "/{key_id}", status_code=204, summary="Revoke somebody's key", responses=problems(403, 404, 503)
)
def delete_key(services: Rooms, caller: Administrator, user_id: UserId, key_id: KeyId) -> None:
    """End a key at once, in every process."""
    services.keys.revoke(user_id, key_id, by=caller)
