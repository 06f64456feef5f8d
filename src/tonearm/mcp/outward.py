"""What tools ask of Spotify, and what is said where that comes to nothing: who can mend it, and on which page."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from tonearm.domain.errors import NotFoundError
from tonearm.mcp.desk import Desk
from tonearm.spotify.errors import Cause, RelinkNeededError, SpotifyRefusedError

if TYPE_CHECKING:
    from tonearm.spotify.session import Session

ACCOUNT = "/account#spotify"
PERMISSIONS = "/account/spotify/permissions"
_Found = TypeVar("_Found")
_OPEN = "https://open.spotify.com"


def ask_spotify(desk: Desk, question: "Callable[[Session], _Found]") -> _Found:
    """Ask Spotify in the caller's name.

    Raises:
        NotFoundError: there is no link; the message names the page that makes one.
        SpotifyError: there is no good answer; the message says what can be done, and where.
        InvalidInputError: Spotify could not use what was to be asked.
    """
    with saying_where(desk):
        return desk.services.live.ask(desk.caller.id, question)


@contextmanager
def saying_where(desk: Desk) -> Iterator[None]:
    """Add the page to what is refused for want of a link or of a permission."""
    try:
        yield
    except NotFoundError as error:
        raise NotFoundError(
            f"{error.message} The listener does that at {desk.page(ACCOUNT)}."
        ) from None
    except RelinkNeededError as error:
        raise RelinkNeededError(
            f"{error.message} The listener does that at {desk.page(ACCOUNT)}."
        ) from None
    except SpotifyRefusedError as error:
        if error.cause is not Cause.SCOPE:
            raise
        message = f"{error.message} The listener does that at {desk.page(PERMISSIONS)}."
        raise SpotifyRefusedError(message, error.cause) from None


def web_page(uri: str | None) -> str | None:
    """Give the page of something at Spotify; None for what has none, such as a file of the listener's own."""
    parts = (uri or "").split(":")
    is_shown = len(parts) == 3 and parts[0] == "spotify" and parts[1] not in {"local", "user"}  # noqa: PLR2004 - scheme, kind and id
    return f"{_OPEN}/{parts[1]}/{parts[2]}" if is_shown else None
