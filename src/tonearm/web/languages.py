"""In which language a person is answered: the one they prefer, or that of their browser where nobody knows them."""

from starlette.requests import Request

from tonearm.domain.preferences import Language
from tonearm.speech import speak
from tonearm.speech.asking import asked_language
from tonearm.web.callers import browsing, known_user


def language_of(request: Request) -> Language:
    """Give the language of whoever asks, as far as it is known by now who that is."""
    user = known_user(request)
    return asked_language(wished_languages(request)) if user is None else user.presentation.language


def wished_languages(request: Request) -> str:
    """Give what the browser says of the languages of its person: the header `Accept-Language`."""
    return request.headers.get("accept-language", "")


async def speak_to(request: Request) -> None:
    """Speak the language of whoever asks for a page, from here on: a dependency of every page, and of nothing else."""
    await browsing(request)
    speak(language_of(request))
