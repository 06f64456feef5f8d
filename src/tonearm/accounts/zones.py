"""Time zones: which names are known, and which one this machine lives in."""

import os
from pathlib import Path

from tonearm.domain.errors import InvalidInputError
from tonearm.domain.periods import find_zone

LONGEST_ZONE = 64


def check_zone(name: str) -> str:
    """Give the zone's name back.

    Raises:
        InvalidInputError: the IANA database knows no such zone.
    """
    if not is_zone(name):
        raise InvalidInputError(
            "The zone must be an IANA time zone name, such as Europe/Berlin or UTC.",
            parameter="zone",
        )
    return name


def is_zone(name: str) -> bool:
    """Tell whether a name is an IANA time zone."""
    try:
        find_zone(name)
    except InvalidInputError:
        return False
    return len(name) <= LONGEST_ZONE


def machine_zone() -> str:
    """Give the IANA name of this machine's zone; UTC where it cannot be told."""
    candidates = [os.environ.get("TZ", "").removeprefix(":")]
    setting = Path("/etc/timezone")
    if setting.is_file():
        candidates.append(setting.read_text(encoding="utf-8", errors="replace").strip())
    link = Path("/etc/localtime")
    if link.is_symlink():
        candidates.append(str(link.readlink()).rpartition("zoneinfo/")[2])
    return next((name for name in candidates if is_zone(name)), "UTC")
