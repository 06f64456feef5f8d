"""People, for those who look after them: who is here, who is invited, and what each may."""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.accounts.administration import outranks
from tonearm.accounts.invitations import Registration
from tonearm.accounts.people import User
from tonearm.domain.errors import InvalidInputError, TonearmError
from tonearm.domain.vocabulary import Role
from tonearm.speech import N_
from tonearm.speech import gettext as _
from tonearm.ui.rendering import Frame, frame_of, page, render
from tonearm.ui.told import told_problem
from tonearm.web.callers import PageAdministrator, Rooms
from tonearm.web.joining import invitation_link, reset_link
from tonearm.web.questions import look_at
from tonearm.web.services import Services

ROUTER = APIRouter(prefix="/people", include_in_schema=False)
_LARGEST_ID = 2_147_483_647
_LIFETIMES = {1: N_("A day"), 7: N_("A week"), 30: N_("30 days")}
_DONE = {
    "added": N_("Added. Make a link below by which they choose their password."),
    "role": N_("The role is changed."),
    "email": N_("The e-mail address is changed."),
    "disabled": N_(
        "The account is disabled: it opens nothing any more, and keeps all that is in it."
    ),
    "enabled": N_("The account is enabled again."),
    "deleted": N_("The account is gone, with everything in it."),
    "revoked": N_("The invitation lets nobody in any more."),
}
Number = Annotated[int, Path(ge=1, le=_LARGEST_ID)]
Field = Annotated[str, Form()]
Done = Annotated[str, Query()]


@ROUTER.get("")
def people_page(
    request: Request, caller: PageAdministrator, rooms: Rooms, done: Done = ""
) -> Response:
    """Show who is here and who is invited; `done` names what was done just now."""
    return _people(request, caller, rooms, done=done)


@ROUTER.post("")
def post_person(
    request: Request,
    caller: PageAdministrator,
    rooms: Rooms,
    name: Field = "",
    role: Field = Role.LISTENER.value,
    zone: Field = "UTC",
) -> Response:
    """Add somebody, and go on to them."""
    try:
        user = rooms.administration.add(name, zone, _role(role), by=caller)
    except TonearmError as error:
        return _people(request, caller, rooms, error)
    return _to(request, f"/{user.id}?done=added")


@ROUTER.post("/invitations")
def post_invitation(
    request: Request,
    caller: PageAdministrator,
    rooms: Rooms,
    role: Field = Role.LISTENER.value,
    days: Annotated[int, Form()] = 7,
    note: Field = "",
) -> Response:
    """Invite somebody, and show the link once."""
    try:
        new = rooms.invitations.create(caller, _role(role), timedelta(days=days), note)
    except TonearmError as error:
        return _people(request, caller, rooms, error)
    html = render(
        "people_link.html",
        _frame(request, caller),
        title=_("An invitation"),
        whom=new.note,
        link=invitation_link(request, new.token),
        ends_at=new.ends_at,
        back="/people",
    )
    return page(request, html)


@ROUTER.post("/invitations/{invitation_id}/revoke")
def post_revoked(
    request: Request, caller: PageAdministrator, rooms: Rooms, invitation_id: Number
) -> Response:
    """Revoke an invitation."""
    try:
        rooms.invitations.revoke(invitation_id, by=caller)
    except TonearmError as error:
        return _people(request, caller, rooms, error)
    return _to(request, "?done=revoked")


@ROUTER.get("/{user_id}")
def person_page(
    request: Request, caller: PageAdministrator, rooms: Rooms, user_id: Number, done: Done = ""
) -> Response:
    """Show one person, and what can be done. That an admin looks is written down."""
    look_at(rooms, caller, user_id)
    return _person(request, caller, rooms, user_id, done=done)


@ROUTER.post("/{user_id}/role")
def post_role(
    request: Request, caller: PageAdministrator, rooms: Rooms, user_id: Number, role: Field = ""
) -> Response:
    """Change somebody's role."""
    return _change(request, caller, rooms, user_id, "role", role=role)


@ROUTER.post("/{user_id}/email")
def post_email(
    request: Request, caller: PageAdministrator, rooms: Rooms, user_id: Number, email: Field = ""
) -> Response:
    """Change somebody's e-mail address."""
    return _change(request, caller, rooms, user_id, "email", email=email)


@ROUTER.post("/{user_id}/disable")
def post_disabled(
    request: Request, caller: PageAdministrator, rooms: Rooms, user_id: Number
) -> Response:
    """Let somebody's account open nothing."""
    return _change(request, caller, rooms, user_id, "disabled", is_disabled=True)


@ROUTER.post("/{user_id}/enable")
def post_enabled(
    request: Request, caller: PageAdministrator, rooms: Rooms, user_id: Number
) -> Response:
    """Let somebody in again."""
    return _change(request, caller, rooms, user_id, "enabled", is_disabled=False)


@ROUTER.post("/{user_id}/password-reset")
def post_reset(
    request: Request, caller: PageAdministrator, rooms: Rooms, user_id: Number
) -> Response:
    """Make a link to a new password, and show it once."""
    try:
        new = rooms.resets.create(user_id, by=caller)
    except TonearmError as error:
        return _person(request, caller, rooms, user_id, error)
    html = render(
        "people_link.html",
        _frame(request, caller),
        title=_("A link to a new password"),
        whom=new.user.name,
        link=reset_link(request, new.token),
        ends_at=new.ends_at,
        back=f"/people/{user_id}",
    )
    return page(request, html)


@ROUTER.post("/{user_id}/delete")
def post_deleted(
    request: Request, caller: PageAdministrator, rooms: Rooms, user_id: Number, confirm: Field = ""
) -> Response:
    """Delete somebody, once their name is typed."""
    try:
        rooms.administration.delete(user_id, confirm, by=caller)
    except TonearmError as error:
        return _person(request, caller, rooms, user_id, error)
    return _to(request, "?done=deleted")


def _change(
    request: Request,
    caller: User,
    rooms: Services,
    user_id: int,
    done: str,
    *,
    role: str | None = None,
    is_disabled: bool | None = None,
    email: str | None = None,
) -> Response:
    try:
        chosen = None if role is None else _role(role)
        rooms.administration.change(
            user_id, by=caller, role=chosen, is_disabled=is_disabled, email=email
        )
    except TonearmError as error:
        return _person(request, caller, rooms, user_id, error)
    return _to(request, f"/{user_id}?done={done}")


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise InvalidInputError(f"A role is one of {', '.join(Role)}.", parameter="role") from None


def _people(
    request: Request,
    caller: User,
    rooms: Services,
    problem: TonearmError | None = None,
    *,
    done: str = "",
) -> Response:
    html = render(
        "people.html",
        _frame(request, caller),
        people=rooms.administration.list(),
        invitations=rooms.invitations.list(),
        may_invite=rooms.invitations.registration is not Registration.CLOSED,
        roles=_gifts(caller),
        lifetimes=_LIFETIMES,
        problem=told_problem(problem),
        done=_(_DONE[done]) if done in _DONE else None,
    )
    return page(request, html, problem.status if problem else 200)


def _person(
    request: Request,
    caller: User,
    rooms: Services,
    user_id: int,
    problem: TonearmError | None = None,
    *,
    done: str = "",
) -> Response:
    person = rooms.accounts.get(user_id)
    html = render(
        "person.html",
        _frame(request, caller),
        person=person,
        may_change=outranks(caller, person.role),
        roles=_gifts(caller),
        problem=told_problem(problem),
        done=_(_DONE[done]) if done in _DONE else None,
    )
    return page(request, html, problem.status if problem else 200)


def _gifts(caller: User) -> list[Role]:
    """Give the roles that somebody may give."""
    return [role for role in Role if outranks(caller, role)]


def _frame(request: Request, caller: User) -> Frame:
    return replace(frame_of(request, caller), here="/people")


def _to(request: Request, rest: str) -> Response:
    return RedirectResponse(frame_of(request).path(f"/people{rest}"), 303)
