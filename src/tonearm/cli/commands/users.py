"""`tonearm users`: the people of this instance."""

import getpass
import sys

from cyclopts import App

from tonearm.cli.session import UsageError, listener, opened, print_json, say

COMMAND = App(name="users", help="The people of this instance.")


@COMMAND.command
def add(name: str, /, *, zone: str = "UTC", json: bool = False) -> None:
    """Add a listener; a password is set by `tonearm users set-password`.

    Args:
        name: What to call them.
        zone: Their IANA time zone.
        json: Print the user as one JSON document.
    """
    with opened() as tonearm:
        user = tonearm.accounts.add(name, zone)
    if json:
        print_json(user)
    else:
        say(f"Added {user.name} ({user.zone}).")


@COMMAND.command(name="list")
def list_(*, json: bool = False) -> None:
    """List people.

    Args:
        json: Print one JSON document.
    """
    with opened() as tonearm:
        users = tonearm.accounts.list()
    if json:
        print_json({"items": users})
        return
    for user in users:
        password = "" if user.has_password else "  no password yet"
        say(f"{user.id:>4}  {user.name:<24} {user.role:<10} {user.zone}{password}")


@COMMAND.command(name="set-password")
def set_password(name: str, /) -> None:
    """Set a password: asked for on a terminal, else read from standard input.

    Args:
        name: Whose.
    """
    with opened() as tonearm:
        user = listener(tonearm, name)
        tonearm.accounts.set_password(user.id, _read_password())
    say(f"{user.name} has a new password.")


def _read_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("New password: ")
    if getpass.getpass("Once more: ") != first:
        raise UsageError("The two passwords differ; nothing was changed.")
    return first
