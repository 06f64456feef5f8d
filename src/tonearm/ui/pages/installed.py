"""What an installed Tonearm needs: its service worker, and the page it shows where no page can be had."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from tonearm.speech import gettext as _
from tonearm.ui.assets import STATIC_DIR
from tonearm.ui.charts.groove import groove
from tonearm.ui.rendering import frame_of, render

ROUTER = APIRouter(include_in_schema=False)
_WORKER = STATIC_DIR / "scripts" / "service-worker.js"
# They are the same for everybody, but a new Tonearm brings new ones.
_HEADERS = {"cache-control": "no-cache"}


@ROUTER.get("/service-worker.js")
def service_worker() -> Response:
    """Give the service worker from where its scope is all of this site."""
    return Response(
        _WORKER.read_text(encoding="utf-8"), headers=_HEADERS, media_type="text/javascript"
    )


@ROUTER.get("/offline")
def offline_page(request: Request) -> Response:
    """Give the page that says that there is no connection; nobody has to be known, and nobody is on it.

    The service worker asks for it without a cookie, so that what it keeps is in the language of the browser: like the
    rest of the page nothing that a listener has chosen.
    """
    empty = groove((), summary=_("An empty record."))
    return HTMLResponse(render("offline.html", frame_of(request), groove=empty), headers=_HEADERS)
