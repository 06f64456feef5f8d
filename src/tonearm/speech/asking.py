"""Which language a visitor asks for."""

from tonearm.domain.preferences import Language, Presentation
from tonearm.speech.spelling import week_start_of

_LONGEST = 1_000


def asked_tags(accept_language: str) -> list[str]:
    """Give the language tags of a header `Accept-Language`, those that are liked best first."""
    weighed: list[tuple[float, str]] = []
    for part in accept_language[:_LONGEST].split(","):
        tag, _, weight = part.partition(";")
        name, _, number = weight.strip().partition("=")
        try:
            liking = float(number) if name.strip() == "q" else 1.0
        except ValueError:
            continue
        if tag.strip() and liking > 0:
            weighed.append((liking, tag.strip()))
    return [tag for _, tag in sorted(weighed, key=lambda entry: -entry[0])]


def asked_language(accept_language: str) -> Language:
    """Give the first language of a header `Accept-Language` that there is; English where there is none of them."""
    for tag in asked_tags(accept_language):
        found = _language_of(tag)
        if found is not None:
            return found
    return Language.ENGLISH


def asked_presentation(accept_language: str) -> Presentation:
    """Give how a newcomer whose browser sends this is shown things: in its language, with the weeks of its place."""
    for tag in asked_tags(accept_language):
        found = _language_of(tag)
        if found is not None:
            return Presentation(language=found, week_start=week_start_of(tag))
    return Presentation()


def _language_of(tag: str) -> Language | None:
    primary = tag.partition("-")[0].lower()
    return next((language for language in Language if language.value == primary), None)
