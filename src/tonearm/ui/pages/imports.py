"""Imports: bring in, watch, look through, publish, undo."""

import shutil
from collections.abc import AsyncIterator, Sequence
from typing import Annotated

import anyio
from fastapi import APIRouter, Path, Query
from sse_starlette import EventSourceResponse
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.domain.errors import TonearmError
from tonearm.domain.vocabulary import UNDER_WAY, ImportState
from tonearm.importers.records import ImportRecord, LedgerRow
from tonearm.ui.rendering import Frame, frame_of, page, render
from tonearm.web.callers import PageCaller, PageEditor, Rooms
from tonearm.web.uploads import receive_upload

ROUTER = APIRouter(prefix="/imports", include_in_schema=False)
_LARGEST_ID = 2_147_483_647
_LARGEST_POSITION = 2**53
_ROWS = 100
_MOST_FILES = 200
_LOOK_EVERY_SECONDS = 0.4
_LAST_SECONDS = 1.0

ImportId = Annotated[int, Path(ge=1, le=_LARGEST_ID)]


@ROUTER.get("")
def imports_page(request: Request, caller: PageCaller, rooms: Rooms) -> Response:
    """Show where to drop an export, and what came in so far."""
    frame = frame_of(request, caller)
    return page(request, render("imports.html", frame, imports=rooms.imports.list(caller.id)))


@ROUTER.post("")
async def post_import(
    request: Request,
    caller: PageEditor,
    rooms: Rooms,
    *,
    dry_run: Annotated[bool, Query()] = False,
) -> Response:
    """Take the files of the plain form, and go on to where their import can be watched."""
    upload = await receive_upload(request, rooms)
    try:
        record = await run_in_threadpool(
            rooms.imports.submit, caller.id, upload.spool, upload.names, is_preview=dry_run
        )
    except BaseException:
        shutil.rmtree(upload.spool, ignore_errors=True)
        raise
    return _to_import(request, record)


@ROUTER.get("/{import_id}")
def import_page(
    request: Request, caller: PageCaller, rooms: Rooms, import_id: ImportId
) -> Response:
    """Show one import: its progress, or what became of it."""
    frame = frame_of(request, caller)
    return page(request, render_import(rooms.imports.get(caller.id, import_id), frame))


def render_import(record: ImportRecord, frame: Frame) -> str:
    """Render the page of one import."""
    return render("import.html", frame, record=record, most_files=_MOST_FILES)


@ROUTER.get("/{import_id}/live")
async def live(
    request: Request, caller: PageCaller, rooms: Rooms, import_id: ImportId
) -> EventSourceResponse:
    """Stream the changing part of an import's page until the import has ended."""
    frame = frame_of(request, caller)
    first = await run_in_threadpool(rooms.imports.get, caller.id, import_id)

    async def parts() -> AsyncIterator[dict[str, str]]:
        record, shown = first, None
        while True:
            if record != shown:
                yield {"data": render_live(record, frame)}
                shown = record
            if record.state not in UNDER_WAY:
                # A close that comes with the last part in one piece would take it away unshown.
                await anyio.sleep(_LAST_SECONDS)
                yield {"event": "done", "data": record.state.value}
                return
            await anyio.sleep(_LOOK_EVERY_SECONDS)
            try:
                record = await run_in_threadpool(rooms.imports.get, caller.id, import_id)
            except TonearmError:
                # The database is busy for a moment; what is shown stays until it answers.
                continue

    return EventSourceResponse(parts(), headers={"cache-control": "no-store"})


def render_live(record: ImportRecord, frame: Frame) -> str:
    """Render the changing part of an import's page."""
    return render("import_live.html", frame, record=record, most_files=_MOST_FILES)


@ROUTER.post("/{import_id}/publish")
def post_publish(
    request: Request, caller: PageEditor, rooms: Rooms, import_id: ImportId
) -> Response:
    """Start the real import."""
    return _to_import(request, rooms.imports.publish(caller.id, import_id))


@ROUTER.post("/{import_id}/cancel")
def post_cancel(
    request: Request, caller: PageEditor, rooms: Rooms, import_id: ImportId
) -> Response:
    """Stop an import, or drop a preview."""
    return _to_import(request, rooms.imports.cancel(caller.id, import_id))


@ROUTER.get("/{import_id}/undo")
def undo_page(request: Request, caller: PageEditor, rooms: Rooms, import_id: ImportId) -> Response:
    """Ask whether an import is to be undone."""
    record = rooms.imports.get(caller.id, import_id)
    if record.state is not ImportState.PUBLISHED:
        return _to_import(request, record)
    return page(request, render("undo.html", frame_of(request, caller), record=record))


@ROUTER.post("/{import_id}/undo")
def post_undo(request: Request, caller: PageEditor, rooms: Rooms, import_id: ImportId) -> Response:
    """Undo an import."""
    return _to_import(request, rooms.imports.undo(caller.id, import_id))


@ROUTER.get("/{import_id}/ledger")
def ledger_page(
    request: Request,
    caller: PageCaller,
    rooms: Rooms,
    import_id: ImportId,
    after: Annotated[int, Query(ge=0, le=_LARGEST_POSITION)] = 0,
    verdict: str | None = None,
) -> Response:
    """Show what became of the rows, a hundred at a time."""
    record = rooms.imports.get(caller.id, import_id)
    rows = list(
        rooms.imports.ledger(
            caller.id, import_id, after=after, limit=_ROWS + 1, verdict=verdict or None
        )
    )
    frame = frame_of(request, caller)
    return page(request, render_ledger(record, rows, frame, after, verdict or None))


def render_ledger(
    record: ImportRecord,
    rows: Sequence[LedgerRow],
    frame: Frame,
    after: int,
    verdict: str | None,
) -> str:
    """Render rows of a ledger; one more than fit says that there is a next page."""
    has_more = len(rows) > _ROWS
    return render(
        "ledger.html",
        frame,
        record=record,
        rows=rows[:_ROWS],
        after=after,
        verdict=verdict,
        next_after=rows[_ROWS].position if has_more else None,
    )


def _to_import(request: Request, record: ImportRecord) -> Response:
    return RedirectResponse(frame_of(request).path(f"/imports/{record.id}"), 303)
