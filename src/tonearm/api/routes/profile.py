"""What callers change of their own account."""

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from tonearm.accounts.people import User
from tonearm.accounts.profiles import ProfileWish
from tonearm.web.callers import AccountHolder, KnownCallers, Rooms
from tonearm.web.joining import change_password
from tonearm.web.strict import Body, Change, api_router, problems

ROUTER = api_router("/user", "user")


class ProfileChange(Change):
    """What shall be otherwise; what is left out stays."""

    name: str | None = None
    """1 to 64 printable characters; you log in with it."""
    email: str | None = None
    """Where links to a new password go; empty for none."""
    password: str | None = Field(default=None, json_schema_extra={"format": "password"})
    """Your present password; needed for another e-mail address."""


class PasswordChange(Body):
    """Another password."""

    current: str = Field(default="", json_schema_extra={"format": "password"})
    """Your present password; not needed where you have none yet."""
    new: str = Field(json_schema_extra={"format": "password"})
    """10 to 1,000 characters, none of the common ones, and not the name."""


@ROUTER.patch(
    "/profile", summary="Change name or e-mail address", responses=problems(409, 429, 503)
)
def patch_profile(
    request: Request,
    services: Rooms,
    caller: AccountHolder,
    callers: KnownCallers,
    change: ProfileChange,
) -> User:
    """Change who the caller is here."""
    wish = ProfileWish(change.name, change.email, change.password)
    user = services.profiles.change(caller, wish)
    callers.forget_caller(request)
    return user


@ROUTER.post(
    "/password", status_code=204, summary="Change the password", responses=problems(429, 503)
)
def post_password(
    request: Request,
    response: Response,
    services: Rooms,
    caller: AccountHolder,
    callers: KnownCallers,
    change: PasswordChange,
) -> None:
    """Change the password. Every other session and token of the caller ends; this one goes on, a cookie anew."""
    del caller
    change_password(request, response, services, callers, change.current, change.new)
