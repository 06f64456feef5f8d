"""Catalogues of messages: one file in the format of GNU gettext for each language but English."""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

from tonearm.domain.preferences import Language

LOCALE_DIR = Path(__file__).parents[1] / "locale"
_PLACE = re.compile(r"\{(\w+)\}")
_MOST_REMEMBERED = 512
# Longer than any sentence of ours with what is filled in; matching a longer one would only take time.
_LONGEST_MATCHED = 2_000


def catalogue_path(language: Language) -> Path:
    """Give where the catalogue of a language lies."""
    return LOCALE_DIR / language.value / "LC_MESSAGES" / "messages.po"


@cache
def catalogue(language: Language) -> GNUTranslations:
    """Give the catalogue of a language, read when the first page in it is asked for.

    Read from its text, since a compiled one beside it would be a second file to keep equal; that takes some hundredths
    of a second, once a process.
    """
    # Whoever reads English needs none of this.
    from babel.messages.mofile import write_mo  # noqa: PLC0415 - see above
    from babel.messages.pofile import read_po  # noqa: PLC0415 - see above

    compiled = BytesIO()
    with catalogue_path(language).open("rb") as file:
        write_mo(compiled, read_po(file, locale=language.value))
    compiled.seek(0)
    return GNUTranslations(compiled)


@lru_cache(maxsize=_MOST_REMEMBERED)
def translated(text: str, language: Language) -> str:
    """Give a whole English sentence of a room below in a language; one that is in no catalogue as it is.

    Rooms speak English and know no reader: their errors go to programs and logs as well. What they filled in is found
    again by the places of the message, such as "There is no key {number}.", and filled into the translation.
    """
    words = catalogue(language)
    whole = words.pgettext(TOLD, text)
    if whole != text or len(text) > _LONGEST_MATCHED:
        return whole
    for pattern, names, message in _patterns(language):
        found = pattern.fullmatch(text)
        if found is not None:
            # What is filled in may be words of ours, too: the reason of a gap.
            filled = (translated(value, language) for value in found.groups())
            values = dict(zip(names, filled, strict=True))
            return message.format(**values)
    return text


TOLD = "told"
"""The context in which catalogues keep what rooms below say."""
_CONTEXT_ENDS = "\x04"


@cache
def _patterns(language: Language) -> Sequence[tuple[re.Pattern[str], tuple[str, ...], str]]:
    """Give messages with places, as patterns of what they become; those that say most in words go first."""
    # GNUTranslations keeps its messages by context and text, and has no door to them.
    kept: dict[str, str] = catalogue(language)._catalog  # type: ignore[attr-defined] # noqa: SLF001 - see above
    found = []
    for key, message in kept.items():
        context, _, text = key.partition(_CONTEXT_ENDS) if isinstance(key, str) else ("", "", "")
        if context == TOLD and _PLACE.search(text):
            parts = _PLACE.split(text)
            pattern = "".join(
                "(.*?)" if at % 2 else re.escape(part) for at, part in enumerate(parts)
            )
            found.append((re.compile(pattern, re.DOTALL), tuple(parts[1::2]), message))
    return sorted(found, key=lambda entry: -len(entry[0].pattern))
