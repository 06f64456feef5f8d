"""`tonearm grants`: what people have let programs in to by OAuth."""

from typing import TYPE_CHECKING

from cyclopts import App

from tonearm.cli.session import listener, opened, print_list, say

if TYPE_CHECKING:
    from tonearm.accounts.oauth_grants import Grant

COMMAND = App(name="grants", help="What people have let programs in to by OAuth.")


@COMMAND.command(name="list")
def list_(*, user: str | None = None, json: bool = False) -> None:
    """List grants that have not ended, the newest first.

    Args:
        user: Whose grants; the owner's unless named.
        json: Print one JSON document.
    """
    with opened() as tonearm:
        found = tonearm.grants.list(listener(tonearm, user).id)
    none = "No grants. Programs that ask for one send a browser here."
    print_list(found, _line, json=json, none=none)


def _line(grant: "Grant") -> str:
    name = grant.client_name or "without a name"
    used = f"used {grant.seen_at:%Y-%m-%d %H:%M} UTC"
    scopes = ", ".join(grant.scopes)
    return f"{grant.id:>4}  {name}: {scopes}, answered at {grant.answered_at}, {used}"


@COMMAND.command
def revoke(grant_id: int, /, *, user: str | None = None) -> None:
    """End a grant and its tokens at once.

    Args:
        grant_id: Number of the grant, as `tonearm grants list` shows it.
        user: Whose grant; the owner's unless named.
    """
    with opened() as tonearm:
        tonearm.grants.revoke(listener(tonearm, user).id, grant_id)
    say(f"Grant {grant_id} has ended.")
