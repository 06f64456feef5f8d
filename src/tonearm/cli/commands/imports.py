"""`tonearm imports`: look at imports and take them back."""

import sys
from dataclasses import fields
from typing import TYPE_CHECKING

from cyclopts import App

from tonearm.cli.session import UsageError, listener, opened, print_json, print_list, say

if TYPE_CHECKING:
    from tonearm.importers.records import ImportRecord

COMMAND = App(name="imports", help="Look at imports and take them back.")


@COMMAND.command(name="list")
def list_(*, user: str | None = None, json: bool = False) -> None:
    """List imports, newest first.

    Args:
        user: Whose imports; the owner's unless named.
        json: Print one JSON document.
    """
    with opened() as tonearm:
        records = tonearm.imports.list(listener(tonearm, user).id)
    none = "No imports yet. Start with: tonearm import my_spotify_data.zip"
    print_list(records, _line, json=json, none=none)


def _line(record: "ImportRecord") -> str:
    return (
        f"{record.id:>4}  {record.created_at:%Y-%m-%d %H:%M}  {record.state:<10} "
        f"{record.counts.rows:>10,} rows  {record.counts.new:>10,} new  {record.name}"
    )


@COMMAND.command
def show(import_id: int, /, *, user: str | None = None, json: bool = False) -> None:
    """Show one import with its files.

    Args:
        import_id: Its number, as `tonearm imports list` shows it.
        user: Whose import; the owner's unless named.
        json: Print one JSON document.
    """
    with opened() as tonearm:
        record = tonearm.imports.get(listener(tonearm, user).id, import_id)
    if json:
        print_json(record)
        return
    say(f"Import {record.id} of {record.name}: {record.state}")
    for field in fields(record.counts):
        say(f"  {field.name.replace('_', ' '):<12} {getattr(record.counts, field.name):>12,}")
    for member in record.members:
        what = member.family or "no history"
        say(f"  {member.name}: {member.counts.rows:,} rows, {what}. {member.note or ''}".rstrip())
    if record.problem:
        say(f"  {record.problem}")


@COMMAND.command
def ledger(
    import_id: int,
    /,
    *,
    user: str | None = None,
    verdict: str | None = None,
    csv: bool = False,
    jsonl: bool = False,
) -> None:
    """Print what became of every row of an import, for programs: positions count from 0.

    Args:
        import_id: Its number, as `tonearm imports list` shows it.
        user: Whose import; the owner's unless named.
        verdict: Only rows of this verdict, such as `malformed`.
        csv: Print comma-separated values with a header; the default.
        jsonl: Print one JSON object a line.
    """
    if csv and jsonl:
        raise UsageError("Choose one of --csv and --jsonl.")
    from tonearm.importers.ledger_files import (  # noqa: PLC0415 - `--help` does not need it
        as_csv,
        as_jsonl,
    )

    with opened() as tonearm:
        rows = tonearm.imports.ledger(listener(tonearm, user).id, import_id, verdict=verdict)
        for chunk in as_jsonl(rows) if jsonl else as_csv(rows):
            sys.stdout.buffer.write(chunk)


@COMMAND.command
def undo(import_id: int, /, *, user: str | None = None, json: bool = False) -> None:
    """Make the history what it would be without an import.

    Args:
        import_id: Its number, as `tonearm imports list` shows it.
        user: Whose import; the owner's unless named.
        json: Print the import as one JSON document.
    """
    with opened() as tonearm:
        record = tonearm.imports.undo(listener(tonearm, user).id, import_id)
    if json:
        print_json(record)
    else:
        say(f"Import {record.id} is {record.state}.")
