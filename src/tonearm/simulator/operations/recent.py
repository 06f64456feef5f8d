"""The recent plays: the last 50 tracks, newest first, by cursors in milliseconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tonearm.simulator.calls import Answer, ApiError, Call, Operation
from tonearm.simulator.clock import iso_ms
from tonearm.simulator.operations.player import context_of
from tonearm.simulator.world import Track

if TYPE_CHECKING:
    from tonearm.simulator.documents import Document
    from tonearm.simulator.listening import Listen

_MOST: Final = 50


def _recently_played(call: Call) -> Answer:
    limit = call.integer("limit", 20, 1, _MOST)
    if "after" in call.query and "before" in call.query:
        raise ApiError(400, "Only one of after and before may be given")
    stated = call.simulator.clock.stated_ms
    plays = [
        (stated(instant), listen)
        for instant, listen in call.user.script.recent(
            call.now, call.simulator.recent_kept, call.simulator.mark
        )
    ]
    if "after" in call.query:
        after = call.integer("after", 0, 0)
        # The cursor moves towards the present, so the page begins next to it.
        shown = [play for play in plays if play[0] > after][-limit:]
    else:
        before = call.integer("before", 2**62, 0)
        shown = [play for play in plays if play[0] < before][:limit]
    newest, oldest = (str(shown[0][0]), str(shown[-1][0])) if shown else ("", "")
    onwards = {"after": newest} if "after" in call.query else {"before": oldest}
    return Answer(
        {
            "href": call.href(limit=limit),
            "items": [_render(call, instant, listen) for instant, listen in shown],
            "limit": limit,
            # A full page always names a next one, which may be empty.
            "next": call.href(**onwards, limit=limit) if len(shown) == limit else None,
            "cursors": {"after": newest, "before": oldest} if shown else None,
        }
    )


def _render(call: Call, instant: int, listen: Listen) -> Document:
    if not isinstance(listen.playable, Track):
        raise TypeError("only tracks are told of")
    return {
        "track": call.documents.track(listen.playable),
        "played_at": iso_ms(instant),
        "context": context_of(call, listen.context_uri),
    }


OPERATIONS = (
    Operation(
        "GET", "/me/player/recently-played", "get-recently-played", _recently_played,
        (("user-read-recently-played",),),
    ),
)  # fmt: skip
