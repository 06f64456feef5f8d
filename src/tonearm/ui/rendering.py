"""From records to HTML: the templates and what each of them can use."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from isal import igzip
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from tonearm.accounts.people import User
from tonearm.ui import assets, formats
from tonearm.ui.charts.monogram import monogram
from tonearm.ui.charts.sparkline import progress_ring, share_bar

_WORTH_COMPRESSING = 8_000
_BEST = 3
TEMPLATES_DIR = Path(__file__).with_name("templates")


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around a page."""

    base: str = ""
    """The prefix that a proxy puts in front of every path."""
    here: str = "/"
    """The path of the page, without that prefix."""
    user: User | None = None

    def path(self, path: str) -> str:
        """Give a path of this site as links write it."""
        return f"{self.base}{path}"

    def asset(self, name: str) -> str:
        """Give the address of a file for browsers."""
        return assets.address(self.base, name)


def frame_of(request: Request, user: User | None = None) -> Frame:
    """Give the frame for the page that a request asks for."""
    base = request.scope.get("root_path", "")
    return Frame(base, request.url.path.removeprefix(base) or "/", user)


def render(template: str, frame: Frame, **values: Any) -> str:  # noqa: ANN401 - templates take any
    """Render a template; a name it does not know is an error."""
    return _environment().get_template(template).render(frame=frame, **values)


def page(request: Request, html: str, status: int = 200) -> Response:
    """Answer with a page, compressed where that pays; nobody between keeps it: it is personal."""
    body = html.encode()
    headers = {"cache-control": "private, no-store", "vary": "accept-encoding"}
    if len(body) > _WORTH_COMPRESSING and "gzip" in request.headers.get("accept-encoding", ""):
        body = igzip.compress(body, compresslevel=_BEST, mtime=0)
        headers["content-encoding"] = "gzip"
    return HTMLResponse(body, status, headers)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES_DIR),
        autoescape=select_autoescape(("html",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["monogram"] = monogram
    environment.globals["share_bar"] = share_bar
    environment.globals["progress_ring"] = progress_ring
    environment.globals["formats"] = formats
    return environment
