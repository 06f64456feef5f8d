"""Make a playlist at Spotify from a list of tracks."""

from typing import Annotated

from msgspec import Meta
from pydantic import Field

from tonearm.domain.errors import InvalidInputError
from tonearm.domain.text import quoted
from tonearm.domain.vocabulary import Scope
from tonearm.insights.records import Record
from tonearm.live.making import Made, Wish
from tonearm.mcp.arguments import Arguments
from tonearm.mcp.desk import Desk
from tonearm.mcp.outward import saying_where, web_page
from tonearm.mcp.tool import Tool
from tonearm.spotify.ids import read_id

_KINDS = ("track", "episode")
_LARGEST = 9
_WORDS = 300
_WAITING = "not asked for yet"
_UNTOLD = "Spotify has not said whether it took it"


class CreateArguments(Arguments):
    """Which playlist."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    """What it is to be called."""
    tracks: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=200)]],
        Field(min_length=1, max_length=200),
    ]
    """Tracks or episodes in their order: Spotify URIs or links, or numbers that tools such as top and plays give."""
    description: Annotated[str, Field(max_length=_WORDS)] = ""
    """What it is about."""
    public: bool = False
    """Whether it stands on the listener's profile."""
    key: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    """A word of yours for this playlist; the same word within 24 hours goes on with it and makes no second one. Else
    the same list does."""


class NotAdded(Record, frozen=True):
    """Something that is not in the playlist."""

    track: Annotated[str, Meta(description="As it was given.")]
    reason: Annotated[str, Meta(description="Why not.")]


class CreatedPlaylist(Record, frozen=True):
    """What truly became of a playlist."""

    id: Annotated[str, Meta(description="Its id at Spotify.")]
    uri: Annotated[str, Meta(description="Spotify URI.")]
    url: Annotated[str | None, Meta(description="Its page at Spotify.")]
    added: Annotated[int, Meta(description="Entries that Spotify has taken.")]
    not_added: Annotated[
        tuple[NotAdded, ...], Meta(description="What was asked for and is not in it.")
    ]
    complete: Annotated[
        bool, Meta(description="False where something stopped it half-way: ask again to go on.")
    ]
    made_before: Annotated[
        bool,
        Meta(description="Whether an earlier call had made all of it, so that this did nothing."),
    ]
    problem: Annotated[str | None, Meta(description="What is in the way of the rest.")]
    words: Annotated[str, Meta(description="The same in a sentence.")]


def _answer(desk: Desk, given: CreateArguments) -> CreatedPlaylist:
    name, description = (" ".join(text.split()) for text in (given.name, given.description))
    if not name:
        raise InvalidInputError("A playlist has a name.", parameter="name")
    found = [(text, *_uri_of(desk, text)) for text in given.tracks]
    uris = {uri: text for text, uri, _ in found if uri is not None}
    unknown = [NotAdded(text, str(reason)) for text, uri, reason in found if uri is None]
    if not uris:
        raise InvalidInputError(
            f"None of the tracks can be put in a playlist, so none was made. {unknown[0].track}: "
            f"{unknown[0].reason}.",
            parameter="tracks",
        )
    wish = Wish(
        name, description, given.public, tuple(uri for _, uri, _ in found if uri is not None)
    )
    key = f"of the content {wish.digest}" if given.key is None else f"given {given.key}"
    with saying_where(desk):
        made, was_whole = desk.services.playlist_making.make(desk.caller.id, wish, key)
    refused = [NotAdded(uris[one.uri], one.reason) for one in made.refused]
    waiting = [
        NotAdded(uris[uri], _UNTOLD if place < made.asked else _WAITING)
        for place, uri in enumerate(wish.uris[made.settled :])
    ]
    return _created(made, (*unknown, *refused, *waiting), was_whole=was_whole)


def _created(made: Made, missing: tuple[NotAdded, ...], *, was_whole: bool) -> CreatedPlaylist:
    uri = f"spotify:playlist:{made.id}"
    words = f"The playlist has {_counted(len(made.added), 'entry', 'entries')}"
    words += " and was made by an earlier call, so this one did nothing" if was_whole else ""
    words += f"; {_counted(len(missing), 'track is', 'tracks are')} not in it" if missing else ""
    words += "" if made.is_whole else "; ask again with the same arguments to go on"
    return CreatedPlaylist(
        id=made.id,
        uri=uri,
        url=web_page(uri),
        added=len(made.added),
        not_added=missing,
        complete=made.is_whole,
        made_before=was_whole,
        problem=made.problem,
        words=f"{words}.",
    )


def _counted(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"


def _uri_of(desk: Desk, text: str) -> tuple[str | None, str | None]:
    """Give the URI that a text names, or why there is none."""
    if text.isascii() and text.isdigit() and len(text) <= _LARGEST:
        try:
            plays = desk.plays(track=text, kind="all", hidden="in", limit=1).items
        except InvalidInputError:
            plays = ()
        if not plays:
            return None, "there is no track of this number in the history"
        uri = plays[0].track.uri
        return uri, None if uri else "the history knows its name only, and no URI"
    for kind in _KINDS:
        try:
            return f"spotify:{kind}:{read_id(text, kind)}", None
        except InvalidInputError:
            continue
    return None, f"{quoted(text)} is no number, URI or link of a track or episode"


TOOLS = (
    Tool(
        name="create_playlist",
        title="Make a playlist at Spotify",
        description=(
            "Make a playlist in the listener's Spotify account from a list of tracks, private unless said. Says what "
            "truly was added and what could not be. Asking again makes no second one. Ask the listener before; needs a "
            "linked account."
        ),
        arguments=CreateArguments,
        record=CreatedPlaylist,
        answer=_answer,
        example={"name": "For the road", "tracks": ["1"]},
        is_writing=True,
        scope=Scope.LIBRARY_WRITE,
        is_outward=True,
    ),
)
