"""What jobs are, as everybody who looks at them gets to see them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    WAITING = "waiting"
    """Failed in a way that passes, and tried again at `run_at`."""
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """Failed in a way that does not pass."""
    CANCELLED = "cancelled"
    DEAD = "dead"
    """Failed too often."""


UNFINISHED = (JobState.QUEUED, JobState.WAITING, JobState.RUNNING)
READY = (JobState.QUEUED, JobState.WAITING)
RETRIABLE = (JobState.FAILED, JobState.CANCELLED, JobState.DEAD)


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of work."""

    id: int
    user_id: int | None
    """Whom it works for; None for Tonearm itself."""
    queue: str
    name: str
    """What is done: `room.deed`."""
    payload: dict[str, Any]
    state: JobState
    priority: int
    """The lowest goes first; 0 unless said."""
    run_at: datetime
    """When it may run at the earliest."""
    failures: int
    """How often it has failed, of the times it may."""
    most_failures: int
    cancel_requested: bool
    progress: float | None
    """From 0 to 1."""
    message: str | None
    """Where it is, in words."""
    result: Any
    error: str | None
    """Why it failed last, for the person who reads it."""
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class JobLog:
    """A line that a job wrote."""

    id: int
    at: datetime
    level: str
    message: str


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue, and how much waits in it."""

    name: str
    paused_at: datetime | None
    concurrency: int | None
    """How many of its jobs may run at a time; None for as many as there are workers."""
    per_minute: int | None
    """How many of its jobs may start in a minute."""
    counts: dict[str, int]
    """How many jobs are in each state."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A job in the hands of a worker, who may write to it as long as nobody else has taken it."""

    job: Job
    worker: str
    attempt: int
