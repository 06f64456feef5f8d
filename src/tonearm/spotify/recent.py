"""Recent plays: the last 50 tracks, each with what Spotify sent of it.

`played_at` is near the end of a play, and has marked its start before: the raw answer is kept, so that it can be read
anew should Spotify change its mind.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from tonearm.domain.errors import InvalidInputError
from tonearm.spotify.asking import MOST_ON_A_PAGE, Ask, check_number
from tonearm.spotify.models import Context, Moment, Track
from tonearm.spotify.operation import Resource, Scope, operation
from tonearm.spotify.reading import UNREADABLE, Cursors, decode, read_envelope


class _Item(msgspec.Struct, frozen=True):
    track: Track
    played_at: Moment
    context: Context | None = None


@dataclass(frozen=True, slots=True)
class RecentPlay:
    """A play as Spotify tells it."""

    track: Track
    played_at: datetime
    context: Context | None
    raw: bytes = field(repr=False)
    """What it was read from: JSON."""


@dataclass(frozen=True, slots=True)
class RecentPlays:
    """Recent plays, newest first."""

    plays: tuple[RecentPlay, ...]
    unreadable: tuple[bytes, ...] = field(repr=False)
    """Items that are no plays as far as is known: JSON of each."""
    after_ms: int | None
    """The cursor for what is played from now on; None on an empty page."""
    before_ms: int | None
    """The cursor for older plays; None on an empty page."""
    has_more: bool
    """Whether Spotify names another page; it may be empty."""


class Recent(Resource):
    """What was heard last: only tracks, only the last 50, whichever cursor is used."""

    @operation("get-recently-played", "GET", "/me/player/recently-played", Scope.READ_RECENT)
    def list_plays(
        self,
        ask: Ask,
        *,
        after_ms: int | None = None,
        before_ms: int | None = None,
        limit: int = MOST_ON_A_PAGE,
    ) -> RecentPlays:
        """List plays after or before an instant, in milliseconds since 1970; the last ones if neither is given."""
        check_number("limit", limit, 1, MOST_ON_A_PAGE)
        if after_ms is not None and before_ms is not None:
            raise InvalidInputError(
                "Recent plays are asked for after an instant or before one, not both."
            )
        query = {"limit": limit, "after": after_ms, "before": before_ms}
        envelope = read_envelope(ask.body(query=query))
        plays: list[RecentPlay] = []
        unreadable: list[bytes] = []
        for part in envelope.items or ():
            raw = bytes(part)
            play = _read(raw)
            if play is None:
                unreadable.append(raw)
            else:
                plays.append(play)
        cursors = envelope.cursors or Cursors()
        return RecentPlays(
            plays=tuple(plays),
            unreadable=tuple(unreadable),
            after_ms=_ms(cursors.after),
            before_ms=_ms(cursors.before),
            has_more=envelope.next is not None and bool(envelope.items),
        )

    def iter_back(self, *, limit: int = MOST_ON_A_PAGE) -> Iterator[RecentPlays]:
        """Give page after page towards the past, until Spotify has no more; each is asked for when it is needed."""
        before_ms: int | None = None
        while True:
            page = self.list_plays(before_ms=before_ms, limit=limit)
            yield page
            is_stuck = page.before_ms is None or (
                before_ms is not None and page.before_ms >= before_ms
            )
            if not page.has_more or is_stuck:
                return
            before_ms = page.before_ms


def _read(raw: bytes) -> RecentPlay | None:
    try:
        item = decode(_Item, raw)
    except UNREADABLE:
        return None
    # Without one it is nothing that could be found again.
    if not item.track.uri:
        return None
    return RecentPlay(item.track, item.played_at, item.context, raw)


def _ms(cursor: str | None) -> int | None:
    return int(cursor) if cursor is not None and cursor.isascii() and cursor.isdigit() else None
