"""Search: artists, albums and tracks by their names, from wherever one is."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from tonearm.ui.asking import Ask
from tonearm.ui.covers import hang
from tonearm.ui.rendering import frame_of, page, render
from tonearm.web.callers import PageCaller, Rooms

ROUTER = APIRouter(include_in_schema=False)
_SHOWN = 12
_SUGGESTED = 4


@ROUTER.get("/search/suggestions")
def suggestions(
    request: Request,
    caller: PageCaller,
    rooms: Rooms,
    q: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Give the first things that have all words of a text in their names, as options of a list."""
    found = rooms.insights.find(caller.id, q, _SUGGESTED, caller.preferences)
    html = render("suggestions.html", frame_of(request, caller), q=q.strip(), found=found)
    return page(request, html)


@ROUTER.get("/search")
def search_page(
    request: Request,
    caller: PageCaller,
    rooms: Rooms,
    q: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Show what has all words of a text in its name."""
    found = rooms.insights.find(caller.id, q, _SHOWN, caller.preferences)
    lines = [(f"{item.item}s", item.id, item.plays) for item in found.items]
    frame, later = hang(frame_of(request, caller), rooms, lines)
    ask = Ask(kind="all", usual_kind="all")
    html = render("search.html", frame, q=q.strip(), found=found, ask=ask)
    return page(request, html, later=later)
