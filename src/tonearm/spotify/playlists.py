"""Playlists: read, make, describe, add, replace, move, remove, and their pictures.

What is in a playlist is shown, and may be changed, only to its owner and those who may add to it.
"""

from base64 import b64encode
from collections.abc import Sequence
from typing import Final

import msgspec

from tonearm.domain.errors import InvalidInputError, TooLargeError
from tonearm.spotify.asking import MOST_ON_A_PAGE, Ask, check_number
from tonearm.spotify.ids import check_uris
from tonearm.spotify.models import Entry, Image, Playlist
from tonearm.spotify.operation import Resource, Scope, operation
from tonearm.spotify.reading import Page

MOST_ENTRIES: Final = 100
LARGEST_PICTURE: Final = 256 * 1024
"""In bytes, written as Base64."""
_JPEG: Final = b"\xff\xd8\xff"
_PLAYABLE: Final = frozenset({"track", "episode"})
_MODIFY: Final = frozenset({Scope.MODIFY_PUBLIC_PLAYLISTS, Scope.MODIFY_PRIVATE_PLAYLISTS})
# Without it an episode looks like something that was withdrawn.
_KINDS: Final = {"additional_types": "track,episode"}


class _Snapshot(msgspec.Struct, frozen=True):
    snapshot_id: str = ""


class Playlists(Resource):
    """The listener's playlists, and others by id, URI or link.

    What changes entries gives the id of the playlist's new snapshot.
    """

    @operation(
        "get-a-list-of-current-users-playlists", "GET", "/me/playlists", Scope.READ_PLAYLISTS
    )
    def list_own(self, ask: Ask, *, limit: int = MOST_ON_A_PAGE, offset: int = 0) -> Page[Playlist]:
        """List the playlists that the listener owns or follows."""
        return ask.page(Playlist, limit, offset)

    @operation("get-playlist", "GET", "/playlists/{playlist_id}")
    def get(self, ask: Ask, playlist_id: str) -> Playlist:
        """Give a playlist, but for what is in it."""
        # Entries come from `list_entries`, and the first of them would make this answer a large one.
        fields = (
            "id,uri,name,description,public,collaborative,snapshot_id,owner,images,items(total)"
        )
        return ask.one(Playlist, playlist_id, query={"fields": fields})

    @operation("get-playlists-items", "GET", "/playlists/{playlist_id}/items", Scope.READ_PLAYLISTS)
    def list_entries(
        self, ask: Ask, playlist_id: str, *, limit: int = MOST_ON_A_PAGE, offset: int = 0
    ) -> Page[Entry]:
        """List what is in a playlist, in its order."""
        return ask.page(Entry, limit, offset, entity_id=playlist_id, query=_KINDS)

    @operation("create-playlist", "POST", "/me/playlists", _MODIFY)
    def create(
        self,
        ask: Ask,
        name: str,
        *,
        description: str = "",
        public: bool = False,
        collaborative: bool = False,
    ) -> Playlist:
        """Make an empty playlist; one that others may add to cannot be public."""
        if not name.strip():
            raise InvalidInputError("A playlist has a name.", parameter="name")
        _check_openness(public=public, collaborative=collaborative)
        scope = Scope.MODIFY_PUBLIC_PLAYLISTS if public else Scope.MODIFY_PRIVATE_PLAYLISTS
        self._caller.check_scope(frozenset({scope}))
        document = {
            "name": name,
            "description": description,
            "public": public,
            "collaborative": collaborative,
        }
        return ask.send(Playlist, document)

    @operation("change-playlist-details", "PUT", "/playlists/{playlist_id}", _MODIFY)
    def change(
        self,
        ask: Ask,
        playlist_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        public: bool | None = None,
        collaborative: bool | None = None,
    ) -> None:
        """Change what is given."""
        told = {
            "name": name,
            "description": description,
            "public": public,
            "collaborative": collaborative,
        }
        document = {field: value for field, value in told.items() if value is not None}
        if not document or (name is not None and not name.strip()):
            raise InvalidInputError("Say what is to be changed; a playlist has a name.")
        _check_openness(public=public, collaborative=collaborative)
        ask.do(playlist_id, document=document)

    @operation("add-items-to-playlist", "POST", "/playlists/{playlist_id}/items", _MODIFY)
    def add(
        self, ask: Ask, playlist_id: str, uris: Sequence[str], *, position: int | None = None
    ) -> str:
        """Add up to 100 tracks and episodes at a place, counted from 0, or at the end."""
        document: dict[str, object] = {"uris": check_uris(uris, _PLAYABLE, MOST_ENTRIES)}
        if position is not None:
            check_number("position", position, 0)
            document["position"] = position
        return ask.send(_Snapshot, document, playlist_id).snapshot_id

    @operation(
        "reorder-or-replace-playlists-items", "PUT", "/playlists/{playlist_id}/items", _MODIFY
    )
    def replace(self, ask: Ask, playlist_id: str, uris: Sequence[str]) -> str:
        """Put up to 100 tracks and episodes in the place of everything; none at all empties the playlist."""
        checked = check_uris(uris, _PLAYABLE, MOST_ENTRIES) if uris else []
        return ask.send(_Snapshot, {"uris": checked}, playlist_id).snapshot_id

    @operation(
        "reorder-or-replace-playlists-items",
        "PUT",
        "/playlists/{playlist_id}/items",
        _MODIFY,
        # What has been moved is somewhere else the second time.
        is_repeatable=False,
    )
    def move(
        self,
        ask: Ask,
        playlist_id: str,
        start: int,
        before: int,
        *,
        length: int = 1,
        snapshot_id: str | None = None,
    ) -> str:
        """Move entries before another one; places are counted from 0, in a snapshot if it is named."""
        check_number("start", start, 0)
        check_number("before", before, 0)
        check_number("length", length, 1)
        document: dict[str, object] = {
            "range_start": start,
            "insert_before": before,
            "range_length": length,
        }
        if snapshot_id is not None:
            document["snapshot_id"] = snapshot_id
        return ask.send(_Snapshot, document, playlist_id).snapshot_id

    @operation("remove-items-playlist", "DELETE", "/playlists/{playlist_id}/items", _MODIFY)
    def remove(
        self, ask: Ask, playlist_id: str, uris: Sequence[str], *, snapshot_id: str | None = None
    ) -> str:
        """Remove up to 100 things wherever they stand: every entry of each goes."""
        checked = check_uris(uris, _PLAYABLE, MOST_ENTRIES, local=True)
        document: dict[str, object] = {"items": [{"uri": uri} for uri in checked]}
        if snapshot_id is not None:
            document["snapshot_id"] = snapshot_id
        return ask.send(_Snapshot, document, playlist_id).snapshot_id

    @operation("get-playlist-cover", "GET", "/playlists/{playlist_id}/images")
    def list_images(self, ask: Ask, playlist_id: str) -> tuple[Image, ...]:
        """List the pictures of a playlist, the largest first."""
        return ask.one(tuple[Image, ...], playlist_id)

    @operation(
        "upload-custom-playlist-cover",
        "PUT",
        "/playlists/{playlist_id}/images",
        Scope.UPLOAD_IMAGES,
        _MODIFY,
    )
    def set_image(self, ask: Ask, playlist_id: str, jpeg: bytes) -> None:
        """Give a playlist a picture: a JPEG of up to 192 KiB."""
        if not jpeg.startswith(_JPEG):
            raise InvalidInputError("The picture of a playlist is a JPEG.")
        content = b64encode(jpeg)
        if len(content) > LARGEST_PICTURE:
            raise TooLargeError("Spotify takes pictures of up to 192 KiB. Make it smaller.")
        ask.do(playlist_id, content=content)


def _check_openness(*, public: bool | None, collaborative: bool | None) -> None:
    if public and collaborative:
        raise InvalidInputError("A playlist that others may add to cannot be public.")
