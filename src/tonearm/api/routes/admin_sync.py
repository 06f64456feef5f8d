"""Collecting other people's plays, for admins; everything is written down."""

from tonearm.api.routes.admin_users import UserId
from tonearm.collector.records import CollectionStatus, PausedBy
from tonearm.jobs.records import Job
from tonearm.web.callers import Administrator, Rooms
from tonearm.web.questions import look_at
from tonearm.web.strict import api_router, problems

ROUTER = api_router("/admin/users/{user_id}", "admin")


@ROUTER.get("/sync", summary="How collecting somebody's plays stands", responses=problems(404, 503))
def get_sync(services: Rooms, caller: Administrator, user_id: UserId) -> CollectionStatus:
    """Give how collecting stands for one person. That an admin looks is written down."""
    person = look_at(services, caller, user_id)
    return services.collections.status(person.id)


@ROUTER.post("/pause", summary="Pause collecting for somebody", responses=problems(403, 404, 503))
def post_pause(services: Rooms, caller: Administrator, user_id: UserId) -> CollectionStatus:
    """Ask Spotify for nothing of theirs until an admin resumes it."""
    person = services.administration.get_below(user_id, by=caller)
    services.collections.pause(person.id, PausedBy.ADMIN)
    return services.collections.status(person.id)


@ROUTER.post("/resume", summary="Resume collecting for somebody", responses=problems(403, 404, 503))
def post_resume(services: Rooms, caller: Administrator, user_id: UserId) -> CollectionStatus:
    """Go on, whoever has paused it, and ask at once."""
    person = services.administration.get_below(user_id, by=caller)
    services.collections.resume(person.id, PausedBy.ADMIN)
    return services.collections.status(person.id)


@ROUTER.post(
    "/trigger-sync",
    status_code=202,
    summary="Collect somebody's plays now",
    responses=problems(403, 404, 409, 503),
)
def post_trigger(services: Rooms, caller: Administrator, user_id: UserId) -> Job:
    """Ask Spotify for their recent plays now; the job tells what they brought."""
    person = services.administration.get_below(user_id, by=caller)
    return services.jobs.get(services.collections.trigger(person.id, PausedBy.ADMIN))
