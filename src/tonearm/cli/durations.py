"""Spans of time as people type them: 90d, 12h."""

import re
from datetime import timedelta

from tonearm.cli.session import UsageError

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"(\d{1,5})([mhdw])", re.ASCII)


def duration(option: str, text: str) -> timedelta:
    """Read a span of time that an option was given; raises UsageError."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise UsageError(f"--{option} is a number and one of m, h, d, w, such as 90d.")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
