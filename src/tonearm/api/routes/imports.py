"""Imports: upload, watch, look through, publish, cancel, undo."""

import shutil
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from sse_starlette import EventSourceResponse
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from tonearm.api.cursor import Cursor, make_cursor, read_cursor
from tonearm.api.downloads import LedgerFormat, download_ledger
from tonearm.api.progress import event_schema, watch
from tonearm.api.records import ImportPage, LedgerPage
from tonearm.domain.vocabulary import UNDER_WAY
from tonearm.importers.records import ImportRecord
from tonearm.web.callers import Importer, Reader, Rooms
from tonearm.web.services import Services
from tonearm.web.strict import api_router, problems
from tonearm.web.uploads import FIELD, receive_upload

ROUTER = api_router("/imports", "imports")
_ROWS_A_PAGE = 100
_LARGEST_ID = 2_147_483_647

ImportId = Annotated[int, Path(ge=1, le=_LARGEST_ID, description="Number of the import")]
DryRun = Annotated[bool, Query(description="Only preview what the import would do")]
VerdictName = Literal["malformed", "no_content", "suppressed", "new", "improved", "duplicate"]
UPLOAD: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [FIELD],
                    "additionalProperties": False,
                    "properties": {
                        FIELD: {
                            "type": "array",
                            "minItems": 1,
                            "items": {"type": "string", "format": "binary"},
                            "description": "Export ZIPs, or the JSON files from them.",
                        }
                    },
                }
            }
        },
    }
}


@ROUTER.post(
    "",
    status_code=202,
    summary="Upload an export",
    openapi_extra=UPLOAD,
    responses=problems(413, 503),
)
async def post_import(
    request: Request,
    response: Response,
    services: Rooms,
    caller: Importer,
    *,
    dry_run: DryRun = False,
) -> ImportRecord:
    """Queue files for import, or for a preview. The answer's `Location` is where to watch it."""
    record = await bring_in(request, services, caller.id, is_preview=dry_run)
    response.headers["location"] = f"{request.scope.get('root_path', '')}/api/imports/{record.id}"
    return record


async def bring_in(
    request: Request, services: Services, user_id: int, *, is_preview: bool
) -> ImportRecord:
    """Receive files, and queue them for somebody's import."""
    upload = await receive_upload(request, services)
    try:
        return await run_in_threadpool(
            services.imports.submit, user_id, upload.spool, upload.names, is_preview=is_preview
        )
    except BaseException:
        shutil.rmtree(upload.spool, ignore_errors=True)
        raise


@ROUTER.get("", summary="List imports")
def list_imports(
    services: Rooms,
    caller: Reader,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> ImportPage:
    """Give the caller's imports, newest first, without their members."""
    after = read_cursor(cursor)
    records = [
        record for record in services.imports.list(caller.id) if not after or record.id < after
    ]
    more = make_cursor(records[limit - 1].id) if len(records) > limit else None
    return ImportPage(tuple(records[:limit]), more)


@ROUTER.get("/{import_id}", summary="Show an import", responses=problems(404))
def get_import(services: Rooms, caller: Reader, import_id: ImportId) -> ImportRecord:
    """Give one import with its files."""
    return services.imports.get(caller.id, import_id)


@ROUTER.get(
    "/{import_id}/ledger",
    summary="What became of every row",
    response_model=LedgerPage,
    responses={
        200: {
            "content": {
                "text/csv": {"schema": {"type": "string"}},
                "application/jsonl": {"schema": {"type": "string"}},
            }
        },
        **problems(404, 409),
    },
)
def get_ledger(
    services: Rooms,
    caller: Reader,
    import_id: ImportId,
    ledger_format: Annotated[
        LedgerFormat,
        Query(
            alias="format",
            description="`csv` and `jsonl` stream all rows; `position` and `index` count from 0",
        ),
    ] = LedgerFormat.JSON,
    verdict: Annotated[VerdictName | None, Query(description="Only rows of this verdict")] = None,
    cursor: Cursor = None,
    limit: Annotated[
        int | None,
        Query(
            ge=1, le=1_000, description="Most rows; 100 for JSON and all for downloads unless said"
        ),
    ] = None,
) -> LedgerPage | Response:
    """Give the rows of an import in their order."""
    after = read_cursor(cursor)
    if ledger_format is not LedgerFormat.JSON:
        wanted = services.imports.ledger(
            caller.id, import_id, after=after, limit=limit, verdict=verdict
        )
        return download_ledger(wanted, ledger_format, import_id)
    limit = limit or _ROWS_A_PAGE
    # One row more than fits tells whether there is a next page, and where it begins.
    rows = list(
        services.imports.ledger(caller.id, import_id, after=after, limit=limit + 1, verdict=verdict)
    )
    more = make_cursor(rows[limit].position) if len(rows) > limit else None
    return LedgerPage(tuple(rows[:limit]), more)


@ROUTER.get(
    "/{import_id}/events",
    summary="Watch an import",
    response_class=EventSourceResponse,
    responses={
        200: {"content": {"text/event-stream": {"schema": event_schema("ImportRecord")}}},
        **problems(404),
    },
)
async def get_events(services: Rooms, caller: Reader, import_id: ImportId) -> EventSourceResponse:
    """Send an event `progress` with the import whenever it changes, and `end` when it is done."""
    record = await run_in_threadpool(services.imports.get, caller.id, import_id)
    return EventSourceResponse(
        watch(
            lambda: services.imports.get(caller.id, import_id),
            record,
            lambda known: known.state in UNDER_WAY,
        ),
        headers={"cache-control": "no-store"},
    )


@ROUTER.post(
    "/{import_id}/publish",
    status_code=202,
    summary="Import a preview for real",
    responses=problems(404, 409, 503),
)
def post_publish(services: Rooms, caller: Importer, import_id: ImportId) -> ImportRecord:
    """Queue a preview, or a failed import whose files are still there."""
    return services.imports.publish(caller.id, import_id)


@ROUTER.post("/{import_id}/cancel", summary="Cancel an import", responses=problems(404, 409, 503))
def post_cancel(services: Rooms, caller: Importer, import_id: ImportId) -> ImportRecord:
    """Stop an import that is queued or runs, or drop a preview."""
    return services.imports.cancel(caller.id, import_id)


@ROUTER.delete("/{import_id}", summary="Undo an import", responses=problems(404, 409, 503))
def delete_import(services: Rooms, caller: Importer, import_id: ImportId) -> ImportRecord:
    """Make the history what it would be without this import."""
    return services.imports.undo(caller.id, import_id)
