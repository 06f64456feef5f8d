# ruff: noqa: S608 - the statements are made of constants
"""What was new, what came back, how long it lasted, and what was reached when."""

from collections.abc import Iterator
from typing import Any

from benchmarks.answers.asking import COUNTED, RANGE, Measure, Part, ms, share
from benchmarks.answers.company import busiest_artist
from benchmarks.synthetic import History

_HALF_YEAR_MS = 180 * 86_400_000
COUNTED_PLAYS = f"""
WITH counted AS (
  SELECT ended_at, artist, album, track, DATE_TRUNC('month', local_day)::DATE AS unit, kind,
    ended_at - LAG(ended_at) OVER (PARTITION BY track ORDER BY ended_at) AS pause,
    MIN(ended_at) OVER (PARTITION BY track) AS first_track,
    MIN(ended_at) OVER (PARTITION BY album) AS first_album,
    MIN(ended_at) OVER (PARTITION BY artist) AS first_artist
  FROM plays WHERE kind = 0 AND {COUNTED}
)
"""
LINE = f"""COUNT(*) AS plays, COUNT(*) FILTER (ended_at = first_artist AND artist > 0),
  COUNT(*) FILTER (ended_at = first_album AND album > 0), COUNT(*) FILTER (ended_at = first_track),
  COUNT(*) FILTER (first_track >= first_at), COUNT(*) FILTER (pause >= {_HALF_YEAR_MS})"""
_DISCOVERY = (
    f"""{COUNTED_PLAYS}, inside AS (
      SELECT *, MIN(ended_at) OVER () AS first_at FROM counted WHERE {RANGE}
    ) SELECT {LINE} FROM inside""",
    f"""{COUNTED_PLAYS}, inside AS (
      SELECT *, MIN(ended_at) OVER (PARTITION BY unit) AS first_at FROM counted WHERE {RANGE}
    ) SELECT unit, {LINE} FROM inside GROUP BY unit ORDER BY unit""",
    f"""{COUNTED_PLAYS} SELECT track, ended_at, pause // 86400000 FROM counted
    WHERE {RANGE} AND pause >= {_HALF_YEAR_MS} ORDER BY pause DESC, ended_at LIMIT $limit""",
)
_OWN = f"{RANGE} AND artist = $artist"
_LOYALTY = (
    f"""SELECT COUNT(*) FILTER ({COUNTED}), COALESCE(SUM(ms_played), 0),
      COUNT(DISTINCT local_day) FILTER ({COUNTED}), MIN(ended_at) FILTER ({COUNTED}),
      MAX(ended_at) FILTER ({COUNTED}) FROM plays WHERE {_OWN}""",
    f"""WITH numbered AS (
      SELECT local_day, ROW_NUMBER() OVER (ORDER BY ended_at) AS number, COUNT(*) OVER () AS whole
      FROM plays WHERE {_OWN} AND {COUNTED}
    ) SELECT MAX(local_day) FILTER (number = (whole + 1) // 2) - MIN(local_day) FROM numbered""",
    f"""WITH months AS (
      SELECT DATE_TRUNC('month', local_day)::DATE AS unit, COUNT(*) FILTER ({COUNTED}) AS plays,
        SUM(ms_played) AS ms_played FROM plays WHERE {_OWN} GROUP BY unit
    ) SELECT * FROM months WHERE (plays > 0 OR ms_played > 0)
      AND unit BETWEEN (SELECT MIN(unit) FROM months WHERE plays > 0)
      AND (SELECT MAX(unit) FROM months WHERE plays > 0) ORDER BY unit""",
)
_PLAYS = (1, 100, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000)
_OTHERS = (1, 10, 100, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000)
_KINDS = ("plays", "artists", "tracks", "hours")
_MILESTONES = f"""
WITH counted AS (
  SELECT ended_at, artist, track, ROW_NUMBER() OVER (ORDER BY ended_at) AS number
  FROM plays WHERE kind = 0 AND {COUNTED}
), artist_firsts AS (SELECT MIN(ended_at) AS ended_at FROM counted WHERE artist > 0 GROUP BY artist),
track_firsts AS (SELECT MIN(ended_at) AS ended_at FROM counted GROUP BY track),
running AS (
  SELECT ended_at, SUM(ms_played) OVER (ORDER BY ended_at ROWS UNBOUNDED PRECEDING) AS time
  FROM plays WHERE kind = 0
), marks AS (
  SELECT 0 AS what, number, ended_at FROM counted
  WHERE number IN {_PLAYS} OR number % 1000000 = 0
  UNION ALL SELECT 1, number, ended_at FROM (
    SELECT ended_at, ROW_NUMBER() OVER (ORDER BY ended_at) AS number FROM artist_firsts
  ) WHERE number IN {_OTHERS}
  UNION ALL SELECT 2, number, ended_at FROM (
    SELECT ended_at, ROW_NUMBER() OVER (ORDER BY ended_at) AS number FROM track_firsts
  ) WHERE number IN {_OTHERS}
  UNION ALL SELECT 3, hours, MIN(ended_at) FROM running, UNNEST({list(_OTHERS)}) AS wanted(hours)
  WHERE time >= hours::BIGINT * 3600000 GROUP BY hours
)
SELECT what, number, marks.ended_at, track FROM marks JOIN plays ON plays.ended_at = marks.ended_at
WHERE kind = 0 AND marks.ended_at >= $start AND marks.ended_at < $end
ORDER BY marks.ended_at DESC, what DESC, number DESC LIMIT $limit
"""


def _line(found: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a unit, or the totals
    new = found.new_artists, found.new_albums, found.new_tracks
    return found.plays, *new, found.plays_of_new, found.rediscoveries, found.new_share


def _told_discovery(answer: Any) -> list[Part]:  # noqa: ANN401 - a Discovery
    return [
        [_line(answer.totals)],
        [(unit.starts_on, *_line(unit)) for unit in answer.items if unit.plays],
        [(item.id, ms(item.played_at), item.pause_days) for item in answer.rediscovered],
    ]


def _shaped_discovery(parts: list[Part]) -> list[Part]:
    whole, units, back = parts
    return [
        [(*line, share(line[4], line[0])) for line in whole],
        [(*line, share(line[5], line[1])) for line in units],
        back,
    ]


def _told_loyalty(answer: Any) -> list[Part]:  # noqa: ANN401 - a Loyalty
    moments = ms(answer.first_play_at), ms(answer.last_play_at)
    return [
        [(answer.plays, answer.ms_played, answer.active_days, *moments)],
        [(answer.half_life_days,)],
        [
            (month.starts_on, month.plays, month.ms_played)
            for month in answer.items
            if month.plays or month.ms_played
        ],
    ]


def _told_milestones(answer: Any) -> list[Part]:  # noqa: ANN401 - a Milestones
    return [
        [
            (_KINDS.index(mark.kind), mark.number, ms(mark.played_at), mark.id)
            for mark in reversed(answer.items)
        ]
    ]


def measures_of(history: History) -> Iterator[Measure]:
    """Give the measures; that of loyalty asks about the artist with most plays."""
    yield Measure(
        "discovery by month", "discovery", _DISCOVERY, _told_discovery, shaped=_shaped_discovery
    )
    artist = busiest_artist(history)
    yield Measure(
        "loyalty to an artist",
        "loyalty",
        _LOYALTY,
        _told_loyalty,
        {"artist": str(artist)},
        values={"artist": artist},
    )
    yield Measure("milestones", "milestones", (_MILESTONES,), _told_milestones)
