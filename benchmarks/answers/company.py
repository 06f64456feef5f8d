# ruff: noqa: S608 - the statements are made of constants
"""One artist among the others: shared sessions, and places year by year."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from benchmarks.answers.asking import COUNTED, RANGE, Measure, Part
from benchmarks.answers.habits import IN_SESSIONS
from benchmarks.answers.rankings import RANK
from benchmarks.synthetic import History

_COMPANY = f"""{IN_SESSIONS}, begun AS (
  SELECT session FROM numbered GROUP BY session
  HAVING MIN(started_at) >= $start AND MIN(started_at) < $end
), company AS (
  SELECT DISTINCT session, artist FROM numbered JOIN begun USING (session)
  WHERE is_counted AND artist > 0
), theirs AS (SELECT session FROM company WHERE artist = $artist)
"""
_NEIGHBOURS = (
    f"{_COMPANY} SELECT COUNT(*) FROM theirs",
    f"""{_COMPANY}, shared AS (
      SELECT artist, COUNT(*) AS sessions FROM company JOIN theirs USING (session)
      WHERE artist <> $artist GROUP BY artist
    ), every AS (SELECT artist, COUNT(*) AS in_all FROM company GROUP BY artist)
    SELECT artist, name, sessions, in_all,
      sessions / ((SELECT COUNT(*) FROM theirs) + in_all - sessions) AS affinity
    FROM shared JOIN every USING (artist) JOIN artists ON artists.id = artist
    ORDER BY affinity DESC, sessions DESC, spelled, key LIMIT $limit""",
)
_RANKS = (
    f"""WITH sums AS (
      SELECT YEAR(local_day) AS year, artist AS id, COUNT(*) FILTER ({COUNTED}) AS plays,
        SUM(ms_played) AS ms_played, MIN(ended_at) FILTER ({COUNTED}) AS first_at
      FROM plays WHERE {RANGE} AND artist > 0 GROUP BY ALL
    ), ranked AS (
      SELECT *, {RANK.replace("(ORDER", "(PARTITION BY year ORDER")},
        COUNT(*) OVER (PARTITION BY year) AS ranked FROM sums WHERE plays > 0
    ) SELECT year, rank, ranked, plays, ms_played FROM ranked WHERE id = $artist ORDER BY year""",
)


def _told_neighbours(answer: Any) -> list[Part]:  # noqa: ANN401 - a Neighbours
    return [
        [(answer.sessions,)],
        [
            (one.id, one.name, one.sessions, one.sessions_in_all, one.affinity)
            for one in answer.items
        ],
    ]


def _shaped_neighbours(parts: list[Part]) -> list[Part]:
    return [parts[0], [(*row[:-1], round(row[-1], 6)) for row in parts[1]]]


def _told_ranks(answer: Any) -> list[Part]:  # noqa: ANN401 - a Ranks
    return [
        [
            (line.starts_on.year, line.rank, line.ranked, line.plays, line.ms_played)
            for line in answer.items
            if line.plays
        ]
    ]


def busiest_artist(history: History) -> int:
    """Give the artist with most plays of music."""
    is_music = history.track_kind[history.track] == 0
    plays = np.bincount(history.track_artist[history.track][is_music])
    return int(plays[1:].argmax()) + 1


def measures_of(history: History) -> Iterator[Measure]:
    """Give the measures; they ask about the artist with most plays."""
    artist = busiest_artist(history)
    own, values = {"artist": str(artist)}, {"artist": artist}
    yield Measure(
        "neighbours of an artist",
        "neighbours",
        _NEIGHBOURS,
        _told_neighbours,
        own,
        shaped=_shaped_neighbours,
        values=values,
    )
    yield Measure("rank of an artist by year", "ranks", _RANKS, _told_ranks, own, values=values)
