"""What the listener hears at Spotify right now."""

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from tonearm.insights.records import Record
from tonearm.mcp.arguments import Arguments
from tonearm.mcp.desk import Desk
from tonearm.mcp.outward import saying_where, web_page
from tonearm.mcp.telling import duration, shown_name
from tonearm.mcp.tool import Tool

if TYPE_CHECKING:
    from tonearm.live.playing import NowPlaying


class PlayingNow(Record, frozen=True):
    """What is heard at Spotify now."""

    state: Annotated[str, Meta(description="`playing`, `paused` or `nothing`.")]
    words: Annotated[str, Meta(description="The same in a sentence.")]
    kind: Annotated[
        str | None, Meta(description="`track`, `episode`, `chapter`, `ad` or `unknown`.")
    ]
    uri: Annotated[str | None, Meta(description="Spotify URI.")]
    url: Annotated[str | None, Meta(description="Its page at Spotify.")]
    name: Annotated[str | None, Meta(description="What it is called.")]
    artist: Annotated[
        str | None, Meta(description="Artists of a track, show of an episode, book of a chapter.")
    ]
    album: Annotated[str | None, Meta(description="Album of a track.")]
    ms_progress: Annotated[int | None, Meta(description="How far it is, in milliseconds.")]
    ms_length: Annotated[int | None, Meta(description="How long it is, in milliseconds.")]
    context_uri: Annotated[
        str | None, Meta(description="The album, artist, playlist or show it plays from.")
    ]
    device: Annotated[str | None, Meta(description="On what; null where that is not granted.")]
    device_type: Annotated[str | None, Meta(description="Such as `Smartphone` or `Speaker`.")]
    private: Annotated[bool | None, Meta(description="Whether the session is private.")]
    shuffle: Annotated[bool | None, Meta(description="Whether shuffle is on.")]
    repeat: Annotated[str | None, Meta(description="`track`, `context` or `off`.")]
    seen_local: Annotated[str | None, Meta(description="When Spotify said so, by local clocks.")]


_REST = len(PlayingNow.__struct_fields__) - 2


def _answer(desk: Desk, _given: Arguments) -> PlayingNow:
    with saying_where(desk):
        now = desk.services.playing.get(desk.caller.id)
    if now is None:
        return PlayingNow("nothing", "Nothing is playing at Spotify right now.", *[None] * _REST)
    return PlayingNow(
        state="playing" if now.playing else "paused",
        words=_words(now),
        kind=now.kind,
        uri=now.uri,
        url=web_page(now.uri),
        name=now.title,
        artist=now.artist,
        album=now.album,
        ms_progress=now.ms_progress,
        ms_length=now.ms_length,
        context_uri=now.context_uri,
        device=now.device,
        device_type=now.device_type,
        private=now.private,
        shuffle=now.shuffle,
        repeat=now.repeat,
        seen_local=desk.local(now.seen_at),
    )


def _words(now: "NowPlaying") -> str:
    state = "is playing" if now.playing else "is paused"
    if now.kind == "ad":
        return f"An advert {state}."
    if now.title is None:
        return f"Something {state}, and Spotify does not tell what."
    by = f" by “{shown_name(now.artist)}”" if now.artist else ""
    on = f" on “{shown_name(now.device)}”" if now.device else ""
    far = "" if now.ms_progress is None else f", at {duration(now.ms_progress)}"
    of = "" if now.ms_length is None or not far else f" of {duration(now.ms_length)}"
    return f"“{shown_name(now.title)}”{by} {state}{on}{far}{of}."


TOOLS = (
    Tool(
        name="now_playing",
        title="Playing now",
        description=(
            "What the listener hears at Spotify at this moment: track, episode or chapter, how far it is, on which "
            "device; or that nothing plays. Asks Spotify, so it needs a linked account. For what was heard before, "
            "use plays."
        ),
        arguments=Arguments,
        record=PlayingNow,
        answer=_answer,
        is_outward=True,
    ),
)
