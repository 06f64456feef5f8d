"""Have Spotify asked for recent plays now."""

from typing import Annotated

from msgspec import Meta

from tonearm.collector.records import PausedBy
from tonearm.insights.records import Record
from tonearm.mcp.arguments import Arguments
from tonearm.mcp.desk import Desk
from tonearm.mcp.tool import Tool


class Triggered(Record, frozen=True):
    """What was set going."""

    job: Annotated[int, Meta(description="Number of the job that asks Spotify.")]
    state: Annotated[str, Meta(description="Where the job stands.")]
    words: Annotated[str, Meta(description="The same in a sentence.")]


def _answer(desk: Desk, _given: Arguments) -> Triggered:
    job = desk.services.jobs.get(
        desk.services.collections.trigger(desk.caller.id, PausedBy.LISTENER)
    )
    return Triggered(
        job=job.id,
        state=job.state.value,
        words=(
            f"Job {job.id} is to ask Spotify for recent plays; it is {job.state}. What it brings is not known yet: "
            "sync_status tells."
        ),
    )


TOOLS = (
    Tool(
        name="trigger_sync",
        title="Collect plays now",
        description=(
            "Have Spotify asked for the listener's recent plays now rather than at the next poll. It is queued: ask "
            "sync_status afterwards what came of it. Needs a linked account."
        ),
        arguments=Arguments,
        record=Triggered,
        answer=_answer,
        is_writing=True,
        is_outward=True,
    ),
)
