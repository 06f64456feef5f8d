"""`tonearm users`: the people of this instance."""

import getpass
import sys
from dataclasses import replace
from typing import Literal

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


@COMMAND.command(name="set-preferences")
def set_preferences(
    name: str,
    /,
    *,
    zone: str | None = None,
    rule: Literal["30s", "half", "done", "any"] | None = None,
    private: bool | None = None,
    travel: bool | None = None,
    json: bool = False,
) -> None:
    """Change how a listener is counted where a question leaves it open; what is not named stays.

    Args:
        name: Whose.
        zone: IANA time zone in which days and hours are counted.
        rule: What counts as a play.
        private: Count plays of private sessions; `--no-private` leaves them out.
        travel: Let a play's country choose its zone; `--no-travel` keeps to the zone.
        json: Print the preferences as one JSON document.
    """
    with opened() as tonearm:
        user = listener(tonearm, name)
        known = user.preferences
        wanted = replace(
            known,
            zone=zone or known.zone,
            rule=known.rule if rule is None else type(known.rule)(rule),
            counts_private=known.counts_private if private is None else private,
            travels=known.travels if travel is None else travel,
        )
        user = tonearm.accounts.set_preferences(user.id, wanted)
    if json:
        print_json(user.preferences)
        return
    private_plays = "count" if user.counts_private else "do not count"
    travelling = ", a play's country chooses its zone" if user.travels else ""
    say(
        f"{user.name}: {user.zone}{travelling}, rule {user.rule}, private sessions {private_plays}."
    )


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
