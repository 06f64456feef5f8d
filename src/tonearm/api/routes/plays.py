"""Plays of a listener's history: a list of those that fit, and each with its evidence."""

from typing import Annotated

from fastapi import Path
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from tonearm.accounts.people import User
from tonearm.insights.evidence import PlayEvidence
from tonearm.insights.insights import to_json
from tonearm.insights.plays import PlayList, PlaysQuestion
from tonearm.insights.records import Record
from tonearm.web.callers import Reader, Rooms
from tonearm.web.questions import UserPath, describe_answer, find_listener, question_endpoint
from tonearm.web.services import Services
from tonearm.web.strict import api_router, problems

ROUTER = api_router("/history", "history")
_LARGEST_ID = (1 << 32) - 1
_HEADERS = {"cache-control": "private, no-store"}
CURSOR_STAYS_RIGHT = (
    "A cursor stays right while plays arrive: it goes on after the last play of the page before."
)

PlayId = Annotated[int, Path(ge=1, le=_LARGEST_ID, description="Number of the play")]


async def list_plays(
    _request: Request, services: Services, caller: User, user: str, question: PlaysQuestion
) -> Response:
    """Answer with the plays that fit; raises NotFoundError where there is no such listener for the caller."""
    listener = await find_listener(services, caller, user)
    asked = listener.id, question, listener.preferences
    return _respond(await run_in_threadpool(services.insights.plays, *asked))


def _respond(answer: Record) -> Response:
    return Response(to_json(answer), media_type="application/json", headers=_HEADERS)


_told, _schemas = describe_answer(PlayList, "Plays")
ROUTER.add_api_route(
    "/users/{user}/plays",
    question_endpoint(PlaysQuestion, list_plays),
    methods=["GET"],
    name="plays",
    summary="List plays",
    description=(
        "Give the plays that fit, newest first. The answer of every measure has the address of the plays behind "
        f"it, and behind each of its lines.\n\n{CURSOR_STAYS_RIGHT}"
    ),
    response_class=Response,
    openapi_extra={"x-schemas": _schemas},
    responses={200: _told, **problems(404, 503)},
)

_told, _schemas = describe_answer(PlayEvidence, "A play with its evidence")


@ROUTER.get(
    "/users/{user}/plays/{play_id}",
    summary="Show a play",
    response_class=Response,
    openapi_extra={"x-schemas": _schemas},
    responses={200: _told, **problems(404, 503)},
)
async def get_play(services: Rooms, caller: Reader, user: UserPath, play_id: PlayId) -> Response:
    """Give one play with everything it is known from: wordings, clocks, and the rows of imported files."""
    listener = await find_listener(services, caller, user)
    asked = listener.id, play_id, listener.preferences
    return _respond(await run_in_threadpool(services.insights.play, *asked))
