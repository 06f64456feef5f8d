"""How much of the listening is once more: repeated tracks, runs and loops."""

from datetime import datetime
from typing import Annotated, NamedTuple

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from tonearm.domain.instants import from_ms
from tonearm.domain.vocabulary import RankBy
from tonearm.insights.chart import Chart
from tonearm.insights.loops import Loops
from tonearm.insights.paging import ListQuestion, NextCursor
from tonearm.insights.records import (
    Covered,
    ItemArtist,
    ItemId,
    ItemName,
    MsPlayed,
    Plays,
    Rank,
    Record,
)
from tonearm.insights.runs import runs_of
from tonearm.insights.standings import Standings
from tonearm.insights.subjects import among_all
from tonearm.insights.totals import plays_per_track, repeat_share
from tonearm.insights.view import Named, View

LoopCount = Annotated[int, Meta(description="Times that a track was looped.")]
LoopPlays = Annotated[
    int, Meta(description="Plays that were at least the third of their track within 24 hours.")
]


class RepeatQuestion(ListQuestion, frozen=True, kw_only=True):
    """What repeats are asked."""


class RepeatedTrack(Record, frozen=True):
    """A track by its plays."""

    rank: Rank
    id: ItemId
    name: ItemName
    artist: ItemArtist
    plays: Plays
    ms_played: MsPlayed


class LongestRun(Record, frozen=True):
    """One track, played again and again with nothing else between."""

    id: ItemId
    name: ItemName
    artist: ItemArtist
    length: Annotated[int, Meta(description="Counted plays in a row.")]
    first_play_at: Annotated[datetime, Meta(description="End of the first of them.")]
    last_play_at: Annotated[datetime, Meta(description="End of the last of them.")]


class LoopedTrack(Record, frozen=True):
    """A track that was looped."""

    rank: Rank
    id: ItemId
    name: ItemName
    artist: ItemArtist
    loops: LoopCount
    loop_plays: LoopPlays


class Repeat(Record, frozen=True):
    """How much of the plays goes to tracks once more."""

    covered: Covered
    plays: Plays
    tracks: Annotated[int, Meta(description="Distinct tracks among the counted plays.")]
    repeat_share: Annotated[
        float,
        Meta(description="Share of plays that are not the first of their track in the range."),
    ]
    plays_per_track: Annotated[float, Meta(description="Mean number of plays of a track.")]
    loops: LoopCount
    loop_plays: LoopPlays
    longest_run: Annotated[
        LongestRun | None, Meta(description="The longest run of one track; null without plays.")
    ]
    next_cursor: NextCursor
    items: tuple[RepeatedTrack, ...]
    looped_tracks: tuple[LoopedTrack, ...]


class _Run(NamedTuple):
    track: int
    row: int
    """Of its first play, among the counted ones."""
    length: int


def _answer(view: View, asked: RepeatQuestion) -> Repeat:
    start, end = view.counted_rows
    standings, loops = Standings(view, "tracks", RankBy.PLAYS), Loops(view)
    plays, tracks = end - start, int(np.count_nonzero(standings.plays))
    leaders, looped, run = standings.leaders(asked.end), loops.leaders(asked.end), _run(view)
    names = view.names("tracks", {*leaders, *looped, *([] if run is None else [run.track])})
    ranked = sorted(leaders, key=lambda track: standings.order(track, names[track]))
    return Repeat(
        covered=view.covered(),
        plays=plays,
        tracks=tracks,
        repeat_share=repeat_share(plays, tracks),
        plays_per_track=plays_per_track(plays, tracks),
        loops=int(loops.loops.sum()),
        loop_plays=int(loops.plays.sum()),
        longest_run=None if run is None else _told(view, run, names[run.track]),
        # Whatever loops is a track as well: there are at least as many lines of these.
        next_cursor=asked.next_cursor(tracks),
        items=tuple(
            RepeatedTrack(
                rank,
                track,
                names[track].name,
                names[track].artist,
                int(standings.plays[track]),
                int(standings.ms_played[track]),
            )
            for rank, track in enumerate(ranked[asked.begin : asked.end], asked.begin + 1)
        ),
        looped_tracks=tuple(
            LoopedTrack(
                rank,
                track,
                names[track].name,
                names[track].artist,
                int(loops.loops[track]),
                int(loops.plays[track]),
            )
            for rank, track in enumerate(
                loops.ranked(looped, names)[asked.begin : asked.end], asked.begin + 1
            )
        ),
    )


def plays_of_longest_run(view: View) -> NDArray[np.int64]:
    """Give the longest run of a range, as rows among the counted plays."""
    run = _run(view)
    return np.arange(0) if run is None else np.arange(run.row, run.row + run.length)


def longest_run_of_own(view: View) -> LongestRun | None:
    """Give the longest run of a track of what a question is about, with nothing at all heard between; None without."""
    among = among_all(view)
    run = _run(among, view.selection.is_wanted(view.lane.columns))
    return None if run is None else _told(among, run, view.names("tracks", [run.track])[run.track])


def _run(view: View, wanted: NDArray[np.bool_] | None = None) -> _Run | None:
    """Find the longest run of a range, of several the earliest; a single play is one of 1.

    Of wanted tracks only, marked by number, there may be no run of at least two plays.
    """
    lane, rule = view.lane, view.rule
    start, end = view.counted_rows
    if start == end:
        return None
    tracks = lane.plays_by("tracks", rule).labels
    begins, ends = lane.once(("runs", rule), lambda: _runs(tracks))
    inside = slice(int(np.searchsorted(ends, start)), int(np.searchsorted(begins, end)))
    begins, ends = np.maximum(begins[inside], start), np.minimum(ends[inside], end)
    if wanted is not None:
        is_wanted = wanted[tracks[begins]]
        begins, ends = begins[is_wanted], ends[is_wanted]
    lengths = ends - begins
    if wanted is not None and lengths.max(initial=0) <= 1:
        return None
    first, length = start, 1
    if len(lengths) and lengths.max() > 1:
        best = int(lengths.argmax())
        first, length = int(begins[best]), int(lengths[best])
    return _Run(int(tracks[first]), first, length)


def _runs(tracks: NDArray[np.integer]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Give begin and end of each run of at least two plays of one track."""
    begins, ends = runs_of(tracks)
    is_run = ends - begins > 1
    return begins[is_run].astype(np.int32), ends[is_run].astype(np.int32)


def _told(view: View, run: _Run, named: Named) -> LongestRun:
    ended_at = view.lane.counted_ended_at(view.rule)
    first_at, last_at = (int(ended_at[row]) for row in (run.row, run.row + run.length - 1))
    return LongestRun(
        run.track, named.name, named.artist, run.length, from_ms(first_at), from_ms(last_at)
    )


CHARTS = (
    Chart(
        name="repeat",
        title="Repeats",
        description=(
            "How much of the plays goes to tracks once more: repeat share, most repeated tracks, the "
            "longest run, and loops."
        ),
        definition=(
            "Repeat share is 1 - distinct tracks / plays. The longest run is the most counted plays of one "
            "track with no other counted play between; of equal ones the earliest. A play loops when it "
            "and the two plays of its track before it, all in the range, ended within 24 hours; a loop is a "
            "sequence of plays of a track that all loop. Tracks are ordered by loops, then by looping "
            "plays, then by the earlier first one, then by name. `next_cursor` leads to the lines after in both lists."
        ),
        drawing="table",
        question=RepeatQuestion,
        record=Repeat,
        answer=_answer,
        example={"limit": "5"},
        line_plays="track=%23{id}",
        more_plays={
            "loop_plays": "trait=looping",
            "longest_run.length": "trait=longest_run",
            "looped_tracks.loop_plays": "track=%23{id}&trait=looping",
        },
    ),
)
