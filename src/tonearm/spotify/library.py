"""What the listener has saved and follows: lists of each kind, and saving, unsaving and asking by URI."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from tonearm.spotify.asking import MOST_ON_A_PAGE, Ask, check_number, page_of
from tonearm.spotify.ids import check_uris, kind_of
from tonearm.spotify.models import (
    Artist,
    SavedAlbum,
    SavedAudiobook,
    SavedEpisode,
    SavedShow,
    SavedTrack,
)
from tonearm.spotify.operation import Resource, Scope, operation
from tonearm.spotify.reading import UNREADABLE, Page, not_understood, read_envelope

MOST_URIS: Final = 40
_SAVED: Final = ("track", "album", "episode", "show", "audiobook")
_FOLLOWED: Final = ("artist", "user")
_READ: Final[Mapping[str, Scope]] = {
    **dict.fromkeys(_SAVED, Scope.READ_LIBRARY),
    **dict.fromkeys(_FOLLOWED, Scope.READ_FOLLOWS),
    "playlist": Scope.READ_PLAYLISTS,
}
_MODIFY: Final[Mapping[str, Scope]] = {
    **dict.fromkeys(_SAVED, Scope.MODIFY_LIBRARY),
    **dict.fromkeys(_FOLLOWED, Scope.MODIFY_FOLLOWS),
    "playlist": Scope.MODIFY_PUBLIC_PLAYLISTS,
}


class _Followed(msgspec.Struct, frozen=True):
    artists: msgspec.Raw


def _read_followed(body: bytes) -> msgspec.Raw:
    # Read as it stands: the items within are read one by one.
    try:
        return msgspec.json.decode(body, type=_Followed).artists
    except UNREADABLE:
        raise not_understood() from None


class Library(Resource):
    """The listener's library; the newest of each kind comes first."""

    @operation("get-users-saved-tracks", "GET", "/me/tracks", Scope.READ_LIBRARY)
    def tracks(self, ask: Ask, *, limit: int = MOST_ON_A_PAGE, offset: int = 0) -> Page[SavedTrack]:
        """List the liked tracks."""
        return ask.page(SavedTrack, limit, offset)

    @operation("get-users-saved-albums", "GET", "/me/albums", Scope.READ_LIBRARY)
    def albums(self, ask: Ask, *, limit: int = MOST_ON_A_PAGE, offset: int = 0) -> Page[SavedAlbum]:
        """List the saved albums."""
        return ask.page(SavedAlbum, limit, offset)

    @operation(
        "get-users-saved-episodes",
        "GET",
        "/me/episodes",
        Scope.READ_LIBRARY,
        uses=frozenset({Scope.READ_POSITION}),
    )
    def episodes(
        self, ask: Ask, *, limit: int = MOST_ON_A_PAGE, offset: int = 0
    ) -> Page[SavedEpisode]:
        """List the saved episodes."""
        return ask.page(SavedEpisode, limit, offset)

    @operation("get-users-saved-shows", "GET", "/me/shows", Scope.READ_LIBRARY)
    def shows(self, ask: Ask, *, limit: int = MOST_ON_A_PAGE, offset: int = 0) -> Page[SavedShow]:
        """List the podcasts that are followed."""
        return ask.page(SavedShow, limit, offset)

    @operation("get-users-saved-audiobooks", "GET", "/me/audiobooks", Scope.READ_LIBRARY)
    def audiobooks(
        self, ask: Ask, *, limit: int = MOST_ON_A_PAGE, offset: int = 0
    ) -> Page[SavedAudiobook]:
        """List the saved audiobooks."""
        return ask.page(SavedAudiobook, limit, offset)

    @operation("get-followed", "GET", "/me/following", Scope.READ_FOLLOWS)
    def followed_artists(
        self, ask: Ask, *, limit: int = MOST_ON_A_PAGE, after: str | None = None
    ) -> Page[Artist]:
        """List the artists that are followed, those behind the artist with the id `after` if it is given."""
        check_number("limit", limit, 1, MOST_ON_A_PAGE)
        body = ask.body(query={"type": "artist", "limit": limit, "after": after})
        artists = _read_followed(body)
        cursors = read_envelope(artists).cursors
        last = cursors.after if cursors is not None else None
        # The same place again would be a circle.
        has_more = last is not None and last != after
        return page_of(
            Artist,
            artists,
            (lambda: self.followed_artists(limit=limit, after=last)) if has_more else None,
        )

    @operation("save-library-items", "PUT", "/me/library", frozenset(_MODIFY.values()))
    def save(self, ask: Ask, uris: Sequence[str]) -> None:
        """Save or follow up to 40 things; what is saved already stays so."""
        ask.do(query={"uris": self._checked(uris, _MODIFY)})

    @operation("remove-library-items", "DELETE", "/me/library", frozenset(_MODIFY.values()))
    def unsave(self, ask: Ask, uris: Sequence[str]) -> None:
        """Unsave or unfollow up to 40 things; what is not saved stays so."""
        ask.do(query={"uris": self._checked(uris, _MODIFY)})

    @operation("check-library-contains", "GET", "/me/library/contains", frozenset(_READ.values()))
    def contains(self, ask: Ask, uris: Sequence[str]) -> tuple[bool, ...]:
        """Say of up to 40 things, in their order, whether they are saved or followed."""
        return ask.one(tuple[bool, ...], query={"uris": self._checked(uris, _READ)})

    def _checked(self, uris: Sequence[str], scopes: Mapping[str, Scope]) -> str:
        """Write URIs as they stand in the query; what they are decides which scopes are needed."""
        checked = check_uris(uris, scopes, MOST_URIS)
        for scope in {scopes[kind_of(uri, scopes)] for uri in checked}:
            self._caller.check_scope(frozenset({scope}))
        return ",".join(checked)
