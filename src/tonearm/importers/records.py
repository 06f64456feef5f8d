"""Imports as everybody sees them: frozen records for REST, pages and the command line."""

from dataclasses import dataclass
from datetime import datetime

from tonearm.domain.vocabulary import ImportState


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a running import has come."""

    phase: str | None
    """`stage`, `match` or `write`; None before and after."""
    files: int
    files_done: int
    bytes_total: int
    bytes_done: int
    rows: int
    percent: float
    rows_per_second: float
    seconds_left: float | None


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the rows; `rows` is the sum of the six others."""

    rows: int
    new: int
    improved: int
    duplicate: int
    no_content: int
    malformed: int
    suppressed: int


@dataclass(frozen=True, slots=True)
class ImportMember:
    """One file of an import."""

    position: int
    name: str
    family: str | None
    """`extended` or `account`; None for a file that holds no history."""
    counts: Counts
    first_at: datetime | None
    last_at: datetime | None
    note: str | None
    """What a person should know of this file, such as that it was cut off."""


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """One import."""

    id: int
    state: ImportState
    is_preview: bool
    name: str
    created_at: datetime
    finished_at: datetime | None
    progress: Progress
    counts: Counts
    problem: str | None
    """Why it failed and what to do, in a sentence."""
    problem_code: str | None
    members: tuple[ImportMember, ...]
    job_id: int | None
    """The job that does it or did it last; jobs are forgotten some days after their end."""


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One row of a file, and what became of it."""

    position: int
    """Place among the rows of all files, from 0."""
    member: str
    index: int
    """Position in the file's array, from 0."""
    verdict: str
    reason: str
    """Why a row is malformed; empty otherwise."""
    play_id: int | None
    """The play this row is evidence of."""
    ended_at: datetime | None
    ms_played: int | None
    title: str | None
    artist: str | None
