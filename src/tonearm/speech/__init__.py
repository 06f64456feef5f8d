"""What people read, in their language: words out of catalogues, numbers and dates as their place writes them.

Code says a sentence in English, `gettext("Nothing here.")`, and gives it in the language that is spoken just now. That
one is set at the edge, where it is known who reads: by a page for its request, by a message for its reader. It goes
along in a context variable: every chart, sentence, macro and format of a page needs it, and to hand it to each of them
would be a parameter of some two hundred functions which all pass it on unread. Nothing else may set it, so that REST,
command line, assistants and logs speak English.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

from tonearm.domain.preferences import Language
from tonearm.speech.catalogues import catalogue, translated

__all__ = [
    "NN_",
    "N_",
    "from_below",
    "gettext",
    "ngettext",
    "npgettext",
    "pgettext",
    "remembered",
    "speak",
    "speaking",
    "spoken",
]

_P = ParamSpec("_P")
_T = TypeVar("_T")
_spoken: ContextVar[Language] = ContextVar("spoken", default=Language.ENGLISH)


def spoken() -> Language:
    """Give the language that is spoken just now."""
    return _spoken.get()


def speak(language: Language) -> None:
    """Speak a language from here on, in whatever this task and what it starts says."""
    _spoken.set(language)


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Speak a language for a while."""
    before = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(before)


def gettext(message: str) -> str:
    """Give a message in the language that is spoken."""
    language = _spoken.get()
    return message if language is Language.ENGLISH else catalogue(language).gettext(message)


def ngettext(one: str, many: str, number: float) -> str:
    """Give a message about a number of things; languages differ in how many forms they have."""
    language = _spoken.get()
    if language is Language.ENGLISH:
        return one if number == 1 else many
    return catalogue(language).ngettext(one, many, round(number))


def pgettext(context: str, message: str) -> str:
    """Give a message that means different things in different places; the context says which one is meant."""
    language = _spoken.get()
    if language is Language.ENGLISH:
        return message
    return catalogue(language).pgettext(context, message)


def npgettext(context: str, one: str, many: str, number: float) -> str:
    """Give a message about a number of things, as it stands in a context."""
    language = _spoken.get()
    if language is Language.ENGLISH:
        return one if number == 1 else many
    return catalogue(language).npgettext(context, one, many, round(number))


def from_below(text: str) -> str:
    """Give a sentence that a room below has said in English, such as an error, to the person who reads it."""
    language = _spoken.get()
    return text if language is Language.ENGLISH else translated(text, language)


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for it
    """Mark a message of a table for the catalogues; whoever shows it translates it."""
    return message


def NN_(one: str, many: str, *_cases: str) -> tuple[str, str]:  # noqa: N802 - beside N_
    """Mark a noun of a table for the catalogues, alone and in each context that it is said in behind a number."""
    return one, many


def remembered(maxsize: int) -> Callable[[Callable[_P, _T]], Callable[_P, _T]]:
    """Let a function remember what it has given, each language apart: `lru_cache` for what says something."""

    def remember(function: Callable[_P, _T]) -> Callable[_P, _T]:
        by_language: Callable[..., _T] = lru_cache(maxsize)(
            lambda _language, *args, **kwargs: function(*args, **kwargs)
        )

        @wraps(function)
        def call(*args: _P.args, **kwargs: _P.kwargs) -> _T:
            return by_language(_spoken.get(), *args, **kwargs)

        return call

    return remember
