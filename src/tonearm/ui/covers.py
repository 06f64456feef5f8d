"""Covers on pages: where each of them is, and what is to be looked for once a page has been sent."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace

import structlog
from starlette.background import BackgroundTask

from tonearm.covers.covers import Cover, Shown
from tonearm.domain.errors import TonearmError
from tonearm.domain.vocabulary import ItemKind
from tonearm.insights.plays import Play
from tonearm.insights.records import Top
from tonearm.ui.rendering import Frame
from tonearm.web.services import Services

_LOG = structlog.get_logger(__name__)
_KINDS = {"artists": ItemKind.ARTIST, "albums": ItemKind.ALBUM, "tracks": ItemKind.TRACK}
_PLACES = {item: place for place, item in _KINDS.items()}
_VERSION = 16

CoverLine = tuple[str, int, int]
"""What a page shows: place, number, and how often it was played, which decides what is looked for first."""


def hang(
    frame: Frame, rooms: Services, lines: Iterable[CoverLine]
) -> tuple[Frame, BackgroundTask | None]:
    """Give a frame with the covers of what a page shows, and what is to be done after it for those that are lacking."""
    shown: dict[Shown, int] = {(_KINDS[place], number): plays for place, number, plays in lines}
    if frame.user is None or not shown:
        return frame, None
    hung = rooms.covers.find(frame.user.id, shown)
    addresses = {
        (_PLACES[item], number): _address(frame, cover)
        for (item, number), cover in hung.covers.items()
    }
    lacking = {one: shown[one] for one in hung.lacking}
    later = BackgroundTask(_begin, rooms, frame.user.id, lacking) if lacking else None
    return replace(frame, covers=addresses), later


def ranked(place: str, top: Top | None) -> list[CoverLine]:
    """Give the lines of a ranking."""
    return [] if top is None else [(place, item.id, item.plays) for item in top.items]


def played(plays: Iterable[Play]) -> list[CoverLine]:
    """Give the lines of a list of plays."""
    return [("tracks", play.track.id, 1) for play in plays]


def version_of(digest: str) -> str:
    """Give what an address is told of a picture, so that it changes with it."""
    return digest[:_VERSION]


def _address(frame: Frame, cover: Cover) -> str:
    place = _PLACES[cover.item]
    return frame.path(f"/covers/{place}/{cover.item_id}?v={version_of(cover.digest)}")


async def _begin(rooms: Services, user_id: int, lacking: Mapping[Shown, int]) -> None:
    """Have a thread write down what is lacking: a database that is busy must not keep the next page waiting."""
    asyncio.get_running_loop().run_in_executor(None, _want, rooms, user_id, lacking)


def _want(rooms: Services, user_id: int, lacking: Mapping[Shown, int]) -> None:
    try:
        rooms.covers.want(user_id, lacking)
    except TonearmError as error:  # such as a database that is busy: the next page lacks them too
        _LOG.warning("covers.not_wanted", reason=error.message)
