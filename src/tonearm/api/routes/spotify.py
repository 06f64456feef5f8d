"""The caller's link to Spotify."""

from typing import Annotated

from fastapi import Query
from fastapi.routing import APIRoute
from pydantic import Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tonearm.accounts.link_apps import AppInUse
from tonearm.accounts.linking import LONGEST_ADDRESS, Answer
from tonearm.accounts.links import Collected
from tonearm.web.callers import AccountHolder, Browsing, LinkHolder, Rooms
from tonearm.web.spotify import SpotifyStatus, arrive, leave, paste, status_of
from tonearm.web.strict import Body, api_router, problems

ROUTER = api_router("/auth/spotify", "spotify")


class PastedAddress(Body):
    """Where the browser was sent after agreeing."""

    address: Annotated[str, Field(max_length=LONGEST_ADDRESS)]
    """The whole address, with its code and state."""


class OwnApp(Body):
    """An app that the caller has registered at developer.spotify.com."""

    client_id: str
    """Its client id."""
    client_secret: str = ""
    """Its secret; not needed, as PKCE protects the link."""


@ROUTER.get(
    "/login",
    status_code=303,
    response_class=RedirectResponse,
    summary="Link a Spotify account",
    responses=problems(403, 404, 503),
)
def get_login(
    request: Request,
    services: Rooms,
    caller: LinkHolder,
    scopes: Annotated[
        str,
        Query(
            max_length=1_000, description="What to ask for beside the least, with blanks between"
        ),
    ] = "",
) -> Response:
    """Send the caller to Spotify, to agree that Tonearm may collect their plays.

    A program shows its key, sends a browser to the `Location`, and posts the address that this ends at to `/paste`.
    """
    return leave(request, services, caller, scopes)


def get_callback(
    request: Request,
    services: Rooms,
    caller: Browsing,
    state: Annotated[str, Query(description="What the browser was sent away with")] = "",
    code: Annotated[str, Query(description="What Spotify gives tokens for")] = "",
    error: Annotated[str, Query(description="Why it gives no code")] = "",
) -> Response:
    """Take a browser back from Spotify, and link the account that has agreed.

    Parameters that are not known here are left alone, as OAuth 2.0 has it.
    """
    return arrive(request, services, Answer(state, code, error), caller)


ROUTER.add_api_route(
    "/callback",
    get_callback,
    methods=["GET"],
    status_code=303,
    response_class=RedirectResponse,
    summary="Come back from Spotify",
    responses=problems(400, 403, 409, 503),
    route_class_override=APIRoute,
)


@ROUTER.post("/paste", summary="Come back by an address", responses=problems(400, 403, 409, 503))
def post_paste(
    request: Request, services: Rooms, caller: LinkHolder, pasted: PastedAddress
) -> SpotifyStatus:
    """Link by the address that the browser was sent to, where it could not open it. Nothing is asked for at it."""
    paste(request, services, caller, pasted.address)
    return status_of(request, services, caller)


@ROUTER.get("/status", summary="How the caller is linked", responses=problems(503))
def get_status(request: Request, services: Rooms, caller: AccountHolder) -> SpotifyStatus:
    """Give the account, what was granted, when the access token and the link end, and what is in the way."""
    return status_of(request, services, caller)


@ROUTER.post("/refresh", summary="Renew the access token", responses=problems(403, 404, 409, 503))
def post_refresh(request: Request, services: Rooms, caller: LinkHolder) -> SpotifyStatus:
    """Renew it now; that happens by itself, so this is for seeing whether a link works."""
    services.links.refresh(caller.id)
    return status_of(request, services, caller)


@ROUTER.delete("", status_code=204, summary="Unlink", responses=problems(404, 503))
def delete_link(
    services: Rooms,
    caller: LinkHolder,
    plays: Annotated[
        Collected, Query(description="What becomes of the plays that the link has brought")
    ] = Collected.KEEP,
) -> None:
    """End the link, and forget its tokens. At Spotify the app stays on the account until it is removed there."""
    services.links.unlink(caller.id, plays)


@ROUTER.put("/app", summary="Bring an app along", responses=problems(503))
def put_app(services: Rooms, caller: LinkHolder, app: OwnApp) -> AppInUse:
    """Link through an app of the caller's own from now on. Its secret is never shown again."""
    return services.link_apps.put(caller.id, app.client_id, app.client_secret)


@ROUTER.delete(
    "/app", status_code=204, summary="Take the own app out", responses=problems(404, 503)
)
def delete_app(services: Rooms, caller: LinkHolder) -> None:
    """Forget the caller's own app. A link that was made through it has to be made again within the hour."""
    services.link_apps.remove(caller.id)
