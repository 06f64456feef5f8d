"""The 48 operations that were withdrawn from development mode in 2024 and 2026; they answer 403."""

from __future__ import annotations

from typing import Final

_SAVED = ("albums", "audiobooks", "episodes", "shows", "tracks", "following")

WITHDRAWN: Final[tuple[tuple[str, str], ...]] = (
    ("GET", "/albums"),
    ("GET", "/artists"),
    ("GET", "/audiobooks"),
    ("GET", "/chapters"),
    ("GET", "/episodes"),
    ("GET", "/shows"),
    ("GET", "/tracks"),
    ("GET", "/artists/{id}/related-artists"),
    ("GET", "/artists/{id}/top-tracks"),
    ("GET", "/audio-analysis/{id}"),
    ("GET", "/audio-features"),
    ("GET", "/audio-features/{id}"),
    ("GET", "/recommendations"),
    ("GET", "/recommendations/available-genre-seeds"),
    ("GET", "/markets"),
    ("GET", "/browse/categories"),
    ("GET", "/browse/categories/{id}"),
    ("GET", "/browse/categories/{id}/playlists"),
    ("GET", "/browse/featured-playlists"),
    ("GET", "/browse/new-releases"),
    ("GET", "/users/{user_id}"),
    ("GET", "/users/{user_id}/playlists"),
    ("POST", "/users/{user_id}/playlists"),
    ("GET", "/playlists/{playlist_id}/followers/contains"),
    ("PUT", "/playlists/{playlist_id}/followers"),
    ("DELETE", "/playlists/{playlist_id}/followers"),
    ("GET", "/playlists/{playlist_id}/tracks"),
    ("POST", "/playlists/{playlist_id}/tracks"),
    ("PUT", "/playlists/{playlist_id}/tracks"),
    ("DELETE", "/playlists/{playlist_id}/tracks"),
    *(("PUT", f"/me/{kind}") for kind in _SAVED),
    *(("DELETE", f"/me/{kind}") for kind in _SAVED),
    *(("GET", f"/me/{kind}/contains") for kind in _SAVED),
)
