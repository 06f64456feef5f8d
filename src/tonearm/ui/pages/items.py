"""Artists, albums, tracks, and what they are called where something is spoken: a page for each."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import Depends, Form, Path, Query
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.accounts.people import User
from tonearm.domain.errors import ConflictError, InvalidInputError, NotFoundError, TonearmError
from tonearm.domain.vocabulary import ItemKind
from tonearm.history.corrections.items import by_number
from tonearm.history.corrections.records import ExclusionWish, SplitWish
from tonearm.insights.charts.top import TopQuestion
from tonearm.insights.portrait import Portrait
from tonearm.insights.question import MOST_ITEMS, Question, make_question
from tonearm.insights.records import Top
from tonearm.speech import N_
from tonearm.speech import gettext as _
from tonearm.ui import asking, formats, portraits
from tonearm.ui.asking import Ask
from tonearm.ui.corrections import DONE, Done, Line, find_done, go_back
from tonearm.ui.covers import CoverLine, hang, played, ranked
from tonearm.ui.drawing import draw_day, draw_months, draw_week
from tonearm.ui.picking import elsewhere_for_days, marked_days, picker_values
from tonearm.ui.rendering import Frame, frame_of, page, render
from tonearm.ui.sources import SOURCES
from tonearm.ui.told import told_problem
from tonearm.web.callers import PageCaller, PageEditor, Rooms
from tonearm.web.services import Services
from tonearm.web.strict import page_router

ROUTER = page_router()
_LARGEST_ID = 2_147_483_647
_EVERYTHING = "all"


async def _place(request: Request) -> str:
    """Give which of the addresses was asked for."""
    path: str = request.scope["route"].path
    return path.split("/")[1]


Place = Annotated[str, Depends(_place)]
ItemId = Annotated[int, Path(ge=1, le=_LARGEST_ID)]
_KINDS: dict[str, ItemKind] = {
    "artists": ItemKind.ARTIST,
    "albums": ItemKind.ALBUM,
    "tracks": ItemKind.TRACK,
}


class PortraitForm(BaseModel):
    """The parameters of the page."""

    range: str = "all"
    first: Annotated[str, Field(alias="from")] = ""
    last: Annotated[str, Field(alias="to")] = ""
    rule: str = ""
    done: Done = None


class SplitForm(BaseModel):
    """What is by another artist."""

    artist: Annotated[str, Field(max_length=200)] = ""
    albums: Annotated[list[Annotated[int, Field(ge=1, le=_LARGEST_ID)]], Field(max_length=20)] = []
    """Of an artist's page: all tracks on them."""
    tracks: Annotated[list[Annotated[int, Field(ge=1, le=_LARGEST_ID)]], Field(max_length=20)] = []


@ROUTER.get("/artists/{item_id}")
@ROUTER.get("/albums/{item_id}")
@ROUTER.get("/tracks/{item_id}")
def item_page(
    request: Request,
    caller: PageCaller,
    rooms: Rooms,
    place: Place,
    item_id: ItemId,
    form: Annotated[PortraitForm, Query()],
) -> Response:
    """Show one item; one that was merged into another is shown as that one."""
    ask = _ask(caller, form.range, form.rule)
    elsewhere = elsewhere_for_days(request, ask, form.first, form.last)
    if elsewhere is not None:
        return RedirectResponse(elsewhere, 303)
    done = find_done(rooms, caller, form.done)
    return _show(request, caller, rooms, (place, item_id), ask, done=done)


def _ask(caller: User, named: str = _EVERYTHING, rule: str = "") -> Ask:
    return Ask(
        named, _EVERYTHING, rule or caller.rule, usual_rule=caller.rule, usual_kind=_EVERYTHING
    )


def _show(
    request: Request,
    caller: User,
    rooms: Services,
    named: tuple[str, int],
    ask: Ask,
    *,
    done: Line | None = None,
    problem: TonearmError | None = None,
) -> Response:
    item, number = _KINDS[named[0]], named[1]
    question = Question(range=ask.range, kind="all", rule=asking.rule_of(ask.rule))
    found = rooms.insights.portrait(caller.id, item, number, question, caller.preferences)
    frame = frame_of(request, caller)
    subject = portraits.subject_of(found, item)
    if subject.id != number:
        led_by = {} if done is None else {DONE: done.correction.id}
        address = ask.address(f"/{subject.place}/{subject.id}", **led_by)
        return RedirectResponse(frame.path(address), 303)
    frame, later = hang(frame, rooms, _lines(found, subject))
    html = render_item(found, subject, ask, frame, done=done, problem=problem)
    return page(request, html, problem.status if problem else 200, later)


def _lines(portrait: Portrait, subject: portraits.Subject) -> list[CoverLine]:
    """Give what the page shows: the item, what it is made of, what is heard with it and its latest plays."""
    beside = [(subject.place, one.id, one.sessions) for one in portrait.neighbours.items]
    return [
        *played(portrait.latest),
        *beside,
        *ranked("tracks", portrait.tracks),
        *ranked("albums", portrait.albums),
        (subject.place, subject.id, portrait.totals.plays),
    ]


def render_item(
    portrait: Portrait,
    subject: portraits.Subject,
    ask: Ask,
    frame: Frame,
    *,
    done: Line | None = None,
    problem: TonearmError | None = None,
) -> str:
    """Render the portrait of an item."""
    covered = portrait.totals.covered
    plays = Ask(
        rule=ask.rule,
        kind=_EVERYTHING,
        usual_rule=ask.usual_rule,
        usual_kind=_EVERYTHING,
        more=((subject.item.value, by_number(subject.id)), ("counted", "in")),
    )
    link, marked = frame.path(plays.range_link("/history")), marked_days(ask, covered)
    behind = frame.path(plays.address("/history", range=ask.range))
    return render(
        "item.html",
        frame,
        portrait=portrait,
        subject=subject,
        here=f"/{subject.place}/{subject.id}",
        lede=portraits.lede(portrait),
        skips_said=portraits.skips_said(portrait.skips),
        again_said=portraits.again_said(portrait.again, subject.item),
        sightings_said=portraits.sightings_said(portrait.sightings),
        sources=SOURCES,
        rule_links={
            rule: frame.path(replace(plays, rule=rule).address("/history", range=ask.range))
            for rule in portrait.counts
        },
        streak_days=_streak_days(portrait, plays, frame),
        ranks_said=portraits.ranks_said(portrait.ranks),
        neighbours_said=portraits.neighbours_said(portrait.neighbours),
        most=_most,
        month_link=link,
        plays_address=behind,
        every_address=frame.path(plays.address("/history", range=ask.range, counted="")),
        done=done,
        problem=told_problem(problem),
        **picker_values(ask, covered, {_EVERYTHING: N_("Everything")}),
        **draw_months(
            portrait.months, link, marked, _("Not played long enough to show."), frame.base
        ),
        **draw_week(portrait.heatmap, frame, behind),
        **draw_day(portrait.clock, behind, frame.base),
    )


def _streak_days(portrait: Portrait, plays: Ask, frame: Frame) -> tuple[str, str]:
    """Give the days of the longest streak, and the address of its plays; empty where it is a single day."""
    streak = portrait.again.streak
    if streak.starts_on is None or streak.ends_on is None or streak.days == 1:
        return "", ""
    days = asking.range_of_days(streak.starts_on.isoformat(), streak.ends_on.isoformat())
    address = frame.path(plays.address("/history", range=days))
    return formats.span(streak.starts_on, streak.ends_on), address


def _most(top: Top) -> int:
    return max((item.plays for item in top.items), default=0)


@ROUTER.post("/artists/{item_id}/merge")
@ROUTER.post("/albums/{item_id}/merge")
@ROUTER.post("/tracks/{item_id}/merge")
def post_merge(
    request: Request,
    caller: PageEditor,
    rooms: Rooms,
    place: Place,
    item_id: ItemId,
    other: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Make another item, by number or name, part of this one."""
    try:
        done = rooms.corrections.merge(
            caller.id, _KINDS[place], by_number(item_id), [other.strip()]
        )
    except (InvalidInputError, ConflictError) as error:
        return _show(request, caller, rooms, (place, item_id), _ask(caller), problem=error)
    return go_back(request, "", f"/{place}/{item_id}", done)


@ROUTER.post("/artists/{item_id}/split")
@ROUTER.post("/albums/{item_id}/split")
@ROUTER.post("/tracks/{item_id}/split")
def post_split(
    request: Request,
    caller: PageEditor,
    rooms: Rooms,
    place: Place,
    item_id: ItemId,
    form: Annotated[SplitForm, Form()],
) -> Response:
    """Tell that something of this, or all of it, is by another artist."""
    try:
        tracks = _split_off(rooms, caller, _KINDS[place], item_id, form)
        wish = SplitWish(tracks=tuple(map(by_number, tracks)), artist=form.artist.strip())
        done = rooms.corrections.split(caller.id, wish)
    except (InvalidInputError, ConflictError) as error:
        return _show(request, caller, rooms, (place, item_id), _ask(caller), problem=error)
    # Nothing may be left of an artist or album; a track keeps its number.
    return go_back(request, "", f"/tracks/{tracks[0]}", done)


def _split_off(
    rooms: Services, caller: User, item: ItemKind, number: int, form: SplitForm
) -> list[int]:
    """Give the tracks that are meant: a track itself, all of an album, or what was ticked of an artist."""
    if item is ItemKind.TRACK:
        return [number]
    if item is ItemKind.ALBUM:
        found = _tracks_of(rooms, caller, {"album": by_number(number)})
    else:
        own = {"artist": by_number(number)}
        found = set[int]().union(
            *(_tracks_of(rooms, caller, own | {"album": by_number(album)}) for album in form.albums)
        )
        if form.tracks:
            found |= _tracks_of(rooms, caller, own).intersection(form.tracks)
    return sorted(found)


def _tracks_of(rooms: Services, caller: User, named: Mapping[str, str]) -> set[int]:
    """Give every track of an artist or album that was ever played, counted or not."""
    asked = {"kind": "all", "rule": "any", "private": "in", "hidden": "in", **named}
    found: set[int] = set()
    cursor: dict[str, str] = {}
    while True:
        question = make_question(TopQuestion, {**asked, "limit": MOST_ITEMS, **cursor})
        top: Top = rooms.insights.answer("top-tracks", caller.id, question, caller.preferences)
        found |= {one.id for one in top.items}
        if top.next_cursor is None:
            return found
        cursor = {"cursor": top.next_cursor}


@ROUTER.post("/artists/{item_id}/rename")
@ROUTER.post("/albums/{item_id}/rename")
@ROUTER.post("/tracks/{item_id}/rename")
def post_rename(
    request: Request,
    caller: PageEditor,
    rooms: Rooms,
    place: Place,
    item_id: ItemId,
    name: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Call this item otherwise."""
    try:
        done = rooms.corrections.rename(caller.id, _KINDS[place], by_number(item_id), name)
    except InvalidInputError as error:
        return _show(request, caller, rooms, (place, item_id), _ask(caller), problem=error)
    return go_back(request, "", f"/{place}/{item_id}", done)


@ROUTER.post("/artists/{item_id}/exclude")
@ROUTER.post("/albums/{item_id}/exclude")
@ROUTER.post("/tracks/{item_id}/exclude")
def post_exclude(
    request: Request, caller: PageEditor, rooms: Rooms, place: Place, item_id: ItemId
) -> Response:
    """Leave the item out of every measure, now and later."""
    item = _KINDS[place]
    named: dict[str, Any] = {item.value: by_number(item_id)}
    try:
        rooms.corrections.exclude(caller.id, ExclusionWish(zone=caller.zone, **named))
    except InvalidInputError:  # nothing but the number can be wrong
        raise NotFoundError(f"There is no {item} {item_id} in this history.") from None
    return go_back(request, "", "/corrections")
