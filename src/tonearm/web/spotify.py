"""Linking a Spotify account, as a browser or a program makes it: away to Spotify, back, or pasted."""

from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.accounts.acting import acting_as, actor
from tonearm.accounts.link_apps import AppInUse
from tonearm.accounts.link_records import Link, LinkExpiredError, LinkState
from tonearm.accounts.linking import Answer
from tonearm.accounts.people import User
from tonearm.domain.errors import ForbiddenError
from tonearm.web.callers import shown_secret
from tonearm.web.checks import is_from_our_page
from tonearm.web.errors import show_as_page
from tonearm.web.scope import header, is_encrypted
from tonearm.web.services import Services

LOGIN: Final = "/api/auth/spotify/login"
CALLBACK: Final = "/api/auth/spotify/callback"
# Spotify takes HTTP for these alone; never the name that means them.
_LOOPBACK: Final = frozenset(("127.0.0.1", "::1"))
_PASTED: Final = f"http://127.0.0.1:8420{CALLBACK}"


@dataclass(frozen=True, slots=True)
class SpotifyStatus:
    """How somebody is linked to Spotify, and what linking takes."""

    linked: bool
    """Whether there is a link that works."""
    link: Link | None
    """The link, also one that has to be made again; null where there is none."""
    app: AppInUse | None
    """The app at Spotify through which one links from now on; null where there is none yet."""
    redirect_uri: str
    """The redirect address that the app has to have at Spotify."""
    pasted: bool
    """Whether no browser can be sent back to it, so that the address has to be pasted."""
    can_erase: bool
    """Whether unlinking can erase the plays that the link has brought."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where Spotify sends a browser back to."""

    address: str
    is_pasted: bool
    """Whether nothing answers there, so that the address has to be pasted."""


def redirect_of(request: Request, public_url: str) -> Redirect:
    """Give where Spotify is to send this browser: here over HTTPS or loopback, else where the address can be read."""
    if public_url.startswith("https://"):
        return Redirect(public_url + CALLBACK, is_pasted=False)
    host = (header(request.scope, b"host") or "").lower()
    if _is_loopback(host) and not is_encrypted(request.scope):
        root = request.scope.get("root_path", "")
        return Redirect(f"http://{host}{root}{CALLBACK}", is_pasted=False)
    return Redirect(_PASTED, is_pasted=True)


def status_of(request: Request, services: Services, user: User) -> SpotifyStatus:
    """Give how somebody is linked, and what linking takes from here."""
    link, redirect = services.links.find(user.id), redirect_of(request, services.public_url)
    return SpotifyStatus(
        linked=link is not None and link.state is LinkState.LINKED,
        link=link,
        app=services.link_apps.find(user.id),
        redirect_uri=redirect.address,
        pasted=redirect.is_pasted,
        can_erase=services.links.can_erase,
    )


def leave(request: Request, services: Services, caller: User, scopes: str) -> Response:
    """Send a browser to Spotify, to agree to what every link needs, what was granted before, and `scopes`.

    This is a GET, as browsers follow no form to another site. So it has to come from a page of ours, unless a program
    shows a key: what is begun by a page elsewhere, nobody wanted.

    Raises:
        NotFoundError: there is no app to link through.
        ForbiddenError: no page of ours has asked for it.
        InvalidInputError: a scope is none.
        SpotifyRefusedError: the secret of the caller's app cannot be read any more.
        UnavailableError: the vault's keys cannot be read or written.
    """
    services.link_apps.get(caller.id)
    is_program = header(request.scope, b"authorization") is not None
    if not is_program and not is_from_our_page(request.scope):
        raise ForbiddenError("Link it on the account page, in a browser that is logged in.")
    back = redirect_of(request, services.public_url).address
    address = services.linking.begin(caller.id, _session(request), back, scopes.split())
    return RedirectResponse(address, 303, {"cache-control": "no-store"})


def arrive(request: Request, services: Services, answer: Answer, caller: User | None) -> Response:
    """Link what a browser brings back from Spotify, and go on to the account.

    Raises:
        LinkExpiredError: nobody is logged in, or has begun this here.
        LinkTakenError: the account is somebody else's here, or the caller has linked another one.
        SpotifyError: it came to nothing.
        UnavailableError: the vault's keys cannot be read or written.
    """
    show_as_page(request)
    if caller is None:
        raise LinkExpiredError(
            "Nobody is logged in to Tonearm in this browser at this address. If you began at another one, copy the "
            "whole address of this page, go back there, and paste it on the account page."
        )
    with acting_as(replace(actor(), user_id=caller.id, name=caller.name)):
        services.linking.finish(caller.id, _session(request), answer)
    root = request.scope.get("root_path", "")
    return RedirectResponse(f"{root}/account#spotify", 303, {"cache-control": "no-store"})


def paste(request: Request, services: Services, caller: User, address: str) -> None:
    """Link by the address that a browser was sent to.

    Raises:
        InvalidInputError: it is another address.
        LinkExpiredError: the caller has not begun this, or not with what is shown now.
        LinkTakenError: the account is somebody else's here, or the caller has linked another one.
        SpotifyError: it came to nothing.
        UnavailableError: the vault's keys cannot be read or written.
    """
    back = redirect_of(request, services.public_url).address
    services.linking.paste(caller.id, _session(request), address, back)


def _is_loopback(host: str) -> bool:
    try:
        parts = urlsplit(f"http://{host}")
        is_whole = parts.netloc == host and parts.username is None and parts.port != 0
    except ValueError:  # such as a port that is none
        return False
    return is_whole and parts.hostname in _LOOPBACK


def _session(request: Request) -> str:
    """Give what the caller shows, to which an attempt is bound: the secret of a session, or a key."""
    return shown_secret(request) or ""
