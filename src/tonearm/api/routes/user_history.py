"""The caller's own history: its plays, those that are added by hand, and its end."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, StrictInt
from starlette.responses import Response

from tonearm.api.routes.plays import CURSOR_STAYS_RIGHT, list_plays
from tonearm.domain.vocabulary import Kind
from tonearm.history.adding import MOST_AT_ONCE, AddedPlay, NewPlay
from tonearm.insights.plays import PlayList, PlaysQuestion
from tonearm.web.callers import Editor, Rooms
from tonearm.web.questions import describe_answer, question_endpoint
from tonearm.web.strict import Body, Moment, api_router, problems

ROUTER = api_router("/user/history", "user")
_LARGEST_ID = 999_999_999

Text = Annotated[str, Field(min_length=1, max_length=4_096)]


class NewPlayBody(Body):
    """A play: of a track of the history, or of one by its names."""

    ended_at: Moment
    """When it ended, with its offset; from 2006 on, and not yet to come."""
    ms_played: Annotated[StrictInt, Field(ge=0, le=86_400_000)]
    """How long it was heard, in milliseconds."""
    track: Annotated[StrictInt, Field(ge=1, le=_LARGEST_ID)] | Text | None = None
    """A track of the history: its number, its URI, or the `key` of its like."""
    title: Text | None = None
    """The title of what was played, instead of `track`."""
    artist: Text | None = None
    """Artist, show or audiobook."""
    album: Text | None = None
    kind: Kind = Kind.MUSIC
    """The lane of what has a `title`; a `track` knows its own."""


class NewPlays(Body):
    """Plays to add."""

    plays: Annotated[list[NewPlayBody], Field(min_length=1, max_length=MOST_AT_ONCE)]


@dataclass(frozen=True, slots=True)
class AddedPlays:
    """What became of each play, in the order in which they were sent."""

    items: tuple[AddedPlay, ...]


class ClearingBody(Body):
    """A confirmation."""

    confirm: str
    """The caller's own name, exactly as it is written."""


_told, _schemas = describe_answer(PlayList, "Plays")
ROUTER.add_api_route(
    "",
    question_endpoint(PlaysQuestion, list_plays, is_own=True),
    methods=["GET"],
    name="own_plays",
    summary="List the caller's plays",
    description=f"Give the caller's plays that fit, newest first.\n\n{CURSOR_STAYS_RIGHT}",
    response_class=Response,
    openapi_extra={"x-schemas": _schemas},
    responses={200: _told, **problems(503)},
)


@ROUTER.post("", status_code=201, summary="Add plays by hand", responses=problems(503))
def post_history(services: Rooms, caller: Editor, wanted: NewPlays) -> AddedPlays:
    """Add plays that no file tells of, all or none. Every measure follows at once.

    What the history has already is said to be known, and nothing is counted twice; no undone import takes these plays
    along. A play that was added by mistake is deleted by a correction.
    """
    plays = [
        NewPlay(**play.model_dump(exclude={"track"}), track=_text(play.track))
        for play in wanted.plays
    ]
    return AddedPlays(tuple(services.adding.add(caller.id, plays)))


@ROUTER.delete(
    "", status_code=204, summary="Clear the caller's history", responses=problems(404, 409, 503)
)
def delete_history(services: Rooms, caller: Editor, body: ClearingBody) -> None:
    """Remove all plays, imports and corrections, and what was uploaded, for good. Likes and the account stay."""
    services.clearing.clear(caller.id, body.confirm)


def _text(track: int | str | None) -> str | None:
    return None if track is None else str(track)
