"""Corrections: all that a listener has changed about what counts, each with its undo."""

from contextlib import suppress
from typing import Annotated

from fastapi import Form, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from tonearm.domain.errors import ConflictError
from tonearm.ui.corrections import go_back, line_of
from tonearm.ui.rendering import frame_of, page, render
from tonearm.web.callers import PageCaller, PageEditor, Rooms
from tonearm.web.strict import page_router

ROUTER = page_router("/corrections")
_LARGEST_ID = 2_147_483_647
_SHOWN = 50

CorrectionId = Annotated[int, Path(ge=1, le=_LARGEST_ID)]


@ROUTER.get("")
def corrections_page(
    request: Request,
    caller: PageCaller,
    rooms: Rooms,
    before: Annotated[int, Query(ge=1, le=_LARGEST_ID)] = _LARGEST_ID,
) -> Response:
    """Show corrections, newest first, fifty at a time."""
    found = rooms.corrections.list(caller.id, before=before, limit=_SHOWN + 1)
    html = render(
        "corrections.html",
        frame_of(request, caller),
        lines=[line_of(correction) for correction in found[:_SHOWN]],
        before=found[_SHOWN - 1].id if len(found) > _SHOWN else None,
        is_first=before == _LARGEST_ID,
    )
    return page(request, html)


@ROUTER.post("/{correction_id}/undo")
def post_undo(
    request: Request,
    caller: PageEditor,
    rooms: Rooms,
    correction_id: CorrectionId,
    back: Annotated[str, Form()] = "",
) -> Response:
    """Undo a correction."""
    # Somebody who presses twice, or in two windows, has what they wanted.
    with suppress(ConflictError):
        rooms.corrections.undo(caller.id, correction_id)
    return go_back(request, back, "/corrections")
