"""`tonearm sync`: collecting plays from Spotify."""

import sys
import time
from typing import TYPE_CHECKING, Literal

from cyclopts import App

from tonearm.cli.session import listener, opened, print_json, say

if TYPE_CHECKING:
    from tonearm.bootstrap import Tonearm
    from tonearm.collector.records import CollectionStatus
    from tonearm.jobs.records import Job

COMMAND = App(name="sync", help="Collecting plays from Spotify.")
_WAIT_SECONDS = 0.3


@COMMAND.command
def status(*, user: str | None = None, json: bool = False) -> None:
    """Tell how collecting stands, and what is missing.

    Args:
        user: Whose plays; the owner's unless named.
        json: Print one JSON document.
    """
    with opened() as tonearm:
        person = listener(tonearm, user)
        found = tonearm.collections.status(person.id)
    if json:
        print_json(found)
    else:
        _tell(person.name, found)


@COMMAND.command
def now(*, user: str | None = None, json: bool = False) -> int:
    """Ask Spotify for recent plays now, and wait for what they bring.

    Args:
        user: Whose plays; the owner's unless named.
        json: Print the job as one JSON document.
    """
    from tonearm.collector.records import PausedBy  # noqa: PLC0415 - `--help` does not need it
    from tonearm.jobs.records import JobState  # noqa: PLC0415 - the same

    with opened() as tonearm:
        person = listener(tonearm, user)
        number = tonearm.collections.trigger(person.id, PausedBy.ADMIN)
        job = _wait(tonearm, number)
    if json:
        print_json(job)
    elif job.state is JobState.SUCCEEDED:
        told = job.result
        say(f"{told['fetched']} plays fetched, {told['new']} of them new.")
    else:
        print(f"tonearm: {job.error or 'Nothing was collected.'}", file=sys.stderr)
    return 0 if job.state is JobState.SUCCEEDED else 1


@COMMAND.command
def pause(*, user: str | None = None) -> None:
    """Ask Spotify for nothing until `tonearm sync resume`.

    Args:
        user: Whose plays; the owner's unless named.
    """
    from tonearm.collector.records import PausedBy  # noqa: PLC0415 - `--help` does not need it

    with opened() as tonearm:
        person = listener(tonearm, user)
        by = PausedBy.ADMIN if user else PausedBy.LISTENER
        tonearm.collections.pause(person.id, by)
    say(f"Nothing is collected for {person.name} until `tonearm sync resume`.")


@COMMAND.command
def resume(*, user: str | None = None) -> None:
    """Go on collecting, whoever has paused it.

    Args:
        user: Whose plays; the owner's unless named.
    """
    from tonearm.collector.records import PausedBy  # noqa: PLC0415 - `--help` does not need it

    with opened() as tonearm:
        person = listener(tonearm, user)
        tonearm.collections.resume(person.id, PausedBy.ADMIN)
    say(f"Plays of {person.name} are collected again.")


@COMMAND.command
def sampling(switch: Literal["on", "off"]) -> None:
    """Look at the owner's player near the end of each track, or no more: for true starts, devices and podcasts.

    Everybody else decides it for themselves, on the account page.

    Args:
        switch: `on` or `off`. On costs two calls to Spotify a track.
    """
    with opened() as tonearm:
        person = listener(tonearm, None)
        tonearm.collections.set_sampling(person.id, is_on=switch == "on")
    how = "sampled from now on" if switch == "on" else "not sampled any more"
    say(f"What {person.name} plays is {how}.")


def _wait(tonearm: "Tonearm", number: int) -> "Job":
    """Do a job here unless a server has taken it, and give it when it has ended or has to wait."""
    from tonearm.jobs.records import UNFINISHED, JobState  # noqa: PLC0415 - `--help` does not need it

    worker = tonearm.worker()
    while True:
        job = tonearm.jobs.get(number)
        if job.state not in UNFINISHED or job.state is JobState.WAITING:
            return job
        if not worker.work_once(number):
            time.sleep(_WAIT_SECONDS)


def _tell(name: str, found: "CollectionStatus") -> None:
    line = f"{name}: {found.standing.value.replace('_', ' ')}"
    if found.polled_at is not None:
        line += f", asked at {found.polled_at:%Y-%m-%d %H:%M} UTC, {found.fetched} plays, {found.new} of them new"
    if found.next_at is not None:
        line += f", next at {found.next_at:%H:%M} UTC"
    say(f"{line}.")
    if found.problem:
        say(found.problem)
    if found.sampling.is_on:
        scope = found.sampling.missing_scope
        say("Sampling is on." if scope is None else f"Sampling waits for the permission {scope}.")
    for gap in found.gaps:
        end = f"{gap.to_at:%Y-%m-%d %H:%M}" if gap.to_at else "now"
        say(
            f"Plays may be missing from {gap.from_at:%Y-%m-%d %H:%M} to {end} UTC: {gap.reason.meaning}."
        )


COMMAND.default(status)
