"""Playlists: read, make, rename, add, reorder, replace, remove, and their pictures."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_plus

from tonearm.simulator.calls import Answer, ApiError, Call, Operation, page
from tonearm.simulator.fields import select
from tonearm.simulator.identifiers import split_uri
from tonearm.simulator.playlists import Entry, Playlist
from tonearm.simulator.world import Track

if TYPE_CHECKING:
    from tonearm.simulator.documents import Document

_MOST_ITEMS: Final = 100
_FIRST_ITEMS: Final = 50
_LARGEST_PICTURE: Final = 256 * 1024
_READ: Final = (("playlist-read-private",),)
_MODIFY: Final = (("playlist-modify-public", "playlist-modify-private"),)


def _find(call: Call) -> Playlist:
    found = call.simulator.playlists.get(call.entity_id("playlist_id"))
    seen = found is not None and (
        found.public is not False or found.owner == call.user.id or found.is_open_to(call.user.id)
    )
    if found is None or not seen:
        raise ApiError(404, "Resource not found")
    return found


def _find_own(call: Call, *, by_collaborators: bool) -> Playlist:
    """The playlist to write; raises ApiError 403 for somebody else's."""
    found = _find(call)
    own = found.owner == call.user.id
    if not (own or (by_collaborators and found.is_open_to(call.user.id))):
        raise ApiError(403, "You cannot change a playlist you don't own.")
    scope = "playlist-modify-private" if found.public is False else "playlist-modify-public"
    if scope not in call.grant.scopes:
        raise ApiError(403, "Insufficient client scope")
    return found


def _owner(call: Call, user_id: str) -> Document:
    user = call.simulator.users.get(user_id)
    name = user.display_name if user is not None else user_id
    return call.documents.base_of("user", user_id) | {"display_name": name}


def simple_playlist(call: Call, playlist: Playlist) -> Document:
    """A playlist as lists show it: how many entries, none of them; nothing of foreign ones' entries."""
    document = _base(call, playlist)
    if playlist.is_open_to(call.user.id):
        href = f"{call.documents.api}/playlists/{playlist.id}/items"
        document["items"] = {"href": href, "total": len(playlist.entries)}
    return document


def _base(call: Call, playlist: Playlist) -> Document:
    return call.documents.base_of("playlist", playlist.id) | {
        "collaborative": playlist.collaborative,
        "description": playlist.description,
        "images": _images(call, playlist),
        "name": playlist.name,
        "owner": _owner(call, playlist.owner),
        "public": playlist.public,
        "snapshot_id": playlist.snapshot_id,
    }


def _images(call: Call, playlist: Playlist) -> list[Document]:
    if playlist.picture is not None:
        return [call.documents.picture(playlist.picture)]
    return [call.documents.picture(playlist.id)] if playlist.entries else []


def _entry(call: Call, entry: Entry) -> Document:
    added_by = None
    if entry.added_by is not None:
        added_by = call.documents.base_of("user", entry.added_by)
    return {
        "added_at": None if entry.added_at is None else call.stated_seconds(entry.added_at),
        "added_by": added_by,
        "is_local": entry.uri.startswith("spotify:local:"),
        "item": _item(call, entry.uri),
    }


def _item(call: Call, uri: str) -> Document | None:
    """What an entry is about; None once it was withdrawn."""
    if uri.startswith("spotify:local:"):
        return _local(uri)
    kind, entity_id = split_uri(uri) or ("", "")
    found = call.simulator.world.find_playable(kind, entity_id)
    if isinstance(found, Track):
        return call.documents.track(found, market=call.has_market)
    return None if found is None else call.documents.part(found, call.heard_ms(found))


def _local(uri: str) -> Document:
    """A file of the listener's own: it has names and a length, and no ids."""
    artist, album, title, seconds = map(unquote_plus, uri.split(":")[2:])
    return {
        "album": None, "artists": [{"name": artist, "type": "artist"}], "disc_number": 0,
        "duration_ms": int(seconds) * 1000, "explicit": False, "external_ids": {},
        "external_urls": {}, "is_local": True, "name": title, "preview_url": None,
        "track_number": 0, "type": "track", "uri": uri,
    } | {"album": _local_album(album)}  # fmt: skip


def _local_album(name: str) -> Document:
    return {
        "album_type": "album", "artists": [], "external_urls": {}, "href": "", "id": "",
        "images": [], "name": name, "release_date": "", "release_date_precision": "year",
        "total_tracks": 0, "type": "album", "uri": "",
    }  # fmt: skip


def _get(call: Call) -> Answer:
    playlist = _find(call)
    document = _base(call, playlist) | {"followers": {"href": None, "total": 0}}
    if playlist.is_open_to(call.user.id):
        href = f"{call.documents.api}/playlists/{playlist.id}/items"
        rows, more = playlist.entries, len(playlist.entries) > _FIRST_ITEMS
        document["items"] = {
            "href": f"{href}?offset=0&limit={_FIRST_ITEMS}",
            "items": [_entry(call, entry) for entry in rows[:_FIRST_ITEMS]],
            "limit": _FIRST_ITEMS,
            "next": f"{href}?offset={_FIRST_ITEMS}&limit={_FIRST_ITEMS}" if more else None,
            "offset": 0,
            "previous": None,
            "total": len(rows),
        }
    return Answer(select(document, call.query.get("fields")))


def _items(call: Call) -> Answer:
    playlist = _find(call)
    if not playlist.is_open_to(call.user.id):
        raise ApiError(403, "Forbidden")
    document = page(call, playlist.entries, lambda entry: _entry(call, entry))
    return Answer(select(document, call.query.get("fields")))


def _own(call: Call) -> Answer:
    return Answer(page(call, call.user.playlists, lambda each: simple_playlist(call, each)))


def _create(call: Call) -> Answer:
    wish = call.json_object()
    name = wish.get("name")
    if not isinstance(name, str) or not name:
        raise ApiError(400, "Missing required field: name")
    playlist = Playlist(call.simulator.new_id(), call.user.id, name)
    _describe(playlist, {"public": True} | wish)
    scope = "playlist-modify-private" if playlist.public is False else "playlist-modify-public"
    if scope not in call.grant.scopes:
        raise ApiError(403, "Insufficient client scope")
    call.simulator.playlists[playlist.id] = playlist
    call.user.playlists.insert(0, playlist)
    call.user.save("playlist", playlist.uri, call.now)
    call.parts["playlist_id"] = playlist.id
    return Answer(_get(call).document, 201)


def _describe(playlist: Playlist, wish: dict[str, Any]) -> None:
    """Take over what a listener says of a playlist; raises ApiError and changes nothing if it is wrong."""
    kinds = {"name": str, "description": str, "public": bool, "collaborative": bool}
    told = {name: wish[name] for name in kinds if wish.get(name) is not None}
    for name, value in told.items():
        if not isinstance(value, kinds[name]):
            raise ApiError(400, f"Invalid {name}")
    public = told.get("public", playlist.public)
    if told.get("collaborative", playlist.collaborative) and public:
        raise ApiError(400, "Collaborative playlists can not be public")
    for name, value in told.items():
        setattr(playlist, name, value)


def _change(call: Call) -> Answer:
    _describe(_find_own(call, by_collaborators=False), call.json_object())
    return Answer()


def _playable_uris(call: Call, texts: object) -> list[str]:
    """URIs that may stand in a playlist; raises ApiError for anything else."""
    if not isinstance(texts, list):
        raise ApiError(400, "Invalid uris")
    found = call.uris(texts, _MOST_ITEMS)
    for kind, entity_id in found:
        if kind not in {"track", "episode"}:
            raise ApiError(400, f"Invalid track uri: spotify:{kind}:{entity_id}")
        if call.simulator.world.find_playable(kind, entity_id) is None:
            raise ApiError(404, "Resource not found")
    return [f"spotify:{kind}:{entity_id}" for kind, entity_id in found]


def _body_uris(call: Call, body: object) -> object:
    """URIs of the query, of the body, or the body itself if it is a list."""
    if "uris" in call.query:
        return call.query["uris"].split(",")
    return body.get("uris") if isinstance(body, dict) else body


def _add(call: Call) -> Answer:
    playlist, body = _find_own(call, by_collaborators=True), call.json()
    uris = _playable_uris(call, _body_uris(call, body))
    place = body.get("position") if isinstance(body, dict) else None
    if "position" in call.query:
        place = call.integer("position", 0, 0)
    if place is not None and (
        not isinstance(place, int) or not 0 <= place <= len(playlist.entries)
    ):
        raise ApiError(400, "Index out of bounds.")
    return _snapshot(playlist.insert(uris, place, now=call.now, by=call.user.id), 201)


def _snapshot(snapshot_id: str, status: int = 200) -> Answer:
    return Answer({"snapshot_id": snapshot_id}, status)


def _check_snapshot(playlist: Playlist, body: dict[str, Any]) -> None:
    told = body.get("snapshot_id")
    if told is not None and told not in playlist.snapshots:
        raise ApiError(400, "Invalid snapshot id")


def _replace_or_move(call: Call) -> Answer:
    playlist, body = _find_own(call, by_collaborators=True), call.json_object()
    if "range_start" not in body:
        texts = _body_uris(call, body)
        # An empty list empties the playlist.
        uris = _playable_uris(call, texts) if texts != [] else []
        return _snapshot(playlist.replace(uris, now=call.now, by=call.user.id))
    _check_snapshot(playlist, body)
    first, before, length = (
        _number(body, "range_start"), _number(body, "insert_before"), _number(body, "range_length", 1)
    )  # fmt: skip
    count = len(playlist.entries)
    if first + length > count or before > count or length < 1:
        raise ApiError(400, "Index out of bounds.")
    return _snapshot(playlist.move(first, before, length))


def _number(body: dict[str, Any], name: str, default: int | None = None) -> int:
    number = body.get(name, default)
    if not isinstance(number, int) or number < 0:
        raise ApiError(400, f"Invalid {name}")
    return number


def _remove(call: Call) -> Answer:
    playlist, body = _find_own(call, by_collaborators=True), call.json_object()
    _check_snapshot(playlist, body)
    items = body.get("items")
    if not isinstance(items, list) or not items or len(items) > _MOST_ITEMS:
        raise ApiError(400, "Invalid items")
    uris = {item.get("uri") if isinstance(item, dict) else None for item in items}
    if not all(isinstance(uri, str) for uri in uris):
        raise ApiError(400, "Invalid items")
    return _snapshot(playlist.remove({str(uri) for uri in uris}))


def _get_images(call: Call) -> Answer:
    return Answer(_images(call, _find(call)))


def _put_image(call: Call) -> Answer:
    playlist = _find_own(call, by_collaborators=False)
    if call.content_type != "image/jpeg" or len(call.body) > _LARGEST_PICTURE:
        raise ApiError(400, "A picture is a JPEG of up to 256 KB in Base64")
    try:
        picture = base64.b64decode(call.body, validate=True)
    except binascii.Error:
        picture = b""
    if not picture.startswith(b"\xff\xd8"):
        raise ApiError(400, "A picture is a JPEG of up to 256 KB in Base64")
    playlist.picture = call.simulator.new_id()
    return Answer(status=202)


OPERATIONS = (
    Operation("GET", "/me/playlists", "get-a-list-of-current-users-playlists", _own, _READ),
    Operation("POST", "/me/playlists", "create-playlist", _create, _MODIFY),
    Operation("GET", "/playlists/{playlist_id}", "get-playlist", _get),
    Operation("PUT", "/playlists/{playlist_id}", "change-playlist-details", _change, _MODIFY),
    Operation("GET", "/playlists/{playlist_id}/items", "get-playlists-items", _items, _READ),
    Operation("POST", "/playlists/{playlist_id}/items", "add-items-to-playlist", _add, _MODIFY),
    Operation(
        "PUT", "/playlists/{playlist_id}/items", "reorder-or-replace-playlists-items",
        _replace_or_move, _MODIFY,
    ),
    Operation("DELETE", "/playlists/{playlist_id}/items", "remove-items-playlist", _remove, _MODIFY),
    Operation("GET", "/playlists/{playlist_id}/images", "get-playlist-cover", _get_images),
    Operation(
        "PUT", "/playlists/{playlist_id}/images", "upload-custom-playlist-cover", _put_image,
        (("ugc-image-upload",), *_MODIFY),
    ),
)  # fmt: skip
