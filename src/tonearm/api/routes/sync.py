"""Collecting the caller's plays from Spotify: how it stands, and what they want of it."""

from pydantic import StrictBool

from tonearm.collector.records import CollectionStatus, PausedBy
from tonearm.jobs.records import Job
from tonearm.web.callers import Editor, Reader, Rooms
from tonearm.web.strict import Body, api_router, problems

ROUTER = api_router("/sync/plays", "sync")


class SamplingWish(Body):
    """Whether somebody wants samples."""

    is_on: StrictBool
    """Whether the player is looked at near the end of each track; off unless it was switched on."""


@ROUTER.get("/status", summary="How collecting stands", responses=problems(503))
def get_status(services: Rooms, caller: Reader) -> CollectionStatus:
    """Give when Spotify was asked for the caller's plays and will be, what is in the way, and what is missing."""
    return services.collections.status(caller.id)


@ROUTER.post(
    "/trigger", status_code=202, summary="Collect now", responses=problems(403, 404, 409, 503)
)
def post_trigger(services: Rooms, caller: Editor) -> Job:
    """Ask Spotify for the caller's recent plays now; the job tells what they brought."""
    return services.jobs.get(services.collections.trigger(caller.id, PausedBy.LISTENER))


@ROUTER.post("/pause", summary="Pause collecting", responses=problems(404, 503))
def post_pause(services: Rooms, caller: Editor) -> CollectionStatus:
    """Ask Spotify for nothing until the caller resumes; what they play meanwhile and Spotify forgets is a gap."""
    services.collections.pause(caller.id, PausedBy.LISTENER)
    return services.collections.status(caller.id)


@ROUTER.post("/resume", summary="Resume collecting", responses=problems(403, 404, 503))
def post_resume(services: Rooms, caller: Editor) -> CollectionStatus:
    """Go on, and ask at once. What an admin has paused, an admin resumes."""
    services.collections.resume(caller.id, PausedBy.LISTENER)
    return services.collections.status(caller.id)


@ROUTER.post("/sampling", summary="Switch sampling on or off", responses=problems(403, 404, 503))
def post_sampling(services: Rooms, caller: Editor, wish: SamplingWish) -> CollectionStatus:
    """Look at the caller's player near the end of each track, or no more.

    Samples tell true starts, devices, private sessions and podcasts. They cost two calls a track, and the link needs
    the scope `user-read-playback-state`.
    """
    services.collections.set_sampling(caller.id, is_on=wish.is_on)
    return services.collections.status(caller.id)
