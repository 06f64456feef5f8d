"""Years, months and days as they are named in a search, and the pages that they have."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_WRITTEN = re.compile(r"\b(20\d\d)(?:-(\d\d)(?:-(\d\d))?)?\b")
_NAMED = re.compile(rf"\b({'|'.join(_MONTHS)}) (20\d\d)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class NamedPeriod:
    """A year, month or day."""

    range: str
    """As ranges are written."""

    @property
    def unit(self) -> str:
        """What it is: `year`, `month` or `day`."""
        return ("year", "month", "day")[self.range.count("-")]

    @property
    def title(self) -> str:
        """What it is called."""
        parts = [int(part) for part in self.range.split("-")]
        if self.unit == "year":
            return f"Listening in {parts[0]}"
        month = _MONTHS[parts[1] - 1].capitalize()
        if self.unit == "month":
            return f"Listening in {month} {parts[0]}"
        return f"Plays of {parts[2]} {month} {parts[0]}"

    @property
    def path(self) -> str:
        """The page that shows it."""
        return "/history" if self.unit == "day" else "/"


def find_period(text: str) -> NamedPeriod | None:
    """Give the period that is written so: `2024`, `2024-05` or `2024-05-17`; None where there is no such day."""
    written = _WRITTEN.fullmatch(text)
    if written is None:
        return None
    year, month, day = (int(part) if part else 1 for part in written.groups())
    try:
        date(year, month, day)
    except ValueError:
        return None
    return NamedPeriod(text)


def periods_in(text: str) -> tuple[list[NamedPeriod], str]:
    """Give the periods that a search names, and its words without them."""
    plain = _NAMED.sub(lambda found: f"{found[2]}-{_MONTHS.index(found[1].lower()) + 1:02}", text)
    return list(_listed(plain)), " ".join(_WRITTEN.sub(" ", plain).split())


def _listed(text: str) -> Iterator[NamedPeriod]:
    for written in dict.fromkeys(found[0] for found in _WRITTEN.finditer(text)):
        period = find_period(written)
        if period is not None:
            yield period
