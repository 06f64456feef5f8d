"""Plays for examples worked out by hand: told by a local time and a letter."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from oracle.measures import Kind, Range, day_start
from oracle.plays import OraclePlay

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def at(text: str, zone: ZoneInfo = BERLIN) -> int:
    """Milliseconds of a local time; `+` behind it is the second time that clocks show it."""
    moment = datetime.fromisoformat(text.rstrip("+")).replace(tzinfo=zone, fold=text.endswith("+"))
    return round(moment.timestamp() * 1000)


def heard(
    ended: str | int,
    track: str = "a",
    ms: int = MINUTE,
    *,
    artist: str | None = "Noite",
    album: str | None = None,
    kind: Kind = "music",
    reason_end: str | None = None,
    **context: str | bool | None,
) -> OraclePlay:
    """A play that ended then, without a pause in it."""
    moment = at(ended) if isinstance(ended, str) else ended
    bare = OraclePlay(
        moment, track, moment - ms, ms, track.upper(), artist, album, kind,
        None, None, None, reason_end, None, None, None, None,
    )  # fmt: skip
    return bare._replace(**context)  # type: ignore[arg-type] # texts and flags by their names


def days(first: str, end: str) -> tuple[int, int]:
    """The range from one day in Berlin to before another."""
    start, stop = (day_start(datetime.fromisoformat(day).date(), BERLIN) for day in (first, end))
    return start, stop


ALWAYS: Range = (None, None)
