"""Doing jobs: what a deed is, and the worker that does them."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy import Connection

from tonearm.domain.errors import CancelledError, TonearmError, UnavailableError
from tonearm.jobs.desk import Desk
from tonearm.jobs.errors import LeaseLostError, StoppingError, ThrottledError, TransientError
from tonearm.jobs.records import Claim, Job
from tonearm.jobs.schedules import Schedules
from tonearm.ops.metrics import UNCOUNTED, Metrics
from tonearm.storage.database import Database

_LOG = structlog.get_logger("tonearm.jobs")
_IDLE_SECONDS = 1.0
_BEATS_A_LEASE = 6
_SECONDS_BETWEEN_LOOKS = 1.0
_LOOKS_A_LEASE = 4
_GRACE_SECONDS = 10.0


class Task:
    """A job being done, for whoever does it."""

    def __init__(self, claim: Claim, desk: Desk, stopping: threading.Event) -> None:
        self.job: Job = claim.job
        self.claim = claim
        self._desk = desk
        self._stopping = stopping
        self._ending = threading.Event()
        self._lost = threading.Event()
        self.is_handed_in = False
        self.outcome = "succeeded"
        """What came of it if it was handed in; who hands it in elsewhere may know better."""

    def check(self) -> None:
        """Look around; a deed that takes longer than a second or two does so now and then.

        Raises:
            CancelledError: somebody asked for the job's end.
            StoppingError: the worker stops.
            LeaseLostError: another worker has the job.
        """
        if self._lost.is_set():
            raise LeaseLostError("Another worker has this job.")
        if self._ending.is_set():
            raise CancelledError("The job was cancelled.")
        if self._stopping.is_set():
            raise StoppingError("The worker stops.")

    def tell(self, progress: float | None, message: str | None = None) -> None:
        """Say how far it is, from 0 to 1 and in words, and look around like `check`."""
        self.check()
        self._desk.tell(self.claim, progress=progress, message=message)

    def log(self, message: str, level: str = "info") -> None:
        """Write a line to the job's own log."""
        self._desk.log(self.claim, level, message)

    def hand_in(self, connection: Connection, result: object = None) -> None:
        """End the job as done in the transaction of its effect, so that it happens once however often it is tried."""
        self._desk.succeed(connection, self.claim, result)
        self.is_handed_in = True

    def end(self) -> None:
        """Take note that somebody asks for the job's end."""
        self._ending.set()

    def beat(self) -> None:
        """Show a sign of life, and take note of what is asked."""
        try:
            if self._desk.beat(self.claim):
                self.end()
        except LeaseLostError:
            self._lost.set()


Deed = Callable[[Task], object]
"""Does a job and gives its result, which JSON can hold; what it raises decides what becomes of the job."""


@dataclass(slots=True)
class _Doing:
    thread: threading.Thread
    claim: Claim
    task: Task


@dataclass(slots=True)
class Worker:
    """Does jobs until told to stop, several at a time."""

    database: Database
    desk: Desk
    deeds: Mapping[str, Deed]
    schedules: Schedules
    name: str
    threads: int = 4
    at_most: Mapping[str, int] = field(default_factory=dict)
    """How many jobs of a name this worker does at a time, where that is fewer than it has threads."""
    metrics: Metrics = UNCOUNTED
    idle_seconds: float = _IDLE_SECONDS
    grace_seconds: float = _GRACE_SECONDS
    _stopping: threading.Event = field(default_factory=threading.Event)
    _woken: threading.Event = field(default_factory=threading.Event)
    _doing: list[_Doing] = field(default_factory=list)
    _loops: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Work in threads of this process."""
        loops = {"job-worker": self._take_jobs, "job-beat": self._beat, "job-tidy": self._tidy}
        self._loops = [
            threading.Thread(target=target, name=name, daemon=True)
            for name, target in loops.items()
        ]
        for loop in self._loops:
            loop.start()

    def wake(self) -> None:
        """Look for work now."""
        self._woken.set()

    def stop(self) -> None:
        """Stop taking jobs, let those under way end or give them back, and return."""
        self._stopping.set()
        self._woken.set()
        for loop in self._loops:
            loop.join(timeout=self.grace_seconds)
        for doing in self._doing:
            doing.thread.join(timeout=self.grace_seconds)
            if doing.thread.is_alive():
                # It does not look around: whoever takes the job now makes this thread's work void.
                _try(lambda doing=doing: self.desk.give_back(doing.claim))  # type: ignore[misc] # a default binds it

    def work_once(self, job_id: int | None = None) -> bool:
        """Do one job in this thread, the next one or this very one; tell whether there was one to do."""
        claim = (
            self.desk.claim(self.name, self._names())
            if job_id is None
            else self.desk.take(self.name, job_id)
        )
        if claim is None:
            return False
        with held(self.desk, claim):
            self._do(claim, Task(claim, self.desk, self._stopping))
        return True

    def _take_jobs(self) -> None:
        while not self._stopping.is_set():
            self._doing = [doing for doing in self._doing if doing.thread.is_alive()]
            claim = None
            if len(self._doing) < self.threads:
                claim = _try(lambda: self.desk.claim(self.name, self._names()))
            if claim is None:
                self._woken.wait(self.idle_seconds)
                self._woken.clear()
                continue
            task = Task(claim, self.desk, self._stopping)
            thread = threading.Thread(
                target=self._do, args=(claim, task), name=f"job-{claim.job.id}", daemon=True
            )
            self._doing.append(_Doing(thread, claim, task))
            thread.start()

    def _names(self) -> list[str]:
        """Give the names of jobs that this worker may begin now."""
        doing = [one.claim.job.name for one in self._doing]
        return [
            name for name in self.deeds if doing.count(name) < self.at_most.get(name, self.threads)
        ]

    def _beat(self) -> None:
        between = self.desk.lease.total_seconds() / _BEATS_A_LEASE
        beaten_at = time.monotonic()
        while not self._stopping.wait(min(between, _SECONDS_BETWEEN_LOOKS)):
            doing = [one for one in list(self._doing) if one.thread.is_alive()]
            if time.monotonic() - beaten_at >= between:
                beaten_at = time.monotonic()
                for one in doing:
                    _try(one.task.beat)
            elif doing:
                # Whoever cancels a job does not wait for its next sign of life.
                ending = _try(lambda: self.desk.list_ending(self.name)) or ()
                for one in doing:
                    if one.claim.job.id in ending:
                        one.task.end()

    def _tidy(self) -> None:
        while not self._stopping.is_set():
            _try(self.desk.recover)
            if _try(self.schedules.fire):
                self.wake()
            until_next = _try(self.schedules.seconds_until_next)
            longest = self.desk.lease.total_seconds() / _LOOKS_A_LEASE
            self._stopping.wait(longest if until_next is None else min(longest, until_next))

    def _do(self, claim: Claim, task: Task) -> None:
        began, outcome = time.perf_counter(), "lost"
        with structlog.contextvars.bound_contextvars(job=claim.job.id):
            try:
                outcome = self._end(claim, task)
            except LeaseLostError:
                _LOG.warning("job.lease_lost", name=claim.job.name)
            except (
                TonearmError
            ) as error:  # the lease ends by itself, and another worker takes the job
                _LOG.warning("job.not_handed_in", name=claim.job.name, reason=error.message)
        seconds = time.perf_counter() - began
        self.metrics.job_ended(claim.job.queue, claim.job.name, outcome, seconds)
        self.wake()

    def _end(self, claim: Claim, task: Task) -> str:
        """Do a job and hand it in; gives what came of it."""
        outcome = "retried"
        try:
            result = self.deeds[claim.job.name](task)
            if not task.is_handed_in:
                with self.database.write() as connection:
                    task.hand_in(connection, result)
            outcome = task.outcome
        except CancelledError:
            self.desk.end_cancelled(claim)
            outcome = "cancelled"
        except StoppingError:
            self.desk.give_back(claim)
            outcome = "given_back"
        except ThrottledError as error:
            self.desk.put_off(claim, error.message, error.not_before)
            outcome = "put_off"
        except LeaseLostError:
            raise
        except (TransientError, UnavailableError) as error:
            self.desk.fail(claim, error.message, is_lasting=False)
        except TonearmError as error:
            self.desk.fail(claim, error.message, is_lasting=True)
            outcome = "failed"
        except Exception:  # noqa: BLE001 - a deed may raise anything
            # What it says may hold what nobody should read; the log has it under the job's number.
            _LOG.exception("job.failed", name=claim.job.name)
            self.desk.fail(
                claim, "Something went wrong; the log has the details.", is_lasting=False
            )
        return outcome


def _try(deed: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever it gives
    """Do something that the worker outlives; a database that is away for a moment is no reason to end."""
    try:
        return deed()
    except TonearmError as error:
        _LOG.warning("job_worker.waiting", reason=error.message)
    except Exception:  # noqa: BLE001 - a worker that ends leaves every later job waiting
        _LOG.exception("job_worker.failed")
    return None


@contextmanager
def held(desk: Desk, claim: Claim) -> Iterator[None]:
    """Show signs of life for a claim from a thread of its own while the block lasts."""
    done = threading.Event()

    def is_held() -> bool:
        try:
            desk.beat(claim)
        except LeaseLostError:  # handed in, or another's: who works on it learns that by writing
            return False
        return True

    def beat() -> None:
        while not done.wait(desk.lease.total_seconds() / _BEATS_A_LEASE):
            if _try(is_held) is False:
                return

    beating = threading.Thread(target=beat, name=f"job-{claim.job.id}-beat", daemon=True)
    beating.start()
    try:
        yield
    finally:
        done.set()
        beating.join()
