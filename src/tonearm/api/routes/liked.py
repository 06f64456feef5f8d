"""What the caller likes."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Path, Query
from pydantic import Field, StrictInt

from tonearm.api.cursor import Cursor, make_cursor, read_cursor
from tonearm.api.records import LikePage
from tonearm.history.liked import Like, Outcome
from tonearm.web.callers import LibraryEditor, LibraryReader, Rooms
from tonearm.web.strict import Body, api_router, problems

ROUTER = api_router("/user/liked", "user")
_LARGEST_ID = 999_999_999
_LONGEST_KEY = 512
_MOST = 200

TrackPath = Annotated[
    str,
    Path(
        max_length=_LONGEST_KEY,
        description="A track: its number or its URI; of one without a URI, the `key` of its like",
        examples=["spotify:track:4uLU6hMCjMI75M1A2tKUQC"],
    ),
]
TrackName = (
    Annotated[StrictInt, Field(ge=1, le=_LARGEST_ID)]
    | Annotated[str, Field(min_length=1, max_length=_LONGEST_KEY)]
)


class Likes(Body):
    """Tracks to like."""

    tracks: Annotated[list[TrackName], Field(min_length=1, max_length=_MOST)]
    """Numbers or URIs."""


@dataclass(frozen=True, slots=True)
class LikeOutcome:
    """What became of one track."""

    track: int | str
    """As it was sent."""
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class LikeOutcomes:
    """What became of each track, in the order in which they were sent."""

    items: tuple[LikeOutcome, ...]


@ROUTER.get("", summary="List liked tracks", responses=problems(503))
def list_liked(
    services: Rooms,
    caller: LibraryReader,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> LikePage:
    """Give what the caller likes, the last liked first.

    Tracks that no import names any more stay, under the name that they had.
    """
    # One more than fits tells whether there is a next page.
    found = services.liked.list(caller.id, before=read_cursor(cursor) or None, limit=limit + 1)
    more = make_cursor(found[limit - 1].id) if len(found) > limit else None
    return LikePage(tuple(found[:limit]), more)


@ROUTER.post("", summary="Like several tracks", responses=problems(503))
def post_liked(services: Rooms, caller: LibraryEditor, likes: Likes) -> LikeOutcomes:
    """Like tracks, the last of them last; those that are unknown are said to be, and the others are liked."""
    outcomes = services.liked.add_all(caller.id, [str(track) for track in likes.tracks])
    return LikeOutcomes(tuple(map(LikeOutcome, likes.tracks, outcomes)))


@ROUTER.put("/{track}", summary="Like a track", responses=problems(404, 503))
def put_liked(services: Rooms, caller: LibraryEditor, track: TrackPath) -> Like:
    """Like a track of the caller's history; one that is liked already stays as it is, with its time."""
    return services.liked.add(caller.id, track)


@ROUTER.delete(
    "/{track}", status_code=204, summary="Like a track no longer", responses=problems(404, 503)
)
def delete_liked(services: Rooms, caller: LibraryEditor, track: TrackPath) -> None:
    """Like a track no longer; one that is not liked stays so."""
    services.liked.remove(caller.id, track)
