"""Shares of the listener: made, looked at as visitors do, renamed and revoked."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.accounts.people import User
from tonearm.domain.errors import InvalidInputError, NotFoundError, TonearmError
from tonearm.domain.vocabulary import RankBy
from tonearm.history.shared import OpenShare, ShareChange, SharedView, ShareWish
from tonearm.history.shares import no_share
from tonearm.speech import N_
from tonearm.ui import asking
from tonearm.ui.pages.shared import Theme, picture_answer
from tonearm.ui.rendering import Frame, frame_of, page, render
from tonearm.ui.sharing import choices_of, ranges_of, render_share, share_picture
from tonearm.ui.told import told_problem
from tonearm.web.callers import PageCaller, PageEditor, Rooms
from tonearm.web.joining import share_link
from tonearm.web.services import Services

ROUTER = APIRouter(prefix="/account/shares", include_in_schema=False)
_LARGEST_ID = 2_147_483_647
Number = Annotated[int, Path(ge=1, le=_LARGEST_ID)]
# No empty text: in a form that is a field that was not sent, and the usual 30 days.
_NEVER = "never"
_LIFETIMES: Mapping[str, str] = {
    "7": N_("In a week"),
    "30": N_("In 30 days"),
    "90": N_("In 90 days"),
    "365": N_("In a year"),
    _NEVER: N_("Never"),
}
"""Days after which a share may end."""


class ShareForm(BaseModel):
    """A share as the form names it."""

    view: SharedView = SharedView.OVERVIEW
    range: Annotated[str, Field(max_length=64)] = "all"
    kind: Annotated[str, Field(max_length=16)] = "music"
    rule: str = ""
    by: RankBy = RankBy.PLAYS
    item: Annotated[str, Field(max_length=10)] = ""
    title: Annotated[str, Field(max_length=200)] = ""
    shown_name: Annotated[str, Field(max_length=200)] = ""
    has_private: bool = False
    ends: str = "30"

    def wish(self) -> ShareWish:
        """Give the wish; raises InvalidInputError."""
        return ShareWish(
            view=self.view,
            range=self.range,
            kind=self.kind,
            rule=asking.rule_of(self.rule) if self.rule else None,
            by=self.by,
            item=self.item or None,
            title=self.title,
            shown_name=self.shown_name,
            has_private=self.has_private,
            lifetime=_lifetime(self.ends),
        )


@ROUTER.get("/new")
def new_share(
    request: Request, caller: PageEditor, rooms: Rooms, form: Annotated[ShareForm, Query()]
) -> Response:
    """Ask how a page is to be shared."""
    return _show_form(request, caller, rooms, form)


@ROUTER.get("/preview")
def draft_preview(
    request: Request, caller: PageEditor, rooms: Rooms, form: Annotated[ShareForm, Query()]
) -> Response:
    """Show what visitors would see of a share that is not made yet."""
    found = rooms.shares.draft(caller, form.wish())
    return page(request, render_share(rooms, caller, found, frame_of(request)))


@ROUTER.post("")
def post_share(
    request: Request, caller: PageEditor, rooms: Rooms, form: Annotated[ShareForm, Form()]
) -> Response:
    """Make a share and show its link once."""
    try:
        share, token = rooms.shares.create(caller, form.wish())
    except TonearmError as error:
        return _show_form(request, caller, rooms, form, error)
    html = render(
        "share_made.html",
        _frame(request, caller),
        share=share,
        link=share_link(request, token),
    )
    return page(request, html)


@ROUTER.get("/{number}")
def share_page(request: Request, caller: PageCaller, rooms: Rooms, number: Number) -> Response:
    """Show a share, and what can be done with it."""
    return _show_share(request, caller, rooms, number)


@ROUTER.get("/{number}/preview")
def preview(request: Request, caller: PageCaller, rooms: Rooms, number: Number) -> Response:
    """Show what visitors see of a share."""
    frame = frame_of(request)
    found = _there(rooms.shares.get(caller.id, number))
    address = frame.path(f"/account/shares/{number}/picture")
    return page(request, render_share(rooms, caller, found, frame, picture=address))


@ROUTER.get("/{number}/picture.png")
@ROUTER.get("/{number}/picture.svg")
def picture(
    request: Request, caller: PageCaller, rooms: Rooms, number: Number, theme: Theme = "light"
) -> Response:
    """Give the picture that visitors can save."""
    found = rooms.shares.get(caller.id, number)
    drawn = share_picture(rooms, caller, found, is_dark=theme == "dark")
    if drawn is None:
        raise NotFoundError(f"Share {number} is no picture.")
    return picture_answer(request, drawn)


@ROUTER.post("/{number}")
def post_change(
    request: Request,
    caller: PageEditor,
    rooms: Rooms,
    number: Number,
    title: Annotated[str, Form(max_length=200)] = "",
    shown_name: Annotated[str, Form(max_length=200)] = "",
    ends: Annotated[str, Form()] = "",
) -> Response:
    """Change the title and the name of a share, and its end where another one is chosen."""
    try:
        change = ShareChange(title, shown_name, _lifetime(ends) if ends else None)
        rooms.shares.change(caller.id, number, change)
    except InvalidInputError as error:
        return _show_share(request, caller, rooms, number, error)
    return RedirectResponse(frame_of(request).path("/account#shares"), 303)


@ROUTER.post("/{number}/revoke")
def post_revoked(request: Request, caller: PageCaller, rooms: Rooms, number: Number) -> Response:
    """End a share."""
    rooms.shares.revoke(caller.id, number)
    return RedirectResponse(frame_of(request).path("/account#shares"), 303)


def _show_form(
    request: Request,
    caller: User,
    rooms: Services,
    form: ShareForm,
    problem: TonearmError | None = None,
) -> Response:
    # What the fields hold is judged when they are sent; the page itself needs a share that can be.
    plain = form.model_copy(update={"title": "", "shown_name": "", "ends": "30"})
    found = rooms.shares.draft(caller, plain.wish())
    html = render(
        "share_new.html",
        _frame(request, caller),
        form=form,
        share=found.share,
        choices=choices_of(form.view, found.share.kind),
        ranges=ranges_of(found.share, caller.zone),
        lifetimes=_LIFETIMES,
        problem=told_problem(problem),
    )
    return page(request, html, problem.status if problem else 200)


def _show_share(
    request: Request,
    caller: User,
    rooms: Services,
    number: int,
    problem: TonearmError | None = None,
) -> Response:
    found = rooms.shares.get(caller.id, number)
    html = render(
        "share_own.html",
        _frame(request, caller),
        share=found.share,
        is_there=found.share.view.item is None or found.number is not None,
        lifetimes=_LIFETIMES,
        problem=told_problem(problem),
    )
    return page(request, html, problem.status if problem else 200)


def _there(found: OpenShare) -> OpenShare:
    if found.share.view.item is not None and found.number is None:
        raise no_share()
    return found


def _lifetime(ends: str) -> timedelta | None:
    if ends not in _LIFETIMES:
        raise InvalidInputError("Choose one of the offered times.", parameter="ends")
    return None if ends == _NEVER else timedelta(days=int(ends))


def _frame(request: Request, caller: User) -> Frame:
    return replace(frame_of(request, caller), here="/account")
