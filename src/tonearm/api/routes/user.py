"""The caller's own account."""

from dataclasses import replace

from pydantic import StrictBool
from starlette.requests import Request

from tonearm.accounts.people import User
from tonearm.domain.preferences import Preferences
from tonearm.domain.vocabulary import Rule
from tonearm.web.callers import AccountHolder, Caller, KnownCallers, Rooms
from tonearm.web.strict import Body, api_router, problems

ROUTER = api_router("/user", "user")


class PreferencesChange(Body):
    """What shall be otherwise; what is left out stays."""

    zone: str | None = None
    """IANA time zone in which days and hours are counted."""
    rule: Rule | None = None
    """What counts as a play."""
    counts_private: StrictBool | None = None
    """Whether plays of private sessions count."""
    travels: StrictBool | None = None
    """Whether a play's country chooses its zone."""


@ROUTER.get("/profile", summary="Who is calling")
async def get_profile(caller: Caller) -> User:
    """Give the caller's name, role and preferences."""
    return caller


@ROUTER.get("/preferences", summary="How the caller is counted")
async def get_preferences(caller: Caller) -> Preferences:
    """Give what holds where a question leaves it open."""
    return caller.preferences


@ROUTER.patch("/preferences", summary="Change how the caller is counted", responses=problems(503))
def patch_preferences(
    request: Request,
    caller: AccountHolder,
    rooms: Rooms,
    callers: KnownCallers,
    change: PreferencesChange,
) -> Preferences:
    """Change preferences; they hold from the next question on, and nothing stored is computed anew."""
    wanted = replace(caller.preferences, **change.model_dump(exclude_none=True))
    user = rooms.accounts.set_preferences(caller.id, wanted)
    callers.forget_caller(request)
    return user.preferences
