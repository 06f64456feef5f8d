"""Tracks, albums and artists: one at a time."""

from __future__ import annotations

from tonearm.simulator.calls import Answer, ApiError, Call, Operation, page
from tonearm.simulator.world import Album, Artist, Track

_MOST_ALBUMS = 10
_GROUPS = frozenset(("album", "single", "appears_on", "compilation"))


def _track(call: Call) -> Answer:
    found = call.simulator.world.find("track", call.entity_id())
    if not isinstance(found, Track):
        raise ApiError(404, "Resource not found")
    return Answer(call.documents.track(found, market=call.has_market))


def _find_album(call: Call) -> Album:
    found = call.simulator.world.find("album", call.entity_id())
    if not isinstance(found, Album):
        raise ApiError(404, "Resource not found")
    return found


def _album(call: Call) -> Answer:
    return Answer(call.documents.album(_find_album(call), market=call.has_market))


def _album_tracks(call: Call) -> Answer:
    def render(track: Track) -> dict[str, object]:
        return call.documents.simple_track(track, market=call.has_market)

    return Answer(page(call, _find_album(call).tracks, render))


def _find_artist(call: Call) -> Artist:
    found = call.simulator.world.find("artist", call.entity_id())
    if not isinstance(found, Artist):
        raise ApiError(404, "Resource not found")
    return found


def _artist(call: Call) -> Answer:
    return Answer(call.documents.artist(_find_artist(call)))


def _artist_albums(call: Call) -> Answer:
    groups = set(call.query.get("include_groups", ",".join(sorted(_GROUPS))).split(","))
    if not groups <= _GROUPS:
        raise ApiError(400, "Invalid include_groups")
    albums = [album for album in _find_artist(call).albums if album.album_type in groups]
    return Answer(
        page(call, albums, call.documents.simple_album, default=5, most=_MOST_ALBUMS, least=0)
    )


OPERATIONS = (
    Operation("GET", "/tracks/{id}", "get-track", _track),
    Operation("GET", "/albums/{id}", "get-an-album", _album),
    Operation("GET", "/albums/{id}/tracks", "get-an-albums-tracks", _album_tracks),
    Operation("GET", "/artists/{id}", "get-an-artist", _artist),
    Operation("GET", "/artists/{id}/albums", "get-an-artists-albums", _artist_albums),
)
