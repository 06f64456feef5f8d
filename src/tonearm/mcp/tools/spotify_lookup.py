"""Ask Spotify's own catalogue: search it, read one thing of it, or hear whom it takes for the listener's favourites."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta
from pydantic import Field

from tonearm.domain.errors import InvalidInputError
from tonearm.insights.records import Record
from tonearm.mcp.arguments import Arguments, Cursor
from tonearm.mcp.desk import Desk
from tonearm.mcp.outward import ask_spotify, web_page
from tonearm.mcp.paging import cursor_at, place_of
from tonearm.mcp.tool import Tool
from tonearm.spotify.ids import read_named
from tonearm.spotify.search import MOST_FOUND
from tonearm.spotify.search import Kind as SearchKind
from tonearm.spotify.top import Span

if TYPE_CHECKING:
    from tonearm.spotify.reading import Page
    from tonearm.spotify.session import Session

Kind = Literal["track", "album", "artist", "playlist", "show", "episode", "audiobook"]
_MOST_PARTS = 50
_SPANS: Mapping[str, Span] = {
    "4_weeks": Span.FOUR_WEEKS,
    "6_months": Span.HALF_A_YEAR,
    "1_year": Span.A_YEAR,
}


class LookupArguments(Arguments):
    """What to look up; exactly one of query, item and top."""

    query: Annotated[str | None, Field(min_length=1, max_length=300)] = None
    """Words to search for; filters such as `artist:`, `album:`, `year:` and `isrc:` work."""
    item: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    """One thing: its URI or link, or its id together with `kind`."""
    top: Literal["artists", "tracks"] | None = None
    """Whom Spotify takes for the listener's favourites, by its own reckoning; the tool `top` counts the plays."""
    kind: Kind | None = None
    """Of what kind it is; tracks unless said."""
    span: Literal["4_weeks", "6_months", "1_year"] = "6_months"
    """Over which time, of favourites."""
    limit: Annotated[
        int, Field(ge=1, le=50, description="Most lines; a search gives 10 at most.")
    ] = 10
    cursor: Cursor = None


class SpotifyItem(Record, frozen=True):
    """Something of Spotify's catalogue."""

    kind: Annotated[str, Meta(description="What it is, such as `track`.")]
    id: Annotated[str | None, Meta(description="Its id at Spotify.")]
    uri: Annotated[str | None, Meta(description="Spotify URI.")]
    url: Annotated[str | None, Meta(description="Its page at Spotify.")]
    name: Annotated[str, Meta(description="What it is called.")]
    artist: Annotated[
        str | None, Meta(description="Artists, show, authors or owner, as the kind has it.")
    ]
    album: Annotated[str | None, Meta(description="Album of a track.")]
    released: Annotated[str | None, Meta(description="A year, month or day.")]
    ms_length: Annotated[int | None, Meta(description="How long it is, in milliseconds.")]
    parts: Annotated[
        int | None, Meta(description="Tracks, episodes, chapters or entries that it has.")
    ]
    explicit: Annotated[bool | None, Meta(description="Whether its words are marked explicit.")]
    isrc: Annotated[str | None, Meta(description="What the world calls the recording.")]
    description: Annotated[str | None, Meta(description="What it says of itself.")]


class SpotifyAnswer(Record, frozen=True):
    """What Spotify tells."""

    total: Annotated[int | None, Meta(description="Lines on all pages, as Spotify estimates.")]
    next_cursor: Annotated[
        str | None, Meta(description="The `cursor` of the lines after these; null at the end.")
    ]
    unreadable: Annotated[int, Meta(description="Lines left out, as Spotify garbled them.")]
    item: Annotated[SpotifyItem | None, Meta(description="The one thing that was asked for.")]
    items: Annotated[
        tuple[SpotifyItem, ...],
        Meta(description="What was found, or the first tracks, episodes or chapters of `item`."),
    ]


def _answer(desk: Desk, given: LookupArguments) -> SpotifyAnswer:
    asked = [one for one in (given.query, given.item, given.top) if one is not None]
    if len(asked) != 1:
        raise InvalidInputError("spotify_lookup needs exactly one of query, item and top.")
    place = place_of(given.cursor)
    if given.item is not None:
        kind, text = read_named(given.item, given.kind or "track")
        found = ask_spotify(desk, lambda session: _GETS[kind](session, text))
        parts = tuple(_item(one) for one in _parts(found))[:_MOST_PARTS]
        return SpotifyAnswer(None, None, 0, _item(found), parts)
    if given.query is not None:
        kind, query = given.kind or "track", given.query
        most = min(given.limit, MOST_FOUND)
        page = ask_spotify(desk, lambda session: _search(session, query, kind, most, place))
    else:
        most = given.limit
        page = ask_spotify(desk, lambda session: _favourites(session, given, place))
    return SpotifyAnswer(
        total=page.total,
        next_cursor=None if page.following is None else cursor_at(place + most),
        unreadable=page.unreadable,
        item=None,
        items=tuple(map(_item, page.items)),
    )


def _search(session: "Session", query: str, kind: str, limit: int, place: int) -> "Page[Any]":
    found = session.search.find(query, [SearchKind(kind)], limit=limit, offset=place)
    page: Page[Any] = getattr(found, f"{kind}s")
    return page


def _favourites(session: "Session", given: LookupArguments, place: int) -> "Page[Any]":
    span = _SPANS[given.span]
    if given.top == "artists":
        return session.top.artists(span, limit=given.limit, offset=place)
    return session.top.tracks(span, limit=given.limit, offset=place)


_GETS: Mapping[str, "Callable[[Session, str], Any]"] = {
    "track": lambda session, text: session.catalogue.track(text),
    "album": lambda session, text: session.catalogue.album(text),
    "artist": lambda session, text: session.catalogue.artist(text),
    "playlist": lambda session, text: session.playlists.get(text),
    "show": lambda session, text: session.catalogue.show(text),
    "episode": lambda session, text: session.catalogue.episode(text),
    "audiobook": lambda session, text: session.catalogue.audiobook(text),
    "chapter": lambda session, text: session.catalogue.chapter(text),
}


def _parts(found: Any) -> Iterator[Any]:  # noqa: ANN401 - any model of Spotify's
    for name in ("tracks", "episodes", "chapters"):
        yield from getattr(getattr(found, name, None), "items", None) or ()


def _item(found: Any) -> SpotifyItem:  # noqa: ANN401 - any model of Spotify's
    """Tell of any kind of thing what it has of what there is to tell."""
    kind = found.uri.split(":")[1] if found.uri.count(":") > 1 else "unknown"
    album, ids = getattr(found, "album", None), getattr(found, "external_ids", None)
    return SpotifyItem(
        kind=kind,
        id=found.id,
        uri=found.uri or None,
        url=web_page(found.uri),
        name=found.name,
        artist=_by(found),
        album=getattr(album, "name", None) or None,
        released=getattr(found, "release_date", None) or getattr(album, "release_date", None),
        ms_length=getattr(found, "duration_ms", None),
        parts=_count(found),
        explicit=getattr(found, "explicit", None),
        isrc=getattr(ids, "isrc", None),
        description=getattr(found, "description", None) or None,
    )


def _by(found: Any) -> str | None:  # noqa: ANN401 - any model of Spotify's
    show, owner = getattr(found, "show", None), getattr(found, "owner", None)
    if show is not None:
        return show.name or None
    if owner is not None:
        return owner.display_name or None
    people = getattr(found, "artists", ()) or getattr(found, "authors", ())
    return ", ".join(one.name for one in people if one.name) or None


def _count(found: Any) -> int | None:  # noqa: ANN401 - any model of Spotify's
    for name in ("total_tracks", "total_episodes", "total_chapters", "total"):
        count: int | None = getattr(found, name, None)
        if count is not None:
            return count
    return None


TOOLS = (
    Tool(
        name="spotify_lookup",
        title="Look something up at Spotify",
        description=(
            "Search Spotify's catalogue (query), read one track, album, artist, show, episode or playlist by URI or "
            "link (item), or see whom Spotify itself takes for the listener's favourites (top). For what was heard, "
            "use search, item and top. Needs a linked account."
        ),
        arguments=LookupArguments,
        record=SpotifyAnswer,
        answer=_answer,
        example={"query": "love", "limit": 3},
        is_outward=True,
        aliases={
            "spotify.search": {"item": None, "top": None},
            "spotify.get_top": {"query": None, "item": None, "top": "tracks"},
        },
    ),
)
