"""The listener's pages: server-rendered HTML, SVG charts, and the files that go with them."""

import pkgutil
from collections.abc import Sequence
from importlib import import_module

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from tonearm.speech import from_below, speaking
from tonearm.ui import pages
from tonearm.ui.assets import STATIC_PATH, VersionedFiles
from tonearm.ui.rendering import frame_of, page, render
from tonearm.web.languages import language_of
from tonearm.web.scope import is_api, request_id

__all__ = ["STATIC_PATH", "error_page", "list_routers", "static_app"]


def list_routers() -> list[APIRouter]:
    """Give the router of every page in the drawer."""
    names = sorted(module.name for module in pkgutil.iter_modules(pages.__path__))
    routers = []
    for name in names:
        router = import_module(f"{pages.__name__}.{name}").ROUTER
        if not isinstance(router, APIRouter):
            raise TypeError(f"the page {name} has no ROUTER")
        routers.append(router)
    return routers


def static_app() -> VersionedFiles:
    """Give the app that serves browsers their files; mount it at `STATIC_PATH`."""
    return VersionedFiles()


def error_page(request: Request, status: int, title: str, details: Sequence[str]) -> Response:
    """Render an error for a person, with the id under which the log knows the request."""
    # What went wrong may have done so before anybody was asked who they are.
    with speaking(language_of(request)):
        html = render(
            "error.html",
            frame_of(request),
            status=status,
            title=from_below(title),
            detail=" ".join(map(from_below, details)),
            request_id=request_id(request.scope),
            # Whoever was on the way through an address of the API came from the account.
            is_on_the_way=is_api(request.scope),
        )
    return page(request, html, status)
