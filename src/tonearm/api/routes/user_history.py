"""The caller's own history: its plays, and its end."""

from starlette.responses import Response

from tonearm.api.routes.plays import CURSOR_STAYS_RIGHT, list_plays
from tonearm.insights.plays import PlayList, PlaysQuestion
from tonearm.web.callers import HistoryHolder, Rooms
from tonearm.web.questions import describe_answer, question_endpoint
from tonearm.web.strict import Body, api_router, problems

ROUTER = api_router("/user/history", "user")


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


@ROUTER.delete(
    "", status_code=204, summary="Clear the caller's history", responses=problems(404, 409, 503)
)
def delete_history(services: Rooms, caller: HistoryHolder, body: ClearingBody) -> None:
    """Remove all plays, imports and corrections, and what was uploaded, for good. Likes and the account stay."""
    services.clearing.clear(caller.id, body.confirm)
