"""`tonearm import`: bring exports in, and wait until they are."""

import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tonearm.cli.session import (
    UsageError,
    interrupts_held,
    listener,
    opened,
    print_json,
    say,
)

if TYPE_CHECKING:
    from tonearm.bootstrap import Tonearm
    from tonearm.importers.records import Counts, ImportRecord, Progress
    from tonearm.importers.run import OnProgress

_WAIT_SECONDS = 0.3


def import_(
    *paths: Path, user: str | None = None, dry_run: bool = False, json: bool = False
) -> int:
    """Import Spotify exports: ZIP archives, JSON files, or folders of them.

    Args:
        paths: What to import; all of it together is one import, which can be undone.
        user: Whose history it is; the owner's unless named.
        dry_run: Only tell what an import would do.
        json: Print the import as one JSON document.
    """
    files = list(_files(paths))
    with opened() as tonearm:
        owner = listener(tonearm, user)
        with _progress_bar() as on_progress:
            record = import_files(tonearm, owner.id, files, on_progress, is_preview=dry_run)
        if json:
            print_json(record)
        else:
            _report(record)
    return 1 if record.problem else 0


def import_files(
    tonearm: "Tonearm",
    user_id: int,
    files: Sequence[Path],
    on_progress: "OnProgress",
    *,
    is_preview: bool = False,
) -> "ImportRecord":
    """Import files in this process and give the import when it has ended."""
    from tonearm.domain.errors import ConflictError  # noqa: PLC0415 - `--help` does not need it
    from tonearm.domain.vocabulary import UNDER_WAY  # noqa: PLC0415 - `--help` does not need it
    from tonearm.jobs.errors import LeaseLostError  # noqa: PLC0415 - the same
    from tonearm.jobs.process import COMMAND as KIND  # noqa: PLC0415 - the same
    from tonearm.jobs.process import worker_name  # noqa: PLC0415 - the same
    from tonearm.jobs.work import held  # noqa: PLC0415 - the same

    imports, desk = tonearm.imports, tonearm.desk
    desk.recover()
    imports.sweep()
    spool = imports.create_spool()
    for index, path in enumerate(files):
        try:
            (spool / str(index)).symlink_to(path.resolve())
        except OSError:  # where links need a privilege
            shutil.copyfile(path, spool / str(index))
    names = [path.name for path in files]
    record = claim = None
    try:
        with interrupts_held():
            record = imports.submit(user_id, spool, names, is_preview=is_preview)
        while record.state in UNDER_WAY:
            # A server on the same data folder may take it first: then this only waits.
            with interrupts_held():
                claim = imports.take(user_id, record.id, worker_name(KIND))
            if claim is None:
                time.sleep(_WAIT_SECONDS)
                on_progress(record.progress)
            else:
                # Where it was lost, such as by a command that stood still for minutes, the record says so.
                with held(desk, claim), suppress(LeaseLostError):
                    imports.run(claim, on_progress)
            record = imports.get(user_id, record.id)
    except KeyboardInterrupt:
        if record is not None and claim is not None:
            desk.end_cancelled(claim)
            imports.drop_files(user_id, record.id)
        elif record is not None:  # nobody has it yet, or a server does
            with suppress(ConflictError):
                imports.cancel(user_id, record.id)
        raise
    return record


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    if not paths:
        raise UsageError("Name at least one file: tonearm import my_spotify_data.zip")
    for path in paths:
        if path.is_dir():
            found = sorted(
                file for file in path.rglob("*") if file.suffix.lower() in (".zip", ".json")
            )
            if not found:
                raise UsageError(f"There is no .zip or .json file in {path}.")
            yield from found
        elif path.is_file():
            yield path
        else:
            raise UsageError(f"There is no file {path}.")


@contextmanager
def _progress_bar() -> Iterator["OnProgress"]:
    if not sys.stderr.isatty():
        yield lambda _progress: None
        return
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
    from rich.progress import (  # noqa: PLC0415 - the same
        BarColumn,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bar  # noqa: PLC0415 - the same

    with Bar(
        TextColumn("{task.description:<10}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task("waiting", total=100, rows=0)

        def show(progress: "Progress") -> None:
            bar.update(
                task,
                description=progress.phase or "waiting",
                completed=progress.percent,
                rows=progress.rows,
            )

        yield show


def _report(record: "ImportRecord") -> None:
    if record.problem:
        print(f"tonearm: {record.problem}", file=sys.stderr)
        return
    title = "Preview" if record.is_preview else f"Import {record.id}"
    say(f"{title} of {record.name}: {_sentence(record.counts)}")
    for member in record.members:
        if member.note:
            say(f"  {member.name}: {member.note}")
    if not record.is_preview:
        say(
            "Look at it with `tonearm stats top-artists`, take it back with "
            f"`tonearm imports undo {record.id}`."
        )


def _sentence(counts: "Counts") -> str:
    parts = [
        f"{counts.new:,} new plays",
        f"{counts.improved:,} improved",
        f"{counts.duplicate:,} known already",
        f"{counts.no_content:,} without content",
        f"{counts.malformed:,} malformed",
    ]
    if counts.suppressed:
        parts.append(f"{counts.suppressed:,} deleted by you before")
    return f"{counts.rows:,} rows = {' + '.join(parts)}."


COMMAND = import_
