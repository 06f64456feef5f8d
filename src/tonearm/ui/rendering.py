"""From records to HTML: the templates and what each of them can use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from isal import igzip
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from tonearm import speech
from tonearm.accounts.people import User
from tonearm.domain.preferences import Language
from tonearm.domain.vocabulary import Role
from tonearm.ui import assets, formats
from tonearm.ui.asking import said_range
from tonearm.ui.chart_files import files_here
from tonearm.ui.charts.monogram import monogram
from tonearm.ui.charts.sparkline import progress_ring, share_bar, sparkline
from tonearm.ui.nouns import items_of, nouns_of
from tonearm.ui.share_addresses import share_address
from tonearm.ui.share_names import view_name
from tonearm.ui.told import role_name, role_words
from tonearm.web.languages import language_of

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
    language: Language = Language.ENGLISH
    """In which the page is written."""
    unread: Callable[[], int] = lambda: 0
    """Counts what the user has not read yet."""
    covers: Mapping[tuple[str, int], str] = field(default_factory=dict)
    """Addresses of the covers that there are, by place and number of what they belong to: `("albums", 5)`."""

    @property
    def may_change(self) -> bool:
        """Whether the user may import and correct, rather than only look."""
        return self.user is not None and self.user.role.covers(Role.LISTENER)

    def path(self, path: str) -> str:
        """Give a path of this site as links write it."""
        return f"{self.base}{path}"

    def asset(self, name: str) -> str:
        """Give the address of a file for browsers."""
        return assets.address(self.base, name)


def frame_of(request: Request, user: User | None = None) -> Frame:
    """Give the frame for the page that a request asks for."""
    base = request.scope.get("root_path", "")
    frame = Frame(base, request.url.path.removeprefix(base) or "/", user, language_of(request))
    if user is None:
        return frame
    notifications = request.app.state.services.notifications
    # Asked for once a page, and only where a page shows it.
    return replace(frame, unread=cache(partial(notifications.count_unread, user.id)))


def render(template: str, frame: Frame, **values: Any) -> str:  # noqa: ANN401 - templates take any
    """Render a template; a name it does not know is an error."""
    return _environment().get_template(template).render(frame=frame, **values)


def page(
    request: Request, html: str, status: int = 200, later: BackgroundTask | None = None
) -> Response:
    """Answer with a page, compressed where that pays; nobody between keeps it: it is personal.

    `later` is done once it has been sent.
    """
    body = html.encode()
    headers = {"cache-control": "private, no-store", "vary": "accept-encoding"}
    if len(body) > _WORTH_COMPRESSING and "gzip" in request.headers.get("accept-encoding", ""):
        body = igzip.compress(body, compresslevel=_BEST, mtime=0)
        headers["content-encoding"] = "gzip"
    return HTMLResponse(body, status, headers, background=later)


@cache
def _environment() -> Environment:
    return make_environment()


def make_environment() -> Environment:
    """Make the environment of the templates, with all that they can use."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES_DIR),
        autoescape=select_autoescape(("html",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(  # type: ignore[attr-defined] # the extension adds it
        speech.gettext,
        speech.ngettext,
        newstyle=True,
        pgettext=speech.pgettext,
        npgettext=speech.npgettext,
    )
    environment.globals["counted"] = formats.counted
    environment.globals["from_below"] = speech.from_below
    environment.globals["role_name"] = role_name
    environment.globals["role_words"] = role_words
    environment.globals["N_"] = speech.N_
    environment.globals["monogram"] = monogram
    environment.globals["share_bar"] = share_bar
    environment.globals["sparkline"] = sparkline
    environment.globals["progress_ring"] = progress_ring
    environment.globals["formats"] = formats
    environment.filters["named"] = formats.named
    environment.globals["files_here"] = files_here
    environment.globals["nouns_of"] = nouns_of
    environment.globals["items_of"] = items_of
    environment.globals["share_address"] = share_address
    environment.globals["view_name"] = view_name
    environment.globals["said_range"] = said_range
    return environment
