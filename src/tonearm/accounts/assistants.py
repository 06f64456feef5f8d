"""What assistants have called for a listener: which tool, when, how long and how much; never what they asked about."""

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from threading import BoundedSemaphore
from typing import Any

import structlog
from sqlalchemy import case, delete, func, insert, select

from tonearm.accounts.numbering import lock_user, next_id
from tonearm.ops.clock import Clock
from tonearm.storage.assistant_tables import tool_calls
from tonearm.storage.database import Database

ANSWERED = "answered"
"""The outcome of a call that was answered; that of any other is the code of its error."""
KEPT = timedelta(days=90)
MOST_KEPT = 10_000
"""Calls of one listener; older ones make room."""
_MOST_WAITING = 1_000
_PATIENCE_SECONDS = 1.0
_LOG = structlog.get_logger("tonearm.accounts")


class Way(StrEnum):
    """How an assistant came."""

    MCP = "mcp"
    """The Model Context Protocol over HTTP, also through the bridge of another machine."""
    REST = "rest"
    """Plain operations, such as those of GPT Actions."""
    STDIO = "stdio"
    """The protocol over standard input and output, on this machine."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool."""

    id: int
    tool: str
    way: Way
    called_at: datetime
    ms_taken: int
    """How long it took to answer, in milliseconds."""
    bytes_told: int
    """Size of the answer; 0 where there was none."""
    outcome: str
    """`answered`, or the code of the error."""


@dataclass(frozen=True, slots=True)
class ToolUse:
    """The calls of one tool in a span of time."""

    tool: str
    calls: int
    failed: int
    """Calls that ended with an error."""
    ms_mean: int
    """How long an answer took on average, in milliseconds."""
    ms_longest: int
    """How long the slowest one took, in milliseconds."""
    bytes_told: int
    """Size of all answers together."""
    last_at: datetime
    """When it was called last."""


class AssistantCalls:
    """What assistants have called, for each listener: at most 90 days and 10,000 calls of it.

    Calls are written down one after another beside the answers, which wait for no lock of the database because of it.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._writer = ThreadPoolExecutor(1, "tonearm-calls")
        self._waiting = BoundedSemaphore(_MOST_WAITING)

    def note(
        self, user_id: int, tool: str, way: Way, *, ms_taken: int, bytes_told: int, outcome: str
    ) -> None:
        """Have a call written down soon; one that cannot be is logged, since its answer matters more."""
        if not self._waiting.acquire(blocking=False):
            _LOG.warning("call not written down", tool=tool, reason="too many wait")
            return
        row = {
            "tool": tool,
            "way": way.value,
            "called_at": self._clock(),
            "ms_taken": ms_taken,
            "bytes_told": bytes_told,
            "outcome": outcome,
        }
        self._writer.submit(self._write, user_id, row).add_done_callback(self._end)

    def settle(self, seconds: float | None = None) -> None:
        """Wait until what was noted before is written, at most so long."""
        with suppress(TimeoutError):
            self._writer.submit(lambda: None).result(seconds)

    def close(self) -> None:
        """Write what waits, and take no more."""
        self._writer.shutdown()

    def _write(self, user_id: int, row: Mapping[str, Any]) -> None:
        calls = tool_calls.c
        with self._database.write() as connection:
            lock_user(connection, user_id)
            number = next_id(connection, tool_calls, user_id)
            connection.execute(insert(tool_calls).values(user_id=user_id, id=number, **row))
            connection.execute(
                delete(tool_calls).where(calls.user_id == user_id, calls.id <= number - MOST_KEPT)
            )

    def _end(self, written: Future[None]) -> None:
        self._waiting.release()
        error = written.exception()
        if error is not None:
            # The database is locked or full, or the listener has been erased meanwhile.
            _LOG.warning("call not written down", reason=type(error).__name__)

    def list_calls(
        self, user_id: int, *, before: int | None = None, limit: int = 50
    ) -> list[ToolCall]:
        """List a listener's calls, the newest first; `before` is the number that the last page ended with."""
        self.settle(_PATIENCE_SECONDS)
        calls = tool_calls.c
        wanted = select(tool_calls).where(calls.user_id == user_id)
        if before is not None:
            wanted = wanted.where(calls.id < before)
        with self._database.read() as connection:
            rows = connection.execute(wanted.order_by(calls.id.desc()).limit(limit)).all()
        return [
            ToolCall(
                row.id,
                row.tool,
                Way(row.way),
                row.called_at,
                row.ms_taken,
                row.bytes_told,
                row.outcome,
            )
            for row in rows
        ]

    def list_use(self, user_id: int, span: timedelta) -> list[ToolUse]:
        """List the tools that were called for a listener within a span until now, those of most calls first."""
        self.settle(_PATIENCE_SECONDS)
        calls = tool_calls.c
        has_failed = case((calls.outcome != ANSWERED, 1), else_=0)
        wanted = (
            select(
                calls.tool,
                func.count().label("calls"),
                func.sum(has_failed).label("failed"),
                func.avg(calls.ms_taken).label("ms_mean"),
                func.max(calls.ms_taken).label("ms_longest"),
                func.sum(calls.bytes_told).label("bytes_told"),
                func.max(calls.called_at).label("last_at"),
            )
            .where(calls.user_id == user_id, calls.called_at >= self._clock() - span)
            .group_by(calls.tool)
            .order_by(func.count().desc(), calls.tool)
        )
        with self._database.read() as connection:
            rows = connection.execute(wanted).all()
        return [
            ToolUse(
                row.tool,
                row.calls,
                row.failed,
                round(row.ms_mean),
                row.ms_longest,
                row.bytes_told,
                row.last_at,
            )
            for row in rows
        ]

    def sweep(self) -> int:
        """Forget calls of more than 90 days ago; gives how many."""
        with self._database.write() as connection:
            return connection.execute(
                delete(tool_calls).where(tool_calls.c.called_at < self._clock() - KEPT)
            ).rowcount
