"""How collecting plays from Spotify stands."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from tonearm.insights.records import Record
from tonearm.mcp.arguments import Arguments
from tonearm.mcp.desk import Desk
from tonearm.mcp.tool import Tool

_MOST_GAPS = 20


class OpenGap(Record, frozen=True):
    """A span of which plays may be missing still."""

    from_at: Annotated[datetime, Meta(description="Its first instant, by the listener's clock.")]
    to_at: Annotated[datetime | None, Meta(description="Its end; null while it lasts.")]
    reason: Annotated[str, Meta(description="What was the matter.")]


class SyncStatus(Record, frozen=True):
    """How collecting the listener's plays stands."""

    standing: Annotated[
        str,
        Meta(
            description=(
                "`not_linked`, `beginning`, `collecting`, `paused`, `outage`, `blocked`, `refused` or "
                "`relink_needed`."
            )
        ),
    ]
    problem: Annotated[str | None, Meta(description="What is in the way, in a sentence.")]
    polled_at: Annotated[
        datetime | None, Meta(description="When Spotify last told of recent plays.")
    ]
    next_at: Annotated[
        datetime | None, Meta(description="When it is asked next; null while nothing is asked.")
    ]
    interval_minutes: Annotated[
        float | None, Meta(description="Minutes from one poll to the next at present.")
    ]
    fetched: Annotated[int, Meta(description="Plays on the last page.")]
    new: Annotated[int, Meta(description="Those of them that nothing had told of before.")]
    paused_at: Annotated[datetime | None, Meta(description="Since when it is paused.")]
    gaps: tuple[OpenGap, ...]


def _answer(desk: Desk, _given: Arguments) -> SyncStatus:
    status = desk.services.collections.status(desk.caller.id)
    return SyncStatus(
        standing=status.standing.value,
        problem=status.problem,
        polled_at=status.polled_at,
        next_at=status.next_at,
        interval_minutes=status.interval_minutes,
        fetched=status.fetched,
        new=status.new,
        paused_at=status.paused_at,
        gaps=tuple(
            OpenGap(gap.from_at, gap.to_at, gap.reason.meaning) for gap in status.gaps[:_MOST_GAPS]
        ),
    )


TOOLS = (
    Tool(
        name="sync_status",
        title="How collecting stands",
        description=(
            "Whether plays are being collected from Spotify, when it was asked last and will be next, what is "
            "in the way, and the spans of which plays may be missing. Times are those of the listener's zone."
        ),
        arguments=Arguments,
        record=SyncStatus,
        answer=_answer,
        aliases={"ops.sync_status": {}},
    ),
)
