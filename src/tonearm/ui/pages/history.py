"""History: every play, newest first, searched, filtered and corrected; and each one with what tells of it."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Annotated, Any

from fastapi import Form, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.domain.errors import InvalidInputError
from tonearm.domain.preferences import Preferences
from tonearm.history.corrections.records import ExclusionWish
from tonearm.insights.plays import Play, PlayList, PlaysQuestion
from tonearm.insights.question import make_question
from tonearm.ui.asking import Ask
from tonearm.ui.chips import FILTERS, OTHERS, list_chips
from tonearm.ui.corrections import Done, Line, find_done, go_back
from tonearm.ui.covers import hang, played
from tonearm.ui.picking import elsewhere_for_days, marked_days, picker_values
from tonearm.ui.rendering import Frame, frame_of, page, render
from tonearm.ui.sources import SOURCES
from tonearm.web.callers import PageCaller, PageEditor, Rooms
from tonearm.web.strict import page_router

ROUTER = page_router()
_SHOWN = 100
_LONGEST = 500
"""Rows after which a list stops to grow by itself, and the most that are shown at once."""
_LARGEST_PLAY = (1 << 32) - 1
_EVERYTHING = "all"
_DEEDS = ("hide", "delete")
PlayId = Annotated[int, Path(ge=1, le=_LARGEST_PLAY)]


class HistoryForm(BaseModel):
    """The parameters of the page; texts that are checked where the question is made."""

    range: str = "all"
    first: Annotated[str, Field(alias="from")] = ""
    last: Annotated[str, Field(alias="to")] = ""
    kind: str = _EVERYTHING
    rule: str = ""
    q: str = ""
    artist: str = ""
    album: str = ""
    track: str = ""
    platform: str = ""
    country: str = ""
    weekday: str = ""
    hour: str = ""
    session: str = ""
    counted: str = ""
    hidden: str = ""
    private: str = ""
    trait: str = ""
    aspect: str = ""
    value: str = ""
    among: str = ""
    places: str = ""
    cursor: str = ""
    limit: Annotated[int, Field(ge=1, le=_LONGEST)] = _SHOWN
    done: Done = None

    def filters(self) -> tuple[tuple[str, str], ...]:
        """Give what is asked beside range, kind and rule."""
        return tuple(
            (name, value) for name in (*FILTERS, *OTHERS) if (value := getattr(self, name))
        )


@ROUTER.get("/history")
def history_page(
    request: Request, caller: PageCaller, rooms: Rooms, form: Annotated[HistoryForm, Query()]
) -> Response:
    """Show a page of plays."""
    ask = Ask(
        form.range,
        form.kind,
        form.rule or caller.rule,
        usual_rule=caller.rule,
        usual_kind=_EVERYTHING,
        more=form.filters(),
    )
    elsewhere = elsewhere_for_days(request, ask, form.first, form.last)
    if elsewhere is not None:
        return RedirectResponse(elsewhere, 303)
    question = _question(ask, form.cursor, form.limit)
    found = rooms.insights.plays(caller.id, question, caller.preferences)
    frame, later = hang(frame_of(request, caller), rooms, played(found.items))
    done = find_done(rooms, caller, form.done)
    return page(request, render_history(found, ask, question, frame, done), later=later)


def _question(ask: Ask, cursor: str, limit: int) -> PlaysQuestion:
    values: dict[str, Any] = {"range": ask.range, "kind": ask.kind, "rule": ask.rule}
    values |= {**dict(ask.more), "limit": limit} | ({"cursor": cursor} if cursor else {})
    return make_question(PlaysQuestion, values)


def render_history(
    plays: PlayList, ask: Ask, question: PlaysQuestion, frame: Frame, done: Line | None = None
) -> str:
    """Render a page of plays, day by day."""
    days = marked_days(ask, plays.covered)
    return render(
        "history.html",
        frame,
        plays=plays,
        days=list(_by_day(plays.items)),
        q=question.q or "",
        chips=list(list_chips(ask, question, plays.items)),
        can_exclude=frame.user is not None and _can_exclude(ask, frame.user.preferences),
        local_days=days,
        to_day=None if days is None else days[1] + timedelta(days=1),
        cursor=question.cursor or "",
        limit=question.limit,
        usual=_SHOWN,
        reach=_LONGEST,
        done=done,
        **picker_values(ask, plays.covered),
    )


def _by_day(plays: Iterable[Play]) -> Iterable[tuple[date, list[Play]]]:
    for day, own in groupby(plays, lambda play: datetime.fromisoformat(play.ended_local).date()):
        yield day, list(own)


def _can_exclude(ask: Ask, preferences: Preferences) -> bool:
    """Tell whether a rule can leave out just what is listed."""
    names = {name for name, _ in ask.more} - {"hidden", "private"}
    is_narrow = bool(names) or ask.range != _EVERYTHING
    # Rules go by one clock, lists by that of each country for those who travel.
    is_timed = ask.range != _EVERYTHING or not names.isdisjoint({"weekday", "hour"})
    is_same = not (preferences.travels and is_timed)
    return ask.kind == _EVERYTHING and is_narrow and is_same and names <= set(FILTERS)


@ROUTER.post("/history/correct")
def post_correct(
    request: Request,
    caller: PageEditor,
    rooms: Rooms,
    deed: Annotated[str, Form()],
    plays: Annotated[list[Annotated[int, Field(ge=1, le=_LARGEST_PLAY)]] | None, Form()] = None,
    back: Annotated[str, Form()] = "",
) -> Response:
    """Hide or delete the plays that were ticked."""
    if deed not in _DEEDS:
        raise InvalidInputError(f"deed must be one of {', '.join(_DEEDS)}.", parameter="deed")
    if not plays:
        return go_back(request, back, "/history")
    if deed == "hide":
        made = rooms.corrections.hide(caller.id, plays).correction
    else:
        made = rooms.corrections.delete(caller.id, plays)
    return go_back(request, back, "/history", made)


class ExclusionForm(BaseModel):
    """What the page was filtered by; what no rule can say is refused, since a rule without it would leave out more."""

    model_config = ConfigDict(extra="forbid")

    artist: str | None = None
    album: str | None = None
    track: str | None = None
    platform: str | None = None
    country: str | None = None
    weekday: Annotated[int, Field(ge=0, le=6)] | None = None
    hour: Annotated[int, Field(ge=0, le=23)] | None = None
    from_day: date | None = None
    to_day: date | None = None
    back: str = ""


@ROUTER.post("/history/exclude")
def post_exclude(
    request: Request, caller: PageEditor, rooms: Rooms, form: Annotated[ExclusionForm, Form()]
) -> Response:
    """Leave out whatever fits what the page was filtered by, now and later."""
    wish = ExclusionWish(
        zone=caller.zone,
        from_day=form.from_day,
        to_day=form.to_day,
        artist=form.artist,
        album=form.album,
        track=form.track,
        platform=form.platform,
        country=form.country,
        weekdays=None if form.weekday is None else (form.weekday,),
        from_hour=form.hour,
        to_hour=None if form.hour is None else form.hour + 1,
    )
    rooms.corrections.exclude(caller.id, wish)
    return go_back(request, form.back, "/corrections")


@ROUTER.get("/plays/{play_id}")
def play_page(
    request: Request,
    caller: PageCaller,
    rooms: Rooms,
    play_id: PlayId,
    done: Annotated[Done, Query()] = None,
) -> Response:
    """Show one play with everything that tells of it."""
    evidence = rooms.insights.play(caller.id, play_id, caller.preferences)
    html = render(
        "play.html",
        frame_of(request, caller),
        evidence=evidence,
        ended=datetime.fromisoformat(evidence.play.ended_local),
        done=find_done(rooms, caller, done),
        sources=SOURCES,
    )
    return page(request, html)
