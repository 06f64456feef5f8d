"""Resources: answers that a client may attach to a talk by their address."""

import re
from collections.abc import Mapping
from typing import Any

from tonearm.domain.errors import NotFoundError
from tonearm.domain.text import quoted

_JSON = "application/json"
RESOURCES: tuple[Mapping[str, Any], ...] = (
    {
        "uri": "tonearm://profile",
        "name": "profile",
        "title": "The listener's profile",
        "description": "The taste of the whole history: totals, favourites, hours, repeats, discovery.",
        "mime_type": _JSON,
    },
)
TEMPLATES: tuple[Mapping[str, Any], ...] = (
    {
        "uri_template": "tonearm://years/{year}",
        "name": "year",
        "title": "A year in review",
        "description": "The story of one year in numbers, such as tonearm://years/2024.",
        "mime_type": _JSON,
    },
    {
        "uri_template": "tonearm://artists/{id}",
        "name": "artist",
        "title": "An artist in the history",
        "description": "Totals, months, albums and tracks of one artist by the number that tools give.",
        "mime_type": _JSON,
    },
)
_YEAR = re.compile(r"tonearm://years/([0-9]{4})")
_ARTIST = re.compile(r"tonearm://artists/([0-9]{1,9})")


def read_resource(uri: str) -> tuple[str, Mapping[str, Any]]:
    """Give the tool and the arguments that an address stands for; raises NotFoundError."""
    if uri == "tonearm://profile":
        return "taste_summary", {}
    if (year := _YEAR.fullmatch(uri)) is not None:
        return "year_in_review", {"year": int(year[1])}
    if (artist := _ARTIST.fullmatch(uri)) is not None:
        return "item", {"artist": artist[1]}
    raise NotFoundError(
        f"There is no resource {quoted(uri)}. There are tonearm://profile, tonearm://years/YEAR and "
        "tonearm://artists/NUMBER."
    )
