"""Imports into other people's histories, for admins."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from tonearm.api.routes.admin_users import UserId
from tonearm.api.routes.imports import UPLOAD, DryRun, bring_in
from tonearm.importers.records import ImportRecord
from tonearm.web.callers import Administrator, Rooms
from tonearm.web.strict import api_router, problems

ROUTER = api_router("/admin/users/{user_id}/import", "admin")


@ROUTER.post(
    "",
    status_code=202,
    summary="Upload somebody's export",
    openapi_extra=UPLOAD,
    responses=problems(403, 404, 413, 503),
)
async def post_import(
    request: Request,
    services: Rooms,
    caller: Administrator,
    user_id: UserId,
    *,
    dry_run: DryRun = False,
) -> ImportRecord:
    """Queue files for an import into the history of somebody whose role is below yours; it is written down."""

    def find() -> int:
        return services.administration.get_below(user_id, by=caller).id

    owner = await run_in_threadpool(find)
    return await bring_in(request, services, owner, is_preview=dry_run)
