"""`tonearm jobs`: look at jobs and queues, cancel and retry."""

from typing import TYPE_CHECKING, Literal

from cyclopts import App

from tonearm.cli.session import UsageError, listener, opened, print_json, print_list, say

if TYPE_CHECKING:
    from tonearm.bootstrap import Tonearm
    from tonearm.jobs.records import Job, Queue

COMMAND = App(name="jobs", help="Look at jobs and queues, cancel and retry.")
StateName = Literal["queued", "waiting", "running", "succeeded", "failed", "cancelled", "dead"]


@COMMAND.command(name="list")
def list_(
    *,
    user: str | None = None,
    state: StateName | None = None,
    name: str | None = None,
    queue: str | None = None,
    limit: int = 50,
    json: bool = False,
) -> None:
    """List jobs of everybody, the newest first.

    Args:
        user: Only jobs of this listener.
        state: Only jobs of this state.
        name: Only jobs of this name, such as `importers.run`.
        queue: Only jobs of this queue.
        limit: Most jobs.
        json: Print one JSON document.
    """
    from tonearm.jobs.records import JobState  # noqa: PLC0415 - `--help` does not need it

    if limit < 1:
        raise UsageError("--limit is 1 or more.")
    with opened() as tonearm:
        found = tonearm.jobs.list_jobs(
            user_id=_user_id(tonearm, user),
            states=(JobState(state),) if state else (),
            name=name,
            queue=queue,
            limit=limit,
        )
    print_list(found, _line, json=json, none="No such jobs.")


def _line(job: "Job") -> str:
    done = "" if job.progress is None else f"  {job.progress:.0%}"
    why = f"  {job.error}" if job.error else ""
    return f"{job.id:>6}  {job.created_at:%Y-%m-%d %H:%M}  {job.state:<10} {job.name}{done}{why}"


@COMMAND.command
def show(job_id: int, /, *, json: bool = False) -> None:
    """Show one job with its log.

    Args:
        job_id: Its number, as `tonearm jobs list` shows it.
        json: Print one JSON document.
    """
    with opened() as tonearm:
        job = tonearm.jobs.get(job_id)
        lines = tonearm.jobs.logs(job_id)
    if json:
        print_json({"job": job, "logs": lines})
        return
    say(f"Job {job.id}: {job.name} in queue {job.queue}, {job.state}")
    say(f"  failures     {job.failures} of {job.most_failures}")
    say(f"  not before   {job.run_at:%Y-%m-%d %H:%M:%S} UTC")
    if job.message:
        say(f"  {job.message}")
    if job.error:
        say(f"  {job.error}")
    for line in lines:
        say(f"  {line.at:%H:%M:%S} {line.level:<8} {line.message}")


@COMMAND.command
def cancel(job_id: int, /) -> None:
    """Cancel a job: at once if it waits, at its next look around if it runs.

    Args:
        job_id: Its number, as `tonearm jobs list` shows it.
    """
    with opened() as tonearm:
        job = tonearm.jobs.cancel(job_id)
    say(f"Job {job.id} will end." if job.state == "running" else f"Job {job.id} is {job.state}.")


@COMMAND.command
def retry(*job_ids: int, failed: bool = False, queue: str | None = None) -> None:
    """Queue jobs that failed once more: one, many, or all of them.

    Args:
        job_ids: Their numbers, as `tonearm jobs list` shows them.
        failed: Retry every job that has failed or is dead.
        queue: With --failed: only those of this queue.
    """
    if bool(job_ids) is failed:
        raise UsageError("Name jobs, or say --failed for all that have failed.")
    with opened() as tonearm:
        if failed:
            count = tonearm.jobs.retry_many(queue=queue)
        else:
            for job_id in job_ids:
                tonearm.jobs.retry(job_id)
            count = len(job_ids)
    say(f"{count} job{'' if count == 1 else 's'} queued.")


@COMMAND.command
def queues(*, json: bool = False) -> None:
    """List queues and how many jobs are in each state.

    Args:
        json: Print one JSON document.
    """
    with opened() as tonearm:
        found = tonearm.jobs.list_queues()
    print_list(found, _queue_line, json=json, none="No jobs yet.")


def _queue_line(queue: "Queue") -> str:
    counts = ", ".join(f"{count:,} {state}" for state, count in sorted(queue.counts.items()))
    bounds = f"  at most {queue.concurrency} at a time" if queue.concurrency else ""
    rate = f"  at most {queue.per_minute} a minute" if queue.per_minute else ""
    paused = "  paused" if queue.paused_at else ""
    return f"{queue.name:<16} {counts}{bounds}{rate}{paused}".rstrip()


@COMMAND.command
def pause(queue: str, /) -> None:
    """Take no more jobs from a queue; those that run go on.

    Args:
        queue: Its name, as `tonearm jobs queues` shows it.
    """
    with opened() as tonearm:
        tonearm.jobs.set_queue(queue, paused=True)
    say(f"{queue} is paused.")


@COMMAND.command
def resume(queue: str, /) -> None:
    """Take jobs from a paused queue again.

    Args:
        queue: Its name, as `tonearm jobs queues` shows it.
    """
    with opened() as tonearm:
        tonearm.jobs.set_queue(queue, paused=False)
    say(f"{queue} goes on.")


def _user_id(tonearm: "Tonearm", name: str | None) -> int | None:
    return None if name is None else listener(tonearm, name).id
