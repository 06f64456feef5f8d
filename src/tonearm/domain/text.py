"""Names as people type them, and as they are compared."""

import re
import unicodedata

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_LONGEST_SHOWN = 64
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u2065\u2800\u3164\uffa0\ufff0-\ufff8\U0001d159\U00013441\U00013442\U000e0000-\U000e0fff]"
)
"""What has no ink, though its category is that of letters or signs: fillers, blank signs, what is to be ignored."""
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Mn", "Me", "Zl", "Zp", "Zs"})
"""Categories without ink of their own; of marks because they need a letter."""


def normalise(text: str | None) -> str:
    """Give the form in which two spellings of one name are equal; an absent name is empty."""
    if not text:
        return ""
    if text.isascii():
        return " ".join(text.lower().split())
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.split())


def fold(text: str | None) -> str:
    """Give the form in which a search finds a name: normalised, and without accents."""
    normal = normalise(text)
    if normal.isascii():
        return normal
    parts = unicodedata.normalize("NFKD", normal)
    return "".join(character for character in parts if not unicodedata.combining(character))


def clean(text: str | None) -> str | None:
    """Drop U+0000, replace lone surrogates, cut white space around; what is then empty is absent."""
    if text is None:
        return None
    if not text.isascii():
        text = _LONE_SURROGATE.sub("\ufffd", text)
    return text.replace("\0", "").strip() or None


def is_writable(text: str) -> bool:
    """Tell whether a text has a form in UTF-8: a lone surrogate, which JSON can carry, has none."""
    return text.isascii() or _LONE_SURROGATE.search(text) is None


def is_visible(text: str) -> bool:
    """Tell whether anything of a text can be seen: joiners, fillers, blank signs and spaces cannot."""
    return any(
        unicodedata.category(letter) not in _UNSEEN and not _BLANK.match(letter) for letter in text
    )


def quoted(value: object) -> str:
    """Give what somebody sent as messages repeat it: in quotes, at most 64 characters, those that can be printed."""
    shown = "".join(character for character in str(value) if character.isprintable())
    return f"'{shown[:_LONGEST_SHOWN]}'"
