"""Questions to Spotify through a listener's link."""

from typing import TYPE_CHECKING, TypeVar

from tonearm.accounts.links import Links
from tonearm.spotify.client import Spotify

if TYPE_CHECKING:
    from collections.abc import Callable

    from tonearm.spotify.session import Session

_Found = TypeVar("_Found")


class Live:
    """Asks Spotify for listeners who wait for it; never from inside a transaction."""

    def __init__(self, links: Links, spotify: Spotify) -> None:
        self._links = links
        self._spotify = spotify

    def ask(self, user_id: int, question: "Callable[[Session], _Found]") -> _Found:
        """Ask something through somebody's link; what polls need of the budget is left to them.

        Raises:
            NotFoundError: there is no link.
            RelinkNeededError: it has to be made again.
            SpotifyError: there is no good answer; which one says what can be done.
            InvalidInputError: Spotify could not use what was to be asked.
        """
        link = self._links.get(user_id)
        return question(self._spotify.for_link(self._links.lend(user_id, link.id)))
