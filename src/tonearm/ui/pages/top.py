"""Rankings in full: artists, albums, tracks, shows."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Literal

from fastapi import Path, Query
from msgspec import structs
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.insights.charts.top import ShowsQuestion, TopQuestion
from tonearm.insights.question import MOST_ITEMS, Item, make_question
from tonearm.insights.trends import Ranking
from tonearm.speech import N_
from tonearm.speech import gettext as _
from tonearm.ui import asking, sentences
from tonearm.ui.asking import Ask
from tonearm.ui.covers import hang, ranked
from tonearm.ui.picking import Asked, picker_values
from tonearm.ui.rendering import Frame, frame_of, page, render
from tonearm.web.callers import PageCaller, Rooms
from tonearm.web.strict import page_router

ROUTER = page_router("/top")
USUAL_LIMIT = 50
_LONGEST = 250
"""Rows after which a list stops to grow by itself."""
Ranked = Literal["artists", "albums", "tracks", "shows"]
_SPOKEN: Mapping[str, str] = {"podcast": N_("Podcasts"), "audiobook": N_("Audiobooks")}
_TITLES: Mapping[Ranked, tuple[str, str]] = {
    "artists": (N_("Artists"), N_("Artist")),
    "albums": (N_("Albums"), N_("Album")),
    "tracks": (N_("Tracks"), N_("Track")),
    "shows": (N_("Shows"), N_("Show")),
}
"""Of all of them, and of one."""


@ROUTER.get("/{ranking}")
def top_page(
    request: Request,
    caller: PageCaller,
    rooms: Rooms,
    asked: Asked,
    ranking: Annotated[Ranked, Path()],
    page_number: Annotated[int, Query(alias="page", ge=1, le=MOST_ITEMS)] = 1,
    limit: Annotated[int, Query(ge=1, le=MOST_ITEMS)] = USUAL_LIMIT,
) -> Response:
    """Show one page of a ranking."""
    ask, elsewhere = asked
    if elsewhere is not None:
        return RedirectResponse(elsewhere, 303)
    reach = min(page_number * limit, MOST_ITEMS)
    question: TopQuestion = ask.question(reach)
    if ranking == "shows":
        ask = _of_shows(ask)
        question = make_question(
            ShowsQuestion,
            {"range": ask.range, "kind": ask.kind, "rule": ask.rule, "by": ask.by, "limit": reach},
        )
    place = _place(ranking)
    found = rooms.insights.ranking(f"top-{ranking}", place, caller.id, question, caller.preferences)
    lines = ranked(place, found.top)[(page_number - 1) * limit :]
    frame, later = hang(frame_of(request, caller), rooms, lines)
    html = render_top(found, ask, frame, ranking, page_number, limit)
    return page(request, html, later=later)


def _place(ranking: Ranked) -> Item:
    """Give where the pages of what is ranked are."""
    return "artists" if ranking == "shows" else ranking


def _of_shows(ask: Ask) -> Ask:
    """Give a question about what is spoken: podcasts, unless it is about audiobooks."""
    spoken = "audiobook" if ask.kind == "audiobook" else "podcast"
    return replace(ask, kind=spoken, usual_kind="podcast")


def render_top(
    found: Ranking, ask: Ask, frame: Frame, ranking: Ranked, page_number: int, limit: int
) -> str:
    """Render the places of one page out of a ranking that reaches up to its end."""
    top, start = found.top, (page_number - 1) * limit
    shown = structs.replace(top, items=top.items[start : start + limit])
    amounts = (item.plays if top.by == "plays" else item.ms_played for item in top.items)
    end = start + len(shown.items)
    return render(
        "top.html",
        frame,
        top=shown,
        trends=found.trends,
        here=f"/top/{ranking}",
        title=_(_TITLES[ranking][0]),
        one=_(_TITLES[ranking][1]),
        place=_place(ranking),
        said=sentences.ranking(top) if page_number == 1 else "",
        most=max(amounts, default=0),
        with_change=ask.range != "all",
        page=page_number,
        limit=limit,
        usual=USUAL_LIMIT,
        longest=_LONGEST,
        reach=MOST_ITEMS,
        has_more=bool(shown.items) and end < min(top.total, MOST_ITEMS),
        **picker_values(ask, top.covered, _SPOKEN if ranking == "shows" else asking.LANES),
    )
