"""`tonearm sessions`: log-ins of browsers and API clients."""

from typing import TYPE_CHECKING

from cyclopts import App

from tonearm.cli.session import UsageError, listener, opened, print_list, say

if TYPE_CHECKING:
    from tonearm.accounts.sessions import Session

COMMAND = App(name="sessions", help="Log-ins of browsers and API clients.")


@COMMAND.command(name="list")
def list_(*, user: str | None = None, json: bool = False) -> None:
    """List log-ins that have not ended, the newest first.

    Args:
        user: Whose; the owner's unless named.
        json: Print one JSON document.
    """
    with opened() as tonearm:
        found = tonearm.sessions.list(listener(tonearm, user).id)
    print_list(found, _line, json=json, none="Nobody is logged in.")


def _line(session: "Session") -> str:
    where = f" from {session.address}" if session.address else ""
    said = f", {session.agent}" if session.agent else ""
    return (
        f"{session.id:>4}  {session.kind:<6}  begun {session.created_at:%Y-%m-%d %H:%M}{where}, "
        f"last used {session.seen_at:%Y-%m-%d %H:%M} UTC{said}"
    )


@COMMAND.command
def revoke(session_id: int | None = None, /, *, user: str | None = None, all: bool = False) -> None:
    """End a log-in at once, or all of them.

    Args:
        session_id: Number of the log-in, as `tonearm sessions list` shows it.
        user: Whose; the owner's unless named.
        all: End all of their log-ins; keys go on working.
    """
    if (session_id is None) is not all:
        raise UsageError("Name the number of a log-in, or say --all.")
    with opened() as tonearm:
        person = listener(tonearm, user)
        if session_id is None:
            count = tonearm.sessions.revoke_others(person.id, None)
        else:
            tonearm.sessions.revoke(person.id, session_id)
            count = 1
    say(f"{count} log-in{'' if count == 1 else 's'} of {person.name} ended.")
