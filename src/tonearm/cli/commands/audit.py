"""`tonearm audit`: what happened here, who did it, and whether the log is as it was written."""

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cyclopts import App

from tonearm.cli.session import UsageError, listener, opened, print_json, print_list, say

if TYPE_CHECKING:
    from tonearm.accounts.audit import Entry

COMMAND = App(
    name="audit", help="What happened here, who did it, and whether the log is as it was written."
)
_MOST = 10_000


@COMMAND.command(name="list")
def list_(
    *,
    user: str | None = None,
    action: str | None = None,
    since: str | None = None,
    limit: int = 50,
    json: bool = False,
) -> None:
    """List what happened, newest first.

    Args:
        user: Only what this person did, or what was about their account or data.
        action: Only entries of this action, such as `login.failed`.
        since: Only from this day or instant on, such as `2024-03-01` or `2024-03-01T12:00Z`; UTC unless it says more.
        limit: Most entries, up to 10,000.
        json: Print one JSON document.
    """
    from tonearm.accounts.audit import Action, Wanted  # noqa: PLC0415 - `--help` does not need it

    if not 1 <= limit <= _MOST:
        raise UsageError(f"--limit lies between 1 and {_MOST:,}.")
    if action is not None and action not in tuple(Action):
        raise UsageError(f"There is no action '{action}'. There are {', '.join(Action)}.")
    begins = None if since is None else _instant(since)
    with opened() as tonearm:
        person = None if user is None else listener(tonearm, user).id
        wanted = Wanted(action=action, person_id=person, since=begins)
        found = tonearm.audit.list(wanted, limit=limit)
    print_list(found, _line, json=json)


@COMMAND.command
def verify(*, expect: str | None = None, json: bool = False) -> int:
    """Compute the seals of all entries anew; the exit code is 1 where one is not as it was written.

    It prints the head: the number and hash of the last entry. Whoever can write the database can make a whole new
    log; so note the head elsewhere now and then, and give it as --expect later.

    Args:
        expect: A head from before, `NUMBER:HASH`; the log has to go through it.
        json: Print one JSON document.
    """
    from tonearm.accounts.audit import Head  # noqa: PLC0415 - `--help` does not need it

    expected = None if expect is None else Head.parse(expect)
    with opened() as tonearm:
        found = tonearm.audit.verify(expected)
    if json:
        is_whole = found.broken_at is None
        print_json(
            {
                "is_whole": is_whole,
                "entries": found.entries,
                "head": str(found.head),
                "broken_at": found.broken_at,
            }
        )
    elif found.broken_at is None:
        say(f"All {found.entries:,} entries are as they were written.")
        say(f"Head: {found.head}")
    elif found.broken_at <= found.entries:
        say(f"Entry {found.broken_at:,} is not the one that --expect names.")
        say("All entries fit together: so somebody has written the log anew.")
    else:
        say(f"Entry {found.broken_at:,} is not as it was written, or is missing.")
        say(f"Before it, {found.broken_at - 1:,} entries fit together.")
    return 0 if found.broken_at is None else 1


@COMMAND.command
def export(*, since: str | None = None) -> None:
    """Print every entry as one JSON object a line, in the order in which they were written.

    Args:
        since: Only from this day or instant on, such as `2024-03-01`; UTC unless it says more.
    """
    import msgspec  # noqa: PLC0415 - `--help` does not need it

    from tonearm.accounts.audit import Wanted  # noqa: PLC0415 - the same

    begins = None if since is None else _instant(since)
    encode = msgspec.json.Encoder().encode
    with opened() as tonearm:
        for entry in tonearm.audit.iter(Wanted(since=begins)):
            sys.stdout.buffer.write(encode(entry) + b"\n")
    sys.stdout.buffer.flush()


def _line(entry: "Entry") -> str:
    # A person may be called "tonearm" or "visitor"; the number tells that it is a person.
    who = entry.actor if entry.actor_id is None else f"{entry.actor} ({entry.actor_id})"
    whom = f" of {entry.subject_id}" if entry.subject_id is not None else ""
    where = f" from {entry.address}" if entry.address else ""
    told = ", ".join(f"{name} {value}" for name, value in entry.details.items())
    return (
        f"{entry.id:>6}  {entry.at:%Y-%m-%d %H:%M:%S}  {entry.action}{whom}  by {who}{where}"
        f"{f'  ({told})' if told else ''}"
    )


def _instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            "--since is a day or an instant, such as 2024-03-01 or 2024-03-01T12:00Z."
        ) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
