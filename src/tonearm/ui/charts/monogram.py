"""A name's initials on a colour of its own: what stands where there is no picture, and behind one until it is there."""

import unicodedata
from zlib import crc32

from markupsafe import Markup

from tonearm.domain.text import is_visible

COLOURS = 8
# The name stands beside it; nothing moves when it comes, and one that does not come leaves the initials.
_PICTURE = Markup('<img src="{}" alt="" width="36" height="36" loading="lazy" decoding="async">')


def monogram(name: str, cover: str | None = None) -> Markup:
    """Draw the initials of a name, a picture over them if there is one; the same name always has the same colour."""
    picture = "" if cover is None else _PICTURE.format(cover)
    return Markup('<span class="m m{}" aria-hidden="true">{}{}</span>').format(
        crc32(name.encode("utf-8", "replace")) % COLOURS, initials(name), picture
    )


def initials(name: str) -> str:
    """Give up to two initials, upper case; outside the Latin script only the first one."""
    words = [word for word in (_trimmed(part) for part in name.split()) if word]
    if not words:
        return "♪"
    first = _letter(words[0])
    if len(words) == 1 or ord(first[0]) > 0x24F:  # noqa: PLR2004 - the end of the Latin blocks
        return first
    return first + _letter(words[-1] if len(words) == 2 else words[1])  # noqa: PLR2004 - two words


def _trimmed(word: str) -> str:
    start = next((at for at, char in enumerate(word) if char.isalnum() and is_visible(char)), None)
    return "" if start is None else word[start:]


def _letter(word: str) -> str:
    """The first character with the marks that belong to it."""
    end = 1
    while end < len(word) and unicodedata.category(word[end]).startswith("M"):
        end += 1
    upper = word[:end].upper()
    return word[:end] if len(upper) > end else upper
