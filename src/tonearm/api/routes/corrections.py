"""Corrections of a listener's history: make one, look them through, take one back."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field, StrictInt
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from tonearm.accounts.people import User
from tonearm.api.cursor import Cursor, make_cursor, read_cursor
from tonearm.api.records import CorrectionPage
from tonearm.domain.errors import ForbiddenError, InvalidInputError
from tonearm.domain.vocabulary import ItemKind
from tonearm.history.corrections.corrections import Corrections
from tonearm.history.corrections.records import (
    Correction,
    ExclusionWish,
    SplitWish,
    WordingWish,
)
from tonearm.web.callers import Editor, Reader, Rooms
from tonearm.web.questions import UserPath, find_listener
from tonearm.web.services import Services
from tonearm.web.strict import Body, Day, api_router, problems

ROUTER = api_router("/history", "history")
_LARGEST_ID = 2_147_483_647
_LARGEST_PLAY = (1 << 32) - 1
_MOST_PLAYS = 10_000
_MOST_ITEMS = 1_000
_LONGEST = 4_096

CorrectionId = Annotated[int, Path(ge=1, le=_LARGEST_ID, description="Number of the correction")]
PlayId = Annotated[StrictInt, Field(ge=1, le=_LARGEST_PLAY)]
Plays = Annotated[list[PlayId], Field(min_length=1, max_length=_MOST_PLAYS)]
Text = Annotated[str, Field(min_length=1, max_length=_LONGEST)]
Item = Annotated[StrictInt, Field(ge=1, le=_LARGEST_ID)] | Text
Items = Annotated[list[Item], Field(min_length=1, max_length=_MOST_ITEMS)]


class ChosenPlays(Body):
    """Plays by their ids."""

    plays: Plays
    """The ids, as the list of plays shows them."""


class ExclusionBody(Body):
    """A rule: plays that fit every part that is given count no more."""

    zone: Text | None = None
    """IANA time zone of days and hours; without it the listener's own, as it is now."""
    from_day: Day | None = None
    """First local day."""
    to_day: Day | None = None
    """First local day after."""
    artist: Item | None = None
    """An artist: a number or a name."""
    album: Item | None = None
    """An album: a number or a name."""
    track: Item | None = None
    """A track: a number, a URI or a title."""
    platform: Text | None = None
    """A family of platforms, such as `android`."""
    country: Text | None = None
    """Two letters, ISO 3166."""
    from_hour: StrictInt | None = None
    """First local hour, 0 to 23."""
    to_hour: StrictInt | None = None
    """The hour before which it ends, 0 to 24; where that is the earlier one, it ends on the next day."""
    weekdays: Annotated[list[StrictInt], Field(min_length=1, max_length=7)] | None = None
    """Days of the week, 0 is Monday; hours after midnight belong to the day on which the span began."""


class MergeBody(Body):
    """Items that are one."""

    item: ItemKind
    """What they are."""
    into: Item
    """The one that gives its name: a number or a name."""
    items: Items
    """Those that are part of it."""


class WordingBody(Body):
    """Which wordings of a track are meant: those that read so in every part that is given."""

    uri: Text | None = None
    title: Text | None = None
    artist: Text | None = None
    album: Text | None = None


class SplitBody(Body):
    """Tracks that belong elsewhere, or wordings of one track that are a track of their own."""

    tracks: Items
    """The tracks: numbers, URIs or titles."""
    artist: Text | None = None
    """The name of the artist they are by, known or new."""
    album: Text | None = None
    """The name of the album they are on, known or new."""
    wording: WordingBody | None = None
    """What is split off, of one track."""


class RenameBody(Body):
    """Another name for an item; its plays stay as they are."""

    item: ItemKind
    """What it is."""
    of: Item
    """Which one: a number or a name."""
    name: Text
    """What to call it."""


class CorrectionBody(Body):
    """A new correction: exactly one of its kinds."""

    hide: ChosenPlays | None = None
    """Leave plays out, unless a question asks for hidden ones."""
    delete: ChosenPlays | None = None
    """Delete plays: no measure knows them, and no import brings them back."""
    exclude: ExclusionBody | None = None
    """Leave out whatever fits a rule, now and later."""
    merge: MergeBody | None = None
    """Make several artists, albums or tracks one."""
    split: SplitBody | None = None
    """Take tracks apart again."""
    rename: RenameBody | None = None
    """Call an artist, album or track otherwise."""


@ROUTER.get("/users/{user}/corrections", summary="List corrections", responses=problems(404, 503))
async def list_corrections(
    services: Rooms,
    caller: Reader,
    user: UserPath,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> CorrectionPage:
    """Give a listener's corrections, newest first, undone ones included."""
    listener = await find_listener(services, caller, user)
    after = read_cursor(cursor)
    every = await run_in_threadpool(services.corrections.list, listener.id)
    found = [correction for correction in every if not after or correction.id < after]
    more = make_cursor(found[limit - 1].id) if len(found) > limit else None
    return CorrectionPage(tuple(found[:limit]), more)


@ROUTER.get(
    "/users/{user}/corrections/{correction_id}",
    summary="Show a correction",
    responses=problems(404, 503),
)
async def get_correction(
    services: Rooms, caller: Reader, user: UserPath, correction_id: CorrectionId
) -> Correction:
    """Give one correction."""
    listener = await find_listener(services, caller, user)
    return await run_in_threadpool(services.corrections.get, listener.id, correction_id)


@ROUTER.post(
    "/users/{user}/corrections",
    status_code=201,
    summary="Correct a history",
    responses={
        200: {"model": Correction, "description": "The plays are hidden already"},
        **problems(403, 404, 409, 503),
    },
)
async def post_correction(
    request: Request,
    response: Response,
    services: Rooms,
    caller: Editor,
    user: UserPath,
    wanted: CorrectionBody,
) -> Correction:
    """Hide or delete plays, exclude by a rule, merge, split or rename items. Every measure follows at once.

    A listener corrects their own history alone. The answer's `Location` is where to undo it. A play is hidden
    once: where all of them are hidden already, the answer is 200 and the newest correction that hides them.
    """
    listener = await _themself(services, caller, user)
    made, is_new = await run_in_threadpool(_make, services.corrections, listener, wanted)
    response.status_code = 201 if is_new else 200
    response.headers["location"] = f"{request.url.path}/{made.id}"
    return made


@ROUTER.delete(
    "/users/{user}/corrections/{correction_id}",
    summary="Undo a correction",
    responses=problems(403, 404, 409, 503),
)
async def delete_correction(
    services: Rooms, caller: Editor, user: UserPath, correction_id: CorrectionId
) -> Correction:
    """Make the history what it would be without a correction; its record stays."""
    listener = await _themself(services, caller, user)
    return await run_in_threadpool(services.corrections.undo, listener.id, correction_id)


async def _themself(services: Services, caller: User, user: str) -> User:
    listener = await find_listener(services, caller, user)
    if listener.id != caller.id:
        raise ForbiddenError("Only the listener can correct their history.")
    return listener


def _make(
    corrections: Corrections, listener: User, wanted: CorrectionBody
) -> tuple[Correction, bool]:
    """Give the correction, and whether it was made now."""
    given = wanted.model_fields_set
    if len(given) != 1:
        kinds = ", ".join(f"`{name}`" for name in CorrectionBody.model_fields)
        raise InvalidInputError(f"Give exactly one of {kinds}.", parameter="body")
    (kind,) = given
    try:
        if wanted.hide is not None:
            hiding = corrections.hide(listener.id, wanted.hide.plays)
            return hiding.correction, bool(hiding.hidden)
        return _make_one(corrections, listener, wanted), True
    except InvalidInputError as error:
        # The rooms below do not know how deep in the body their parameter stands.
        path = kind if error.parameter in (None, kind) else f"{kind}.{error.parameter}"
        raise InvalidInputError(error.message, parameter=path) from None


def _make_one(corrections: Corrections, listener: User, wanted: CorrectionBody) -> Correction:
    if wanted.delete is not None:
        return corrections.delete(listener.id, wanted.delete.plays)
    if wanted.exclude is not None:
        return corrections.exclude(listener.id, _exclusion(wanted.exclude, listener.zone))
    if wanted.merge is not None:
        merge = wanted.merge
        items = [str(item) for item in merge.items]
        return corrections.merge(listener.id, merge.item, str(merge.into), items)
    if wanted.split is not None:
        return corrections.split(listener.id, _split(wanted.split))
    if wanted.rename is not None:
        rename = wanted.rename
        return corrections.rename(listener.id, rename.item, str(rename.of), rename.name)
    raise InvalidInputError("It cannot be null.")


def _exclusion(wanted: ExclusionBody, zone: str) -> ExclusionWish:
    return ExclusionWish(
        zone=wanted.zone or zone,
        from_day=wanted.from_day,
        to_day=wanted.to_day,
        artist=_text(wanted.artist),
        album=_text(wanted.album),
        track=_text(wanted.track),
        platform=wanted.platform,
        country=wanted.country,
        from_hour=wanted.from_hour,
        to_hour=wanted.to_hour,
        weekdays=None if wanted.weekdays is None else tuple(wanted.weekdays),
    )


def _split(wanted: SplitBody) -> SplitWish:
    words = wanted.wording
    return SplitWish(
        tracks=tuple(str(item) for item in wanted.tracks),
        artist=wanted.artist,
        album=wanted.album,
        wording=None if words is None else WordingWish(**words.model_dump()),
    )


def _text(item: int | str | None) -> str | None:
    return None if item is None else str(item)
