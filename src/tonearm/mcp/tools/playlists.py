"""The listener's playlists at Spotify: list them, and read one."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta
from pydantic import Field

from tonearm.insights.records import Record
from tonearm.mcp.arguments import Arguments, Cursor
from tonearm.mcp.desk import Desk
from tonearm.mcp.outward import ask_spotify, web_page
from tonearm.mcp.paging import cursor_at, place_of
from tonearm.mcp.tool import Tool

if TYPE_CHECKING:
    from tonearm.spotify.models import Entry, Playable, Playlist
    from tonearm.spotify.reading import Page
    from tonearm.spotify.session import Session


class PlaylistArguments(Arguments):
    """Which playlists."""

    playlist: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    """Read this one: its id, URI or link. Without it, the own and followed ones are listed."""
    limit: Annotated[int, Field(ge=1, le=50, description="Most lines.")] = 20
    cursor: Cursor = None


class PlaylistLine(Record, frozen=True):
    """A playlist, but for what is in it."""

    id: Annotated[str, Meta(description="Its id at Spotify.")]
    uri: Annotated[str, Meta(description="Spotify URI.")]
    url: Annotated[str | None, Meta(description="Its page at Spotify.")]
    name: Annotated[str, Meta(description="What it is called.")]
    description: Annotated[str | None, Meta(description="What its owner says of it.")]
    owner: Annotated[str | None, Meta(description="Whose it is, as they are called at Spotify.")]
    public: Annotated[bool | None, Meta(description="Whether it stands on the owner's profile.")]
    collaborative: Annotated[bool, Meta(description="Whether others may add to it.")]
    entries: Annotated[
        int | None, Meta(description="How many entries it has; null where Spotify hides them.")
    ]


class PlaylistEntry(Record, frozen=True):
    """One entry of a playlist."""

    place: Annotated[int, Meta(description="Its place, from 1.")]
    kind: Annotated[
        str, Meta(description="`track`, `episode`, `local` (a file), or `gone` (withdrawn).")
    ]
    uri: Annotated[str | None, Meta(description="Spotify URI.")]
    name: Annotated[str | None, Meta(description="What it is called.")]
    artist: Annotated[str | None, Meta(description="Artists of a track, show of an episode.")]
    album: Annotated[str | None, Meta(description="Album of a track.")]
    ms_length: Annotated[int | None, Meta(description="How long it is, in milliseconds.")]
    added_at: Annotated[datetime | None, Meta(description="When it was added, if that is known.")]


class Playlists(Record, frozen=True):
    """Playlists, or one with its entries."""

    total: Annotated[int | None, Meta(description="Lines on all pages together.")]
    next_cursor: Annotated[
        str | None, Meta(description="The `cursor` of the lines after these; null at the end.")
    ]
    unreadable: Annotated[int, Meta(description="Lines left out, as Spotify garbled them.")]
    playlist: Annotated[
        PlaylistLine | None, Meta(description="The one that was read; null for the list.")
    ]
    playlists: Annotated[
        tuple[PlaylistLine, ...] | None, Meta(description="The list; null where one is read.")
    ]
    items: Annotated[
        tuple[PlaylistEntry, ...] | None, Meta(description="Entries of the one that was read.")
    ]


def _answer(desk: Desk, given: PlaylistArguments) -> Playlists:
    place = place_of(given.cursor)
    if given.playlist is None:
        own = ask_spotify(
            desk, lambda session: session.playlists.list_own(limit=given.limit, offset=place)
        )
        return Playlists(
            total=own.total,
            next_cursor=_next(own, place, given.limit),
            unreadable=own.unreadable,
            playlist=None,
            playlists=tuple(map(playlist_line, own.items)),
            items=None,
        )
    named, page = ask_spotify(
        desk, lambda session: _read(session, str(given.playlist), given.limit, place)
    )
    return Playlists(
        total=page.total,
        next_cursor=_next(page, place, given.limit),
        unreadable=page.unreadable,
        playlist=playlist_line(named),
        playlists=None,
        items=tuple(_entry(entry, place + number) for number, entry in enumerate(page.items, 1)),
    )


def _read(
    session: "Session", playlist: str, limit: int, place: int
) -> "tuple[Playlist, Page[Entry]]":
    page = session.playlists.list_entries(playlist, limit=limit, offset=place)
    return session.playlists.get(playlist), page


def _next(page: "Page[Playlist] | Page[Entry]", place: int, limit: int) -> str | None:
    return None if page.following is None else cursor_at(place + limit)


def playlist_line(playlist: "Playlist") -> PlaylistLine:
    """Give of a playlist what an assistant gets to know."""
    return PlaylistLine(
        id=playlist.id,
        uri=playlist.uri,
        url=web_page(playlist.uri),
        name=playlist.name,
        description=playlist.description or None,
        owner=playlist.owner.display_name or playlist.owner.id or None,
        public=playlist.public,
        collaborative=playlist.collaborative,
        entries=playlist.total,
    )


def _entry(entry: "Entry", place: int) -> PlaylistEntry:
    item = entry.item
    if item is None:
        return PlaylistEntry(place, "gone", None, None, None, None, None, entry.added_at)
    return PlaylistEntry(
        place=place,
        kind="local" if entry.is_local or item.is_local else item.type,
        uri=item.uri or None,
        name=item.name or None,
        artist=artists_of(item),
        album=None if item.album is None else item.album.name or None,
        ms_length=item.duration_ms,
        added_at=entry.added_at,
    )


def artists_of(item: "Playable") -> str | None:
    """Give of whom a track is, or of which show an episode."""
    if item.show is not None:
        return item.show.name or None
    return ", ".join(artist.name for artist in item.artists if artist.name) or None


TOOLS = (
    Tool(
        name="playlists",
        title="Playlists at Spotify",
        description=(
            "The listener's playlists, own and followed, or with `playlist` one of them with its entries in order. "
            "Spotify shows entries only of playlists that the listener owns or adds to. Asks Spotify, so it needs a "
            "linked account."
        ),
        arguments=PlaylistArguments,
        record=Playlists,
        answer=_answer,
        example={"limit": 5},
        is_outward=True,
    ),
)
