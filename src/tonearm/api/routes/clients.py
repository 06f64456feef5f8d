"""Clients of the OAuth server that the caller has made by hand, such as for a custom GPT."""

from typing import Annotated

from fastapi import Path
from pydantic import Field

from tonearm.accounts.oauth_clients import MOST_MADE, NewClient
from tonearm.accounts.oauth_redirects import CHATGPT_ACTIONS, MOST_REDIRECTS
from tonearm.api.records import ClientPage
from tonearm.api.routes.keys import LARGEST_ID
from tonearm.web.callers import AccountHolder, Rooms
from tonearm.web.strict import Body, api_router, problems

ROUTER = api_router("/user/clients", "user")

ClientNumber = Annotated[int, Path(ge=1, le=LARGEST_ID, description="Number of the client")]


class ClientWish(Body):
    """A client to make."""

    name: str
    """What people who are to let it in read as its name."""
    redirect_uris: Annotated[
        list[str],
        Field(
            min_length=1,
            max_length=MOST_REDIRECTS,
            default_factory=lambda: [CHATGPT_ACTIONS],
        ),
    ]
    """Where it is answered, each address whole; `https://chatgpt.com/aip/{g-id}/oauth/callback` is every custom GPT."""


@ROUTER.get("", summary="List clients")
def list_clients(services: Rooms, caller: AccountHolder) -> ClientPage:
    """Give the OAuth clients that the caller has made by hand, the newest first, without the secrets."""
    return ClientPage(tuple(services.clients.list(caller.id)))


@ROUTER.post(
    "",
    status_code=201,
    summary="Make a client",
    description=(
        "Make an OAuth client with a secret, by hand. The answer is the only place that ever shows the secret. "
        f"One person has at most {MOST_MADE}."
    ),
    responses=problems(409, 503),
)
def post_client(services: Rooms, caller: AccountHolder, wish: ClientWish) -> NewClient:
    """Make an OAuth client with a secret, by hand."""
    return services.clients.make(caller.id, wish.name, wish.redirect_uris)


@ROUTER.delete(
    "/{client_number}", status_code=204, summary="Remove a client", responses=problems(404, 503)
)
def delete_client(services: Rooms, caller: AccountHolder, client_number: ClientNumber) -> None:
    """Forget a client; whatever anybody let it in to ends at once."""
    services.clients.remove(caller.id, client_number)
