"""Other people's links to Spotify, for admins."""

from dataclasses import dataclass

from tonearm.accounts.link_records import Link
from tonearm.api.routes.admin_users import UserId
from tonearm.web.callers import Administrator, Rooms
from tonearm.web.questions import look_at
from tonearm.web.strict import api_router, problems

ROUTER = api_router("/admin/users/{user_id}/spotify", "admin")


@dataclass(frozen=True, slots=True)
class TheirLink:
    """How somebody is linked to Spotify."""

    link: Link | None
    """Null where they are not."""


@ROUTER.get("", summary="How somebody is linked", responses=problems(404, 503))
def get_link(services: Rooms, caller: Administrator, user_id: UserId) -> TheirLink:
    """Give somebody's link to Spotify, without what opens it. That an admin looks is written down."""
    person = look_at(services, caller, user_id)
    return TheirLink(services.links.find(person.id))
