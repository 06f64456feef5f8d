"""Covers of artists and albums, for the pages of whoever has heard them: no address tells what somebody else hears."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from tonearm.covers.pictures import Picture
from tonearm.domain.vocabulary import ItemKind
from tonearm.ui.covers import version_of
from tonearm.web.callers import PageCaller, Rooms
from tonearm.web.etags import is_known

ROUTER = APIRouter(prefix="/covers", include_in_schema=False)
_LARGEST_ID = 2_147_483_647
_KEPT = "private, max-age=31536000, immutable"
_ASKED_ABOUT = "private, no-cache"

ItemId = Annotated[int, Path(ge=1, le=_LARGEST_ID)]
Version = Annotated[str, Query(alias="v", max_length=64)]


@ROUTER.get("/artists/{item_id}")
def artist_cover(
    request: Request, caller: PageCaller, rooms: Rooms, item_id: ItemId, version: Version = ""
) -> Response:
    """Give the picture of an artist or of something spoken."""
    picture = rooms.covers.get(caller.id, ItemKind.ARTIST, item_id)
    return _answer(request, picture, version)


@ROUTER.get("/albums/{item_id}")
def album_cover(
    request: Request, caller: PageCaller, rooms: Rooms, item_id: ItemId, version: Version = ""
) -> Response:
    """Give the picture of an album."""
    picture = rooms.covers.get(caller.id, ItemKind.ALBUM, item_id)
    return _answer(request, picture, version)


def _answer(request: Request, picture: Picture, version: str) -> Response:
    """Give a picture, for good under the address that names it."""
    etag = f'"{picture.digest}"'
    kept = _KEPT if version == version_of(picture.digest) else _ASKED_ABOUT
    headers = {"cache-control": kept, "etag": etag, "vary": "cookie"}
    if is_known(request, etag):
        return Response(status_code=304, headers=headers)
    return Response(picture.content, media_type=picture.media_type, headers=headers)
