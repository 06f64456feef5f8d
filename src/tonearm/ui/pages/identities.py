"""Log-ins elsewhere that open the account: unlinking one. Linking is a way through the provider, `web.oidc`."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.domain.errors import TonearmError
from tonearm.ui.pages.account import show_account
from tonearm.ui.rendering import frame_of
from tonearm.web.callers import PageCaller, Rooms

ROUTER = APIRouter(prefix="/account/identities", include_in_schema=False)
IdentityId = Annotated[int, Path(ge=1, le=2_147_483_647)]


@ROUTER.post("/{identity_id}/unlink")
def post_unlink(
    request: Request, caller: PageCaller, rooms: Rooms, identity_id: IdentityId
) -> Response:
    """Unlink it; where it is the only way in, say so."""
    try:
        rooms.identities.unlink(caller.id, identity_id)
    except TonearmError as error:
        return show_account(request, caller, rooms, error)
    return RedirectResponse(frame_of(request).path("/account"), 303)
