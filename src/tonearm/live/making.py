"""Making a playlist at Spotify from a list, once for each key, and telling what truly is in it.

What was done is kept after every step, under the caller's number and the key, for as long as answers to requests with
an idempotency key are. The same wish under the same key goes on where an attempt before was interrupted, or gives
what it came to.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import msgspec

from tonearm.accounts.digest import digest
from tonearm.domain.errors import ConflictError, InvalidInputError
from tonearm.live.live import Live
from tonearm.spotify.errors import (
    Cause,
    SpotifyError,
    SpotifyInvalidError,
    SpotifyNotFoundError,
    SpotifyRefusedError,
)
from tonearm.spotify.messages import FaultError
from tonearm.storage.kept_answers import KeptAnswer, KeptAnswers

if TYPE_CHECKING:
    from tonearm.spotify.models import Playlist
    from tonearm.spotify.session import Session

_MOST_AT_ONCE: Final = 100
MOST_REFUSED: Final = 20
"""So many entries that Spotify refuses end the search for good ones: each costs calls of the day's budget."""
_DONE: Final = 201


@dataclass(frozen=True, slots=True)
class Wish:
    """A playlist that somebody wants."""

    name: str
    description: str
    public: bool
    uris: tuple[str, ...]
    """Of tracks and episodes, in their order; the same may come twice."""

    @property
    def digest(self) -> str:
        """What tells this wish from others."""
        told = (self.name, self.description, self.public, self.uris)
        return sha256(msgspec.json.encode(told)).hexdigest()


class Refused(msgspec.Struct, frozen=True):
    """Something that Spotify does not put in a playlist."""

    uri: str
    reason: str


class Made(msgspec.Struct):
    """What became of a wish so far."""

    id: str
    """Of the playlist at Spotify."""
    added: list[str] = []
    """What Spotify has taken, in the order of the wish."""
    refused: list[Refused] = []
    asked: int = 0
    """Of so many entries it is not known yet whether Spotify has taken them: an attempt ended while it was asked."""
    is_whole: bool = False
    """Whether every entry is added or refused."""
    problem: str | None = None
    """What is in the way of the rest."""

    @property
    def settled(self) -> int:
        """Of how many entries, from the first on, it is known what became of them."""
        return len(self.added) + len(self.refused)


class PlaylistMaking:
    """Makes playlists for listeners who wait for it."""

    def __init__(self, live: Live, kept: KeptAnswers) -> None:
        self._live = live
        self._kept = kept

    def make(self, user_id: int, wish: Wish, key: str) -> tuple[Made, bool]:
        """Make a playlist, or go on making it; gives what became of it, and whether nothing was left to do.

        What Spotify refuses of a wish is told in what is given, and so is what stops it half-way.

        Raises:
            InvalidInputError: the key was used for another wish.
            ConflictError: this is being made right now, or it is not known whether it was made.
            NotFoundError: there is no link.
            SpotifyError: nothing was made; which one says what can be done.
        """
        place = digest(f"playlist {key}")
        with self._alone(user_id, digest(f"playlist at work {key}")):
            is_first = self._kept.claim(user_id, place)
            answer = None if is_first else self._kept.find(user_id, place)
            if answer is not None and answer.request_hash != wish.digest:
                raise InvalidInputError(
                    "This `key` was used for another playlist within the last 24 hours. Use a new one for each.",
                    parameter="key",
                )
            if answer is None:
                made = Made(self._create(user_id, wish, place, is_first=is_first).id)
                self._keep(user_id, place, wish, made)
            else:
                made = msgspec.json.decode(answer.body or b"{}", type=Made)
            was_whole = made.is_whole
            if not was_whole:
                self._fill(user_id, place, wish, made)
        return made, was_whole

    @contextmanager
    def _alone(self, user_id: int, work: str) -> Iterator[None]:
        """Let nobody else make the same at the same time."""
        if not self._kept.claim(user_id, work):
            raise ConflictError(
                "This playlist is being made right now. Wait a moment, then ask again: nothing is done twice."
            )
        try:
            yield
        finally:
            self._kept.release(user_id, work)

    def _create(self, user_id: int, wish: Wish, place: str, *, is_first: bool) -> "Playlist":
        """Make the empty playlist, or find the one that an attempt before has made without hearing of it."""
        found = None if is_first else self._find(user_id, wish)
        if found is not None:
            return found

        def create(session: "Session") -> "Playlist":
            return session.playlists.create(
                wish.name, description=wish.description, public=wish.public
            )

        try:
            return self._live.ask(user_id, create)
        except FaultError as fault:
            if not fault.may_be_done:
                self._kept.release(user_id, place)
            raise
        except Exception:
            self._kept.release(user_id, place)
            raise

    def _find(self, user_id: int, wish: Wish) -> "Playlist | None":
        try:
            newest = self._live.ask(user_id, lambda session: session.playlists.list_own()).items
        except SpotifyRefusedError as error:
            if error.cause is not Cause.SCOPE:
                raise
            raise ConflictError(
                "Whether an attempt before has made this playlist is not known, and the link does not allow to look. "
                "Look in Spotify; if it is not there, ask again with another `key`."
            ) from None
        return next((one for one in newest if one.name == wish.name and one.total == 0), None)

    def _fill(self, user_id: int, place: str, wish: Wish, made: Made) -> None:
        made.problem = None
        size = _MOST_AT_ONCE
        try:
            while made.settled < len(wish.uris):
                if len(made.refused) >= MOST_REFUSED:
                    left = wish.uris[made.settled :]
                    reason = "not tried: Spotify refused too many before it"
                    made.refused += [Refused(uri, reason) for uri in left]
                elif made.asked:
                    self._settle(user_id, wish, made)
                else:
                    size = self._add(user_id, place, wish, made, size)
        except SpotifyError as error:
            if not (isinstance(error, FaultError) and error.may_be_done):
                made.asked = 0
            made.problem = error.message
        made.is_whole = made.settled == len(wish.uris)
        self._keep(user_id, place, wish, made)

    def _add(self, user_id: int, place: str, wish: Wish, made: Made, size: int) -> int:
        """Have the next entries added, and give how many to try after them: one that is refused spoils its batch."""
        batch = wish.uris[made.settled : made.settled + size]
        made.asked = len(batch)
        self._keep(user_id, place, wish, made)
        try:
            self._live.ask(user_id, lambda session: session.playlists.add(made.id, batch))
        except (SpotifyInvalidError, SpotifyNotFoundError):
            made.asked = 0
            if len(batch) > 1:
                return len(batch) // 2
            reason = "Spotify has nothing there, or not for this listener"
            made.refused.append(Refused(batch[0], reason))
            return size
        made.added += batch
        made.asked = 0
        return min(2 * size, _MOST_AT_ONCE)

    def _settle(self, user_id: int, wish: Wish, made: Made) -> None:
        """Find out whether Spotify has taken what it was asked to take when an attempt before ended."""
        total = self._live.ask(user_id, lambda session: session.playlists.get(made.id)).total
        # A batch is taken whole or not at all.
        if total is not None and total > len(made.added):
            made.added += wish.uris[made.settled : made.settled + made.asked]
        made.asked = 0

    def _keep(self, user_id: int, place: str, wish: Wish, made: Made) -> None:
        self._kept.keep(
            user_id, place, KeptAnswer(wish.digest, _DONE, {}, msgspec.json.encode(made))
        )
