"""Logging: readable lines on standard error, JSON lines in a rotating file."""

import logging
import logging.handlers
import sys
from pathlib import Path
from typing import Any

import structlog

from tonearm.ops.redaction import redact

_MOST_BYTES = 5_000_000
_BACKUPS = 5


def configure_logging(folder: Path | None, level: str, *, console_level: str = "warning") -> None:
    """Send log lines to standard error and, where a folder is given, to `tonearm.log` in it."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    # Tracebacks are plain: with local variables they would show passwords and rows.
    console = logging.StreamHandler(sys.stderr)
    console.setLevel(console_level.upper())
    console.setFormatter(
        _formatter(
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback), shared
        )
    )
    handlers: list[logging.Handler] = [console]
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = logging.handlers.RotatingFileHandler(
            folder / "tonearm.log", maxBytes=_MOST_BYTES, backupCount=_BACKUPS, encoding="utf-8"
        )
        file.setFormatter(_formatter(structlog.processors.JSONRenderer(), shared))
        handlers.append(file)
    root = logging.getLogger()
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level.upper())
    logging.getLogger("alembic").setLevel(logging.WARNING)  # a new schema is no news to anybody
    for name in ("httpx2", "httpcore2"):  # each call, with what was searched for
        logging.getLogger(name).setLevel(logging.WARNING)


def _formatter(renderer: Any, shared: list[Any]) -> logging.Formatter:  # noqa: ANN401 - structlog's processors are callables of any kind
    return structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            redact,
            renderer,
        ],
        foreign_pre_chain=shared,
    )
