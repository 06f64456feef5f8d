"""The caller's own account."""

from tonearm.accounts.people import User
from tonearm.web.callers import Caller
from tonearm.web.strict import api_router

ROUTER = api_router("/user", "user")


@ROUTER.get("/profile", summary="Who is calling")
async def get_profile(caller: Caller) -> User:
    """Give the caller's name, role and zone."""
    return caller
