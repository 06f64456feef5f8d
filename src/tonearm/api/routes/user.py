"""The caller's own account."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import Field, StrictBool, StrictInt
from starlette.requests import Request

from tonearm.accounts.people import User
from tonearm.domain.events import EventName
from tonearm.domain.preferences import Language, Theme
from tonearm.domain.vocabulary import Rule
from tonearm.web.callers import Caller, Chooser, KnownCallers, Rooms
from tonearm.web.strict import Change, api_router, problems

ROUTER = api_router("/user", "user")
_COUNTING = ("zone", "rule", "counts_private", "travels")


@dataclass(frozen=True, slots=True)
class UserPreferences:
    """Everything the caller prefers."""

    zone: str
    """IANA time zone in which days and hours are counted."""
    rule: Rule
    """What counts as a play."""
    counts_private: bool
    """Whether plays of private sessions count."""
    travels: bool
    """Whether a play's country chooses its zone."""
    theme: Theme
    """The colours of pages."""
    language: Language
    """The language of pages."""
    week_start: int
    """The day that weeks begin with on pages: Monday is 1, Sunday 7. The weeks of measures are those of ISO 8601."""
    notifications: Mapping[EventName, bool]
    """For each event, whether it gives a notification."""


class PreferencesChange(Change):
    """What shall be otherwise; what is left out stays."""

    zone: str | None = None
    """IANA time zone in which days and hours are counted."""
    rule: Rule | None = None
    """What counts as a play."""
    counts_private: StrictBool | None = None
    """Whether plays of private sessions count."""
    travels: StrictBool | None = None
    """Whether a play's country chooses its zone."""
    theme: Theme | None = None
    """The colours of pages."""
    language: Language | None = None
    """The language of pages."""
    week_start: Annotated[StrictInt, Field(ge=1, le=7)] | None = None
    """The day that weeks begin with on pages: Monday is 1, Sunday 7."""
    notifications: Mapping[EventName, StrictBool] | None = None
    """Whether an event gives a notification; events that are left out stay as they are."""


@ROUTER.get("/profile", summary="Who is calling")
async def get_profile(caller: Caller) -> User:
    """Give the caller's name, role and preferences."""
    return caller


@ROUTER.get("/preferences", summary="What the caller prefers")
async def get_preferences(caller: Caller) -> UserPreferences:
    """Give how the caller is counted where a question leaves it open, and how pages and notifications are."""
    return _preferences(caller)


@ROUTER.patch("/preferences", summary="Change what the caller prefers", responses=problems(503))
def patch_preferences(
    request: Request,
    caller: Chooser,
    rooms: Rooms,
    callers: KnownCallers,
    change: PreferencesChange,
) -> UserPreferences:
    """Change preferences; they hold from the next question on, and nothing stored is computed anew."""
    given = change.model_dump(exclude_unset=True)
    told = given.pop("notifications", {})
    muted = {event for event in EventName if not told.get(event, _is_told(caller, event))}
    counting = {name: given.pop(name) for name in _COUNTING if name in given}
    user = rooms.accounts.set_preferences(
        caller.id,
        replace(caller.preferences, **counting),
        replace(caller.presentation, muted=tuple(muted), **given),
    )
    callers.forget_caller(request)
    return _preferences(user)


def _preferences(user: User) -> UserPreferences:
    counted, shown = user.preferences, user.presentation
    return UserPreferences(
        zone=counted.zone,
        rule=counted.rule,
        counts_private=counted.counts_private,
        travels=counted.travels,
        theme=shown.theme,
        language=shown.language,
        week_start=shown.week_start,
        notifications={event: _is_told(user, event) for event in EventName},
    )


def _is_told(user: User, event: EventName) -> bool:
    return event not in user.presentation.muted
