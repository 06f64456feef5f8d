"""The API's description, and its viewer at /docs: Swagger UI from our own files, without inline scripts."""

from html import escape

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse

from tonearm.web.strict import StrictRoute

OPENAPI_PATH = "/api/openapi.json"
ROUTER = APIRouter(include_in_schema=False)
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tonearm API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{root}/static/latest/vendor/swagger-ui/swagger-ui.css">
<script src="{root}/static/latest/vendor/swagger-ui/swagger-ui-bundle.js" defer></script>
<script src="{root}/static/latest/scripts/api-viewer.js" defer></script>
</head>
<body>
<main id="viewer" data-openapi="{root}{openapi}"></main>
<noscript>This viewer needs JavaScript. The description itself is at
<a href="{root}{openapi}">{openapi}</a>.</noscript>
</body>
</html>
"""


@ROUTER.get("/docs")
async def show_docs(request: Request) -> HTMLResponse:
    """Show every operation of the API."""
    root = escape(request.scope.get("root_path", ""), quote=True)
    return HTMLResponse(_PAGE.format(root=root, openapi=OPENAPI_PATH))


async def show_openapi(request: Request) -> JSONResponse:
    """Describe every operation of the API."""
    root = request.scope.get("root_path", "").rstrip("/")
    document = request.app.openapi()
    return JSONResponse({**document, "servers": [{"url": root}]} if root else document)


ROUTER.add_api_route(OPENAPI_PATH, show_openapi, route_class_override=StrictRoute)
