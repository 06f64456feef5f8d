"""Search: artists, albums and tracks by their names, from wherever one is."""

from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from tonearm.insights.searching import Found
from tonearm.ui.asking import Ask
from tonearm.ui.covers import CoverLine, hang
from tonearm.ui.rendering import frame_of, page, render
from tonearm.web.callers import PageCaller, Rooms
from tonearm.web.strict import page_router

ROUTER = page_router()
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
    # Whoever types sees the covers that there are; what is passed by is not looked for.
    frame, _later = hang(frame_of(request, caller), rooms, _lines(found))
    return page(request, render("suggestions.html", frame, q=q.strip(), found=found))


@ROUTER.get("/search")
def search_page(
    request: Request,
    caller: PageCaller,
    rooms: Rooms,
    q: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Show what has all words of a text in its name."""
    found = rooms.insights.find(caller.id, q, _SHOWN, caller.preferences)
    frame, later = hang(frame_of(request, caller), rooms, _lines(found))
    ask = Ask(kind="all", usual_kind="all")
    html = render("search.html", frame, q=q.strip(), found=found, ask=ask)
    return page(request, html, later=later)


def _lines(found: Found) -> list[CoverLine]:
    return [(f"{item.item}s", item.id, item.plays) for item in found.items]
