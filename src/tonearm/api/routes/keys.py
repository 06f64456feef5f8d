"""The caller's API keys."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Path
from pydantic import Field, StrictInt

from tonearm.accounts.keys import LONGEST_OVERLAP, NewKey
from tonearm.api.records import KeyPage
from tonearm.domain.vocabulary import Scope
from tonearm.web.callers import AccountHolder, Rooms
from tonearm.web.strict import Body, Moment, api_router, problems

ROUTER = api_router("/user/keys", "user")
LARGEST_ID = 2_147_483_647
_MOST_MINUTES = int(LONGEST_OVERLAP.total_seconds() // 60)

KeyId = Annotated[int, Path(ge=1, le=LARGEST_ID, description="Number of the key")]


class KeyWish(Body):
    """A key to make."""

    name: str
    """What it is for, in your words."""
    scopes: Annotated[list[Scope], Field(min_length=1)]
    """What it may be used for."""
    expires_at: Moment | None = None
    """When it ends; without it the key holds until it is revoked."""


class Rotation(Body):
    """How to rotate a key."""

    overlap_minutes: Annotated[StrictInt, Field(ge=0, le=_MOST_MINUTES)] = 0
    """How long the old key goes on working, in minutes."""


@ROUTER.get("", summary="List keys")
def list_keys(services: Rooms, caller: AccountHolder) -> KeyPage:
    """Give the caller's keys that work, the newest first, without the secrets."""
    return KeyPage(tuple(services.keys.list(caller.id)))


@ROUTER.post("", status_code=201, summary="Make a key", responses=problems(409, 503))
def post_key(services: Rooms, caller: AccountHolder, wish: KeyWish) -> NewKey:
    """Make a key. The answer is the only place that ever shows it."""
    expires_at: datetime | None = wish.expires_at
    return services.keys.create(caller.id, wish.name, wish.scopes, expires_at)


@ROUTER.post(
    "/{key_id}/rotate", status_code=201, summary="Rotate a key", responses=problems(404, 409, 503)
)
def post_rotation(
    services: Rooms, caller: AccountHolder, key_id: KeyId, rotation: Rotation | None = None
) -> NewKey:
    """Make a key of the same name, scopes and end; the old one goes on working for the overlap."""
    overlap = timedelta(minutes=rotation.overlap_minutes if rotation else 0)
    return services.keys.rotate(caller.id, key_id, overlap)


@ROUTER.delete("/{key_id}", status_code=204, summary="Revoke a key", responses=problems(404, 503))
def delete_key(services: Rooms, caller: AccountHolder, key_id: KeyId) -> None:
    """End a key at once, in every process."""
    services.keys.revoke(caller.id, key_id)
