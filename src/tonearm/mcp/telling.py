"""How records are told to an assistant: units spelled out, local clocks, names as data, and what it all speaks of."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from tonearm.domain.periods import find_zone
from tonearm.mcp.arguments import RULES
from tonearm.mcp.desk import Desk

MOST_CHARACTERS = 80_000
"""Of an answer; what it may be in tokens is told by `sizing`."""
LONGEST_NAME = 120
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
COVERED = "history_version"
"""The field by which a `Covered` is known among records."""
_NAMES = frozenset(
    {"name", "artist", "album", "title", "track", "message", "problem", "error"}
    | {"owner", "description", "device"}
)
_WEEKDAY = frozenset({"weekday", "peak_weekday"})
_SECOND, _HOUR = 1_000, 3_600_000
_MANY_HOURS = 10
_WHOLE = 0.9995
_KINDS: Mapping[str, str] = {
    "music": "music only",
    "podcast": "podcasts only",
    "audiobook": "audiobooks only",
    "all": "music, podcasts and audiobooks",
}


def tell(record: Struct, desk: Desk) -> dict[str, Any]:
    """Give a record as an assistant gets it: the same numbers under the same names, and words beside them."""
    whole = msgspec.to_builtins(record, builtin_types=(datetime, date))
    zone = whole.get("covered", {}).get("zone", desk.caller.zone)
    return dict(_fields(whole, zone, desk))


def _fields(record: Mapping[str, Any], zone: str, desk: Desk) -> Iterator[tuple[str, Any]]:
    for name, value in record.items():
        if isinstance(value, dict) and COVERED in value:
            yield about_name(name), _about(value, desk)
            continue
        is_name = name in _NAMES and isinstance(value, str)
        yield name, shown_name(value) if is_name else _told(value, zone, desk)
        spelled = spelled_name(name)
        if spelled is not None and isinstance(value, int):
            yield spelled, duration(value)
        elif name in _WEEKDAY:
            yield f"{name}_name", None if value is None else WEEKDAYS[value]


def _told(value: Any, zone: str, desk: Desk) -> Any:  # noqa: ANN401 - whatever records hold
    if isinstance(value, dict):
        return dict(_fields(value, zone, desk))
    if isinstance(value, list | tuple):
        return [_told(one, zone, desk) for one in value]
    if isinstance(value, datetime):
        return value.astimezone(find_zone(zone)).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def about_name(name: str) -> str:
    """Give what the field of a `Covered` is called when it is told."""
    return "about" if name == "covered" else f"{name}_about"


def spelled_name(name: str) -> str | None:
    """Give the name of the words beside a number of milliseconds; None for another field."""
    return f"{name.removeprefix('ms_')}_spelled" if name.startswith("ms_") else None


def shown_name(name: str) -> str:
    """Give a name as one line of at most 120 characters, without what does not print."""
    line = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    return line if len(line) <= LONGEST_NAME else f"{line[: LONGEST_NAME - 1]}…"


def duration(ms: int) -> str:
    """Spell a length of time: "45 s", "3 min 20 s", "2 h 5 min", "1,204 h"."""
    seconds, hours = abs(ms) // _SECOND, abs(ms) / _HOUR
    sign = "-" if ms < 0 < seconds else ""
    if seconds < 60:  # noqa: PLR2004 - seconds of a minute
        return f"{sign}{seconds} s"
    if hours >= _MANY_HOURS:
        return f"{sign}{round(hours):,} h"
    large, small, units = (*divmod(seconds, 60), ("min", "s"))
    if hours >= 1:
        large, small, units = (*divmod(seconds // 60, 60), ("h", "min"))
    return f"{sign}{large} {units[0]}" + (f" {small} {units[1]}" if small else "")


def _about(covered: Mapping[str, Any], desk: Desk) -> dict[str, Any]:
    """Say what an answer speaks of, in numbers and in words that may be repeated."""
    words = [
        f"{_days(covered)}; days and hours are those of {covered['zone']}",
        f"{RULES[covered['rule']]}; listening time is that of all plays",
        _KINDS[covered["kind"]],
        _completeness(covered["coverage"]),
    ]
    if covered["estimated_share"]:
        words.append(
            f"the length of {percent(covered['estimated_share'])} of the time is estimated"
        )
    if not desk.caller.counts_private:
        words.append("plays of private sessions are left out")
    return {
        "range": covered["range"],
        "from": covered["from_local"],
        "to": covered["to_local"],
        "zone": covered["zone"],
        "rule": covered["rule"],
        "kind": covered["kind"],
        "completeness": covered["coverage"],
        "estimated_share": covered["estimated_share"],
        "words": f"{'; '.join(words)}.",
    }


def _days(covered: Mapping[str, Any]) -> str:
    first, end = covered["from_local"], covered["to_local"]
    if first is None or end is None:
        return f"Range {covered['range']}, in which there is no play"
    # What is told is the first instant after the range.
    last = datetime.fromisoformat(end) - timedelta(milliseconds=1)
    whole = "The whole history, " if covered["range"] == "all" else ""
    begin = datetime.fromisoformat(first)
    if begin.date() == last.date():
        return f"{whole}{day(begin)}"
    return f"{whole}{day(begin)} to {day(last)}"


def day(value: date) -> str:
    """Spell a day: "4 March 2024"."""
    return f"{value.day} {value:%B %Y}"


def percent(share: float) -> str:
    """Spell a share between 0 and 1."""
    return f"{share * 100:.1f} %"


def _completeness(coverage: float | None) -> str:
    if coverage is None:
        return "nothing of it lies between the first play and now, so that it cannot be told how complete it is"
    if coverage >= _WHOLE:
        return "imports and polls vouch for all of it"
    return f"imports and polls vouch for {percent(coverage)} of it, so that plays may be missing"
