"""`tonearm links`: who is linked to Spotify."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cyclopts import App

from tonearm.cli.session import listener, opened, print_list, say

if TYPE_CHECKING:
    from tonearm.accounts.link_records import Link

COMMAND = App(name="links", help="Links to Spotify.")


@dataclass(frozen=True, slots=True)
class _Linked:
    user: str
    link: "Link"


@COMMAND.command(name="list")
def list_(*, json: bool = False) -> None:
    """List who is linked to which account, until when, and what is in the way.

    Args:
        json: Print one JSON document.
    """
    with opened() as tonearm:
        found = [
            _Linked(tonearm.accounts.get(user_id).name, link)
            for user_id, link in tonearm.links.list_all()
        ]
    none = "Nobody is linked to Spotify. People link on their account page."
    print_list(found, lambda one: f"{one.user}: {_told(one.link)}", json=json, none=none)


@COMMAND.command
def unlink(*, user: str | None = None) -> None:
    """End somebody's link. Plays that came by it stay.

    Args:
        user: Whose link; the owner's unless named.
    """
    with opened() as tonearm:
        person = listener(tonearm, user)
        tonearm.links.unlink(person.id)
    say(f"{person.name} is not linked to Spotify any more.")


def _told(link: "Link") -> str:
    state = link.state.value.replace("_", " ")
    problem = f". {link.problem}" if link.problem else ""
    return f"{link.name}, {state}, until {link.relink_by:%Y-%m-%d} UTC{problem}"
