"""What a listener has saved: lists of each kind, and saving, unsaving and asking by URI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tonearm.simulator.calls import Answer, ApiError, Call, Operation, page
from tonearm.simulator.identifiers import split_uri
from tonearm.simulator.world import Album, Artist, Entity, Part, Track, Work

if TYPE_CHECKING:
    from collections.abc import Callable

    from tonearm.simulator.documents import Document

_MOST_URIS: Final = 40
_READ: Final = (("user-library-read",),)
_WRITE_SCOPES: Final = {"artist": "user-follow-modify", "user": "user-follow-modify",
                        "playlist": "playlist-modify-public"}  # fmt: skip
_READ_SCOPES: Final = {"artist": "user-follow-read", "user": "user-follow-read",
                       "playlist": "playlist-read-private"}  # fmt: skip


def _list(kind: str) -> Callable[[Call], Answer]:
    def answer(call: Call) -> Answer:
        def render(row: tuple[Entity, int]) -> Document:
            entity, added_at = row
            return {"added_at": call.stated_seconds(added_at), kind: _render(call, entity)}

        return Answer(page(call, _rows(call, kind), render))

    return answer


def _rows(call: Call, kind: str) -> list[tuple[Entity, int]]:
    rows = []
    for uri, added_at in call.user.newest_saved(kind):
        entity = call.simulator.world.find(*(split_uri(uri) or ("", "")))
        if entity is not None:
            rows.append((entity, added_at))
    return rows


def _render(call: Call, entity: Entity) -> Document:
    documents = call.documents
    match entity:
        case Track():
            return documents.track(entity, market=call.has_market)
        case Album():
            return documents.album(entity, market=call.has_market)
        case Part():
            return documents.part(entity, call.heard_ms(entity))
        case Work():
            # Of shows the short form is listed, of audiobooks the whole.
            if entity.kind == "show":
                return documents.simple_work(entity)
            return documents.work(entity, heard=call.heard_ms)
        case Artist():
            return documents.artist(entity)


def _following(call: Call) -> Answer:
    if call.query.get("type") != "artist":
        raise ApiError(400, "Invalid type")
    limit, after = call.integer("limit", 20, 1, 50), call.query.get("after")
    rows = [entity for entity, _ in _rows(call, "artist")]
    places = {entity.id: place for place, entity in enumerate(rows)}
    first = places[after] + 1 if after in places else 0
    shown = rows[first : first + limit]
    last = shown[-1].id if shown and first + limit < len(rows) else None
    artists: dict[str, Any] = {
        "href": call.href(limit=limit),
        "items": [_render(call, entity) for entity in shown],
        "limit": limit,
        "next": call.href(after=last, limit=limit) if last else None,
        "cursors": {"after": last} if last else None,
        "total": len(rows),
    }
    return Answer({"artists": artists})


def _asked(call: Call, scopes: dict[str, str], usual: str) -> list[tuple[str, str]]:
    """Kinds and URIs of the query; raises ApiError also for what the token may not touch."""
    if call.body:
        raise ApiError(400, "uris are given in the query")
    found = call.uris([text for text in call.query.get("uris", "").split(",") if text], _MOST_URIS)
    # `spotify:show:` also names audiobooks.
    world, rows = call.simulator.world, []
    for kind, entity_id in found:
        is_book = kind == "show" and world.find("audiobook", entity_id) is not None
        real = "audiobook" if is_book else kind
        if real == "chapter":
            raise ApiError(400, f"Invalid uri: spotify:{kind}:{entity_id}")
        if scopes.get(real, usual) not in call.grant.scopes:
            raise ApiError(403, "Insufficient client scope")
        rows.append((real, f"spotify:{real}:{entity_id}"))
    return rows


def _save(call: Call) -> Answer:
    for kind, uri in _asked(call, _WRITE_SCOPES, "user-library-modify"):
        call.user.save(kind, uri, call.now)
        _follow(call, kind, uri)
    return Answer()


def _follow(call: Call, kind: str, uri: str) -> None:
    playlist = call.simulator.playlists.get(uri.rpartition(":")[2]) if kind == "playlist" else None
    if playlist is not None and playlist not in call.user.playlists:
        call.user.playlists.insert(0, playlist)


def _unsave(call: Call) -> Answer:
    for kind, uri in _asked(call, _WRITE_SCOPES, "user-library-modify"):
        call.user.unsave(kind, uri)
        if kind == "playlist":
            call.user.playlists[:] = [each for each in call.user.playlists if each.uri != uri]
    return Answer()


def _contains(call: Call) -> Answer:
    rows = _asked(call, _READ_SCOPES, "user-library-read")
    return Answer([uri in call.user.saved[kind] for kind, uri in rows])


OPERATIONS = (
    Operation("GET", "/me/tracks", "get-users-saved-tracks", _list("track"), _READ),
    Operation("GET", "/me/albums", "get-users-saved-albums", _list("album"), _READ),
    Operation("GET", "/me/episodes", "get-users-saved-episodes", _list("episode"), _READ),
    Operation("GET", "/me/shows", "get-users-saved-shows", _list("show"), _READ),
    Operation("GET", "/me/audiobooks", "get-users-saved-audiobooks", _list("audiobook"), _READ),
    Operation("GET", "/me/following", "get-followed", _following, (("user-follow-read",),)),
    Operation("PUT", "/me/library", "save-library-items", _save),
    Operation("DELETE", "/me/library", "remove-library-items", _unsave),
    Operation("GET", "/me/library/contains", "check-library-contains", _contains),
)
