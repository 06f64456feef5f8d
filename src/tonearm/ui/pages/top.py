"""Rankings in full: artists, albums, tracks, shows."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import Path, Query
from msgspec import structs
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.domain.errors import InvalidInputError, NotFoundError
from tonearm.insights.charts.top import ShowsQuestion, TopQuestion
from tonearm.insights.question import MOST_ITEMS, Item, make_question
from tonearm.insights.trends import Ranking
from tonearm.speech import N_
from tonearm.ui import asking, sentences
from tonearm.ui.asking import Ask
from tonearm.ui.covers import hang, ranked
from tonearm.ui.nouns import nouns_of
from tonearm.ui.picking import Asked, picker_values
from tonearm.ui.rendering import Frame, frame_of, page, render
from tonearm.web.callers import PageCaller, Rooms
from tonearm.web.strict import page_router

ROUTER = page_router("/top")
USUAL_LIMIT = 50
_LONGEST = 250
"""Rows after which a list stops to grow by itself."""
_MOST_PAGES = 1_000_000
Ranked = Literal["artists", "albums", "tracks", "shows"]
_SPOKEN: Mapping[str, str] = {"podcast": N_("Podcasts"), "audiobook": N_("Audiobooks")}


@ROUTER.get("/{ranking}")
def top_page(
    request: Request,
    caller: PageCaller,
    rooms: Rooms,
    asked: Asked,
    ranking: Annotated[Ranked, Path()],
    page_number: Annotated[int, Query(alias="page", ge=1, le=_MOST_PAGES)] = 1,
    limit: Annotated[int, Query(ge=1, le=MOST_ITEMS)] = USUAL_LIMIT,
    q: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Show one page of a ranking, or of what in it is called something."""
    ask, elsewhere = asked
    q = q.strip()
    ask = replace(ask, more=(("q", q),) if q else ())
    if elsewhere is not None:
        return RedirectResponse(f"{elsewhere}&{urlencode({'q': q})}" if q else elsewhere, 303)
    question: TopQuestion = ask.question(limit)
    if ranking == "shows":
        ask = _of_shows(ask)
        question = make_question(
            ShowsQuestion,
            {"range": ask.range, "kind": ask.kind, "rule": ask.rule, "by": ask.by, "limit": limit},
        )
    start = (page_number - 1) * limit
    question = structs.replace(question, q=q or None, cursor=str(start) if start else None)
    place = _place(ranking)
    try:
        found = rooms.insights.ranking(
            f"top-{ranking}", place, caller.id, question, caller.preferences
        )
    except InvalidInputError as error:
        if error.parameter != "cursor":
            raise
        raise NotFoundError("This ranking ends before that page.") from None
    frame, later = hang(frame_of(request, caller), rooms, ranked(place, found.top))
    html = render_top(found, ask, frame, ranking, page_number, limit)
    return page(request, html, later=later)


def _place(ranking: Ranked) -> Item:
    """Give where the pages of what is ranked are."""
    return "artists" if ranking == "shows" else ranking


def _of_shows(ask: Ask) -> Ask:
    """Give a question about what is spoken: podcasts, unless it is about audiobooks."""
    spoken = "audiobook" if ask.kind == "audiobook" else "podcast"
    return replace(ask, kind=spoken, usual_kind="podcast")


def _rankings(ask: Ask, ranking: Ranked) -> list[tuple[str, str, bool]]:
    """Give the address and the name of every ranking, and whether it is this one; what is spoken has its own two."""
    spoken = ask.kind if ask.kind in _SPOKEN else None
    music = replace(ask.elsewhere(), kind="music") if spoken else ask.elsewhere()
    shows = replace(ask.elsewhere("podcast"), kind=spoken or "podcast")
    is_here = "shows" if spoken and ranking != "tracks" else ranking
    found = [
        (music.address(f"/top/{item}"), noun.many, not spoken and is_here == item)
        for item, noun in nouns_of("music").items()
    ]
    found.append((shows.address("/top/shows"), N_("Shows"), is_here == "shows"))
    if spoken:
        episodes = ask.elsewhere().address("/top/tracks", kind=spoken)
        found.append((episodes, nouns_of(spoken)["tracks"].many, is_here == "tracks"))
    return found


def render_top(
    found: Ranking, ask: Ask, frame: Frame, ranking: Ranked, page_number: int, limit: int
) -> str:
    """Render the places of one page of a ranking."""
    top = found.top
    amounts = (item.plays if top.by == "plays" else item.ms_played for item in top.items)
    first = (page_number - 1) * limit + 1
    return render(
        "top.html",
        frame,
        top=top,
        trends=found.trends,
        here=f"/top/{ranking}",
        noun=nouns_of(ask.kind)[_place(ranking)],
        place=_place(ranking),
        rankings=_rankings(ask, ranking),
        said=sentences.ranking(top) if page_number == 1 and not ask.more else "",
        q=dict(ask.more).get("q", ""),
        first=first,
        most=max(amounts, default=0),
        with_change=ask.range != "all",
        page=page_number,
        limit=limit,
        usual=USUAL_LIMIT,
        longest=_LONGEST,
        has_more=top.next_cursor is not None,
        **picker_values(ask, top.covered, _SPOKEN if ranking == "shows" else asking.LANES),
    )
