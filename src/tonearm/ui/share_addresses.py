"""The way from a page to the form that shares it."""

from collections.abc import Mapping
from urllib.parse import urlencode

from tonearm.history.shared import SharedView
from tonearm.ui.asking import Ask

_PAGES: Mapping[str, SharedView] = {
    "/": SharedView.OVERVIEW,
    "/patterns": SharedView.PATTERNS,
    "/top/artists": SharedView.TOP_ARTISTS,
    "/top/albums": SharedView.TOP_ALBUMS,
    "/top/tracks": SharedView.TOP_TRACKS,
    "/top/shows": SharedView.TOP_SHOWS,
}
_PAGES_OF_ONE: Mapping[str, SharedView] = {
    "years": SharedView.YEAR,
    "artists": SharedView.ARTIST,
    "albums": SharedView.ALBUM,
    "tracks": SharedView.TRACK,
}


def share_address(here: str, ask: Ask) -> str:
    """Give the address of the form that shares the page at a path, as it is asked."""
    place, _, number = here.removeprefix("/").partition("/")
    view = _PAGES.get(here) or _PAGES_OF_ONE[place]
    if view is SharedView.YEAR and "/" in number:
        view = SharedView.MONTH
    query = {"view": view.value, "range": ask.range, "kind": ask.kind, "rule": ask.rule}
    query |= {"by": ask.by} if ask.by != "plays" else {}
    query |= {"item": number} if view.item else {}
    return f"/account/shares/new?{urlencode(query, safe='.')}"
