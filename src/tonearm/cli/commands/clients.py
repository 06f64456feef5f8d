"""`tonearm clients`: OAuth clients that are made by hand, such as for a custom GPT."""

from typing import TYPE_CHECKING

from cyclopts import App

from tonearm.cli.session import listener, opened, print_json, print_list, say

if TYPE_CHECKING:
    from tonearm.accounts.oauth_clients import Client

COMMAND = App(name="clients", help="OAuth clients made by hand, such as for a custom GPT.")


@COMMAND.command
def create(
    name: str,
    /,
    *,
    redirect: list[str] | None = None,
    user: str | None = None,
    json: bool = False,
) -> None:
    """Make a client and print its id and its secret, which can never be read again.

    Args:
        name: What people who are to let it in read as its name.
        redirect: Where it is answered, each address whole; custom GPTs unless said.
        user: Whose client; the owner's unless named.
        json: Print the client as one JSON document.
    """
    from tonearm.accounts.oauth_redirects import CHATGPT_ACTIONS  # noqa: PLC0415 - `--help` does not need it

    with opened() as tonearm:
        person = listener(tonearm, user)
        made = tonearm.clients.make(person.id, name, redirect or [CHATGPT_ACTIONS])
    if json:
        print_json(made)
    else:
        say(f"Client id: {made.client_id}")
        say(f"Client secret: {made.client_secret}")


@COMMAND.command(name="list")
def list_(*, user: str | None = None, json: bool = False) -> None:
    """List clients, the newest first, without the secrets.

    Args:
        user: Whose clients; the owner's unless named.
        json: Print one JSON document.
    """
    with opened() as tonearm:
        found = tonearm.clients.list(listener(tonearm, user).id)
    none = "No clients yet. Make one with: tonearm clients create NAME"
    print_list(found, _line, json=json, none=none)


def _line(client: "Client") -> str:
    used = f"let in {client.used_at:%Y-%m-%d %H:%M} UTC" if client.used_at else "not let in yet"
    where = ", ".join(client.redirect_uris)
    return f"{client.id:>4}  {client.client_id}  {client.name}: answered at {where}, {used}"


@COMMAND.command
def remove(client_number: int, /, *, user: str | None = None) -> None:
    """Forget a client; whatever anybody let it in to ends at once.

    Args:
        client_number: Number of the client, as `tonearm clients list` shows it.
        user: Whose client; the owner's unless named.
    """
    with opened() as tonearm:
        tonearm.clients.remove(listener(tonearm, user).id, client_number)
    say(f"Client {client_number} is gone, with all that it was let in to.")
