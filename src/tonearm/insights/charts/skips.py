"""Skips: plays that somebody ended before half."""

from typing import Annotated

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from tonearm.insights.axis import Axis
from tonearm.insights.chart import Chart
from tonearm.insights.endings import BY_HAND, JUDGED, SHORT_MS, STATES, Ended, judged_and_skipped
from tonearm.insights.leaders import leaders
from tonearm.insights.paging import ListQuestion, NextCursor
from tonearm.insights.question import Item
from tonearm.insights.records import Covered, Hour, ItemArtist, ItemId, ItemName, Record
from tonearm.insights.standings import NEVER, spelled
from tonearm.insights.view import View

_HOURS = 24

Judged = Annotated[int, Meta(description="Plays of which it is known how they ended.")]
Skipped = Annotated[int, Meta(description="Judged plays that were skipped before half.")]
SkipShare = Annotated[float, Meta(description="Share of the judged plays that were skipped.")]


class SkipsQuestion(ListQuestion, frozen=True, kw_only=True):
    """What skips are asked."""


class SkipHour(Record, frozen=True):
    """One hour of the day."""

    hour: Hour
    judged: Judged
    skips: Skipped
    share: SkipShare


class SkippedItem(Record, frozen=True):
    """A track or artist that was skipped."""

    id: ItemId
    name: ItemName
    artist: ItemArtist
    judged: Judged
    skips: Skipped
    share: SkipShare


class Skips(Record, frozen=True):
    """Skips of a range, by hour of the day, and what was skipped most."""

    covered: Covered
    plays: Annotated[int, Meta(description="All plays, whether the rule counts them or not.")]
    judged: Judged
    skips: Skipped
    share: SkipShare
    unknown: Annotated[int, Meta(description="Plays of which nothing tells how they ended.")]
    next_cursor: NextCursor
    items: tuple[SkipHour, ...]
    tracks: tuple[SkippedItem, ...]
    artists: tuple[SkippedItem, ...]


def _answer(view: View, asked: SkipsQuestion) -> Skips:
    start, end = view.rows
    hours = _hours(view).sums(start, end).reshape(_HOURS, STATES)[:, JUDGED:]
    by_hour = [(judged + skipped, skipped) for judged, skipped in hours.tolist()]
    judged, skips = (sum(column) for column in zip(*by_hour, strict=True))
    (many, tracks), (few, artists) = (
        _most_skipped(view, item, asked) for item in ("tracks", "artists")
    )
    return Skips(
        covered=view.covered(counted="all"),
        plays=end - start,
        judged=judged,
        skips=skips,
        share=_share(skips, judged),
        unknown=end - start - judged,
        next_cursor=asked.next_cursor(max(many, few)),
        items=tuple(
            SkipHour(hour, *line, _share(line[1], line[0])) for hour, line in enumerate(by_hour)
        ),
        tracks=tracks,
        artists=artists,
    )


def _share(skips: int, judged: int) -> float:
    return round(skips / judged, 6) if judged else 0.0


def _hours(view: View) -> Axis:
    """Count plays by local hour and state."""
    lane = view.lane

    def make() -> Axis:
        labels = lane.hours(view.zone, None).labels % _HOURS * STATES
        for rows, _ in judged_and_skipped(lane):  # what was skipped was judged as well
            labels[rows] += 1
        return Axis(labels, _HOURS * STATES)

    return lane.once(("hours of skips", view.zone), make)


def _most_skipped(
    view: View, item: Item, asked: SkipsQuestion
) -> tuple[int, tuple[SkippedItem, ...]]:
    """Give how many were skipped at all, and some of them."""
    judged, skips = (_numbers(view, item, marked) for marked in judged_and_skipped(view.lane))
    level = np.flatnonzero(skips[1:]) + 1  # 0 is nobody known
    total = len(level)
    # The first skip is looked for only where it may settle something.
    level = level[leaders(asked.end, -skips[level], judged[level])]
    pairs = set(zip(skips[level].tolist(), judged[level].tolist(), strict=True))
    firsts = _first_skips(view, item, level if len(pairs) < len(level) else level[:0])
    level = level[leaders(asked.end, -skips[level], judged[level], firsts[level])]
    names = view.names(item, level.tolist())

    def order(label: int) -> tuple[object, ...]:
        return -skips[label], judged[label], firsts[label], spelled(names[label])

    items = tuple(
        SkippedItem(
            id=label,
            name=names[label].name,
            artist=names[label].artist,
            judged=int(judged[label]),
            skips=int(skips[label]),
            share=_share(int(skips[label]), int(judged[label])),
        )
        for label in sorted(level.tolist(), key=order)[asked.begin : asked.end]
    )
    return total, items


def _numbers(view: View, item: Item, marked: Ended) -> NDArray[np.int64]:
    """Count the marked plays of the range by the ids of an item."""
    lane = view.lane
    by_track = marked.tracks.sums(*_rows(view, marked))
    if item == "tracks":
        return by_track
    found = np.bincount(lane.columns.track_artist, by_track, minlength=lane.size(item))
    if view.grouping(item) == "credited":
        tracks, artists = lane.further
        np.add.at(found, artists, by_track[tracks])
    return found.astype(np.int64)


def _first_skips(view: View, item: Item, wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the instant of the first skip in the range by id, for the ids wanted."""
    lane = view.lane
    _, skipped = judged_and_skipped(lane)
    if not len(wanted):
        return np.zeros(lane.size(item), np.int64)
    inside = slice(*_rows(view, skipped))
    tracks, ended_at = skipped.tracks.labels[inside], lane.ended_at[skipped.rows[inside]]
    # Of several writes to one place the last one stays: backwards, that is the first skip.
    of_track = np.full(lane.size("tracks"), NEVER, np.int64)
    of_track[tracks[::-1]] = ended_at[::-1]
    if item == "tracks":
        return of_track
    firsts = np.full(lane.size(item), NEVER, np.int64)
    np.minimum.at(firsts, lane.columns.track_artist, of_track)
    if view.grouping(item) == "credited":
        further, artists = lane.further
        np.minimum.at(firsts, artists, of_track[further])
    return firsts


def _rows(view: View, marked: Ended) -> tuple[int, int]:
    start, end = np.searchsorted(marked.rows, np.array(view.rows, np.int32)).tolist()
    return start, end


CHARTS = (
    Chart(
        name="skips",
        title="Skips",
        description=(
            "Share of plays that were skipped before half, by hour of the day, and the tracks and artists "
            "skipped most."
        ),
        definition=(
            "Judged are plays of which the reason of their end is known, or which are marked as skipped, "
            "whatever the rule; there is none from before Spotify recorded it. Skipped are those of them "
            "that are marked so or ended by a choice "
            f"({', '.join(f'`{reason}`' for reason in BY_HAND)}), and were played for less than half of the "
            "track's length. That length is the longest play of the track to its end in the whole history; "
            f"where there is none, less than {SHORT_MS // 1_000} seconds is a skip. Equal tracks and "
            "artists are settled by the higher share, then by the earlier first skip, then by name; `next_cursor` "
            "leads to the lines after in both lists."
        ),
        drawing="bars",
        question=SkipsQuestion,
        record=Skips,
        answer=_answer,
        example={"limit": "5"},
        line_plays="hour={hour}&trait=judged&counted=all",
        more_plays={
            "judged": "trait=judged&counted=all",
            "skips": "trait=skipped&counted=all",
            "unknown": "trait=unjudged&counted=all",
            "items.skips": "hour={hour}&trait=skipped&counted=all",
            "tracks.judged": "track=%23{id}&trait=judged&counted=all",
            "tracks.skips": "track=%23{id}&trait=skipped&counted=all",
            "artists.judged": "artist=%23{id}&trait=judged&counted=all",
            "artists.skips": "artist=%23{id}&trait=skipped&counted=all",
        },
    ),
)
