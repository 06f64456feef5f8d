# ruff: noqa: S608 - the statements are made of constants
"""Totals, rankings, shares, hours and units of the calendar, and two ranges side by side."""

from collections.abc import Iterable
from typing import Any

from benchmarks.answers.asking import COUNTED, RANGE, Measure, Part, ms, share

TOTALS = f"""
SELECT COUNT(*) FILTER ({COUNTED}), COALESCE(SUM(ms_played), 0),
  COUNT(DISTINCT track) FILTER ({COUNTED}),
  COUNT(DISTINCT album) FILTER ({COUNTED} AND album > 0),
  COUNT(DISTINCT artist) FILTER ({COUNTED} AND artist > 0),
  COUNT(DISTINCT local_day) FILTER ({COUNTED}), MIN(ended_at), MAX(ended_at)
FROM plays WHERE {RANGE}
"""
_HEATMAP = f"""
SELECT local_hour, COUNT(*) FILTER ({COUNTED}) AS plays, SUM(ms_played) AS ms_played
FROM plays WHERE {RANGE}
GROUP BY local_hour HAVING plays > 0 OR SUM(ms_played) > 0 ORDER BY local_hour
"""
_CLOCK = f"""
SELECT local_hour % 24 AS hour, COUNT(*) FILTER ({COUNTED}) AS plays, SUM(ms_played) AS ms_played
FROM plays WHERE {RANGE} GROUP BY hour HAVING plays > 0 OR SUM(ms_played) > 0 ORDER BY hour
"""
TIMELINE = f"""
SELECT {{unit}} AS starts, COUNT(*) FILTER ({COUNTED}) AS plays, SUM(ms_played) AS ms_played
FROM plays WHERE {RANGE} GROUP BY starts HAVING plays > 0 OR SUM(ms_played) > 0 ORDER BY starts
"""
# The zone's offsets are whole hours. Every hour is a line, heard or not, as the measure promises.
_TIMELINE_BY_HOUR = f"""
SELECT hours.starts, hours.local_day, COALESCE(plays, 0), COALESCE(ms_played, 0)
FROM hours LEFT JOIN ({TIMELINE.format(unit="ended_at - ended_at % 3600000")}) AS heard
  ON heard.starts = hours.starts
WHERE hours.starts >= $start AND hours.starts < $end ORDER BY hours.starts
"""
_SUMS = f"""
  SELECT {{item}} AS id, COUNT(*) FILTER ({COUNTED}) AS plays, SUM(ms_played) AS ms_played,
    MIN(ended_at) FILTER ({COUNTED}) AS first_at, MAX(ended_at) FILTER ({COUNTED}) AS last_at
  FROM plays WHERE kind = {{kind}} AND ended_at >= {{start}} AND ended_at < {{end}} GROUP BY {{item}}
"""
RANK = "ROW_NUMBER() OVER (ORDER BY plays DESC, ms_played DESC, first_at) AS rank"
_TOP = f"""
WITH sums AS ({{sums}}), leaders AS (
  SELECT *, {RANK}, COUNT(*) OVER () AS total FROM sums WHERE id > 0 AND plays > 0
  ORDER BY rank LIMIT $limit
), before AS ({{before}}), before_ranked AS (
  SELECT id, {RANK} FROM before WHERE id > 0 AND plays > 0
)
SELECT leaders.rank, leaders.id, named.name, {{artist}}, leaders.plays, leaders.ms_played,
  leaders.first_at, leaders.last_at, before_ranked.rank, leaders.total,
  (SELECT SUM(plays) FROM sums)
FROM leaders JOIN {{table}} named ON named.id = leaders.id {{join}}
LEFT JOIN before_ranked ON before_ranked.id = leaders.id ORDER BY leaders.rank
"""
JOIN_ARTIST = "LEFT JOIN artists owner ON owner.id = named.artist_id"
_CLOCK_LEADERS = f"""
WITH sums AS ({{sums}}), leaders AS (
  SELECT id AS leader, {RANK} FROM sums WHERE id > 0 AND plays > 0 ORDER BY rank LIMIT $limit
)
SELECT rank, leader, local_hour % 24 AS hour, COUNT(*) FILTER ({COUNTED}) AS heard,
  SUM(ms_played) AS ms_heard
FROM plays JOIN leaders ON leader = {{item}} WHERE {RANGE}
GROUP BY rank, leader, hour HAVING heard > 0 OR SUM(ms_played) > 0 ORDER BY rank, hour
"""
_WEIGHTS = f"""
WITH weights AS (
  SELECT COUNT(*) FILTER ({COUNTED}) AS weight FROM plays
  WHERE {RANGE} AND {{item}} > 0 GROUP BY {{item}} HAVING weight > 0
), ranked AS (
  SELECT weight, ROW_NUMBER() OVER (ORDER BY weight) AS rising,
    ROW_NUMBER() OVER (ORDER BY weight DESC) AS falling FROM weights
)
"""
_CONCENTRATION = f"""
{_WEIGHTS}
SELECT COUNT(*), SUM(weight), SUM(weight) FILTER (falling <= 1), SUM(weight) FILTER (falling <= 10),
  SUM(weight) FILTER (falling <= 50), SUM(rising * weight) FROM ranked
"""
_FIRST_ITEMS = f"""
{_WEIGHTS}
SELECT falling, SUM(weight) OVER (ORDER BY falling) FROM ranked
QUALIFY falling = COUNT(*) OVER () OR falling IN (
  SELECT digit * 10 ** power FROM (VALUES (1), (2), (5)) digits(digit), range(9) powers(power)
) ORDER BY falling
"""
_COMPARE = f"""
WITH here AS ({{sums}}), there AS ({{before}}),
here_ranked AS (SELECT id, plays, {RANK} FROM here WHERE id > 0 AND plays > 0),
there_ranked AS (SELECT id, plays, {RANK} FROM there WHERE id > 0 AND plays > 0),
pairs AS (
  SELECT COALESCE(here_ranked.id, there_ranked.id) AS id, here_ranked.rank AS rank,
    COALESCE(here_ranked.plays, 0) AS plays, there_ranked.rank AS other_rank,
    COALESCE(there_ranked.plays, 0) AS other_plays
  FROM here_ranked FULL JOIN there_ranked ON here_ranked.id = there_ranked.id
), movers AS (
  SELECT pairs.*, ROW_NUMBER() OVER (
    ORDER BY ABS(plays - other_plays) DESC, plays + other_plays DESC, spelled, key
  ) AS place
  FROM pairs JOIN {{table}} named ON named.id = pairs.id
  WHERE plays <> other_plays ORDER BY place LIMIT $limit
)
SELECT 1 AS part, rank AS place, id, rank, plays, other_rank, other_plays FROM pairs
WHERE rank <= $limit AND COALESCE(other_rank, $limit + 1) > $limit
UNION ALL SELECT 2, other_rank, id, rank, plays, other_rank, other_plays FROM pairs
WHERE other_rank <= $limit AND COALESCE(rank, $limit + 1) > $limit
UNION ALL SELECT 3, place, id, rank, plays, other_rank, other_plays FROM movers
ORDER BY 1, 2
"""


def sums(item: str, *, kind: int = 0) -> str:
    """Give the statement that sums up an item in the range."""
    return _SUMS.format(item=item, kind=kind, start="$start", end="$end")


def _before(item: str, *, kind: int = 0) -> str:
    return _SUMS.format(item=item, kind=kind, start="$previous", end="$start")


def _told_totals(answer: Any) -> list[Part]:  # noqa: ANN401 - a Totals
    covered = answer.covered
    spans = ms(covered.first_play_at), ms(covered.last_play_at)
    counts = answer.tracks, answer.albums, answer.artists, answer.active_days
    return [[(answer.plays, answer.ms_played, *counts, *spans)]]


def _told_heatmap(answer: Any) -> list[Part]:  # noqa: ANN401 - a Heatmap
    return [
        [
            (cell.weekday * 24 + cell.hour, cell.plays, cell.ms_played)
            for cell in answer.items
            if cell.plays or cell.ms_played
        ]
    ]


def told_units(units: Iterable[Any]) -> Part:
    """Give the units of a timeline with anything in them."""
    return [
        (ms(unit.starts_at) or unit.starts_on, unit.plays, unit.ms_played)
        for unit in units
        if unit.plays or unit.ms_played
    ]


def _told_timeline(answer: Any) -> list[Part]:  # noqa: ANN401 - a Timeline
    return [told_units(answer.items)]


def _told_hours(answer: Any) -> list[Part]:  # noqa: ANN401 - a Timeline
    return [
        [(ms(hour.starts_at), hour.starts_on, hour.plays, hour.ms_played) for hour in answer.items]
    ]


def _told_clock(answer: Any) -> list[Part]:  # noqa: ANN401 - a Clock
    lines = [
        (line.hour, line.plays, line.ms_played, line.share)
        for line in answer.items
        if line.plays or line.ms_played
    ]
    leaders = [
        (item.rank, item.id, hour, plays, ms_played)
        for item in answer.leaders
        for hour, (plays, ms_played) in enumerate(
            zip(item.plays_by_hour, item.ms_by_hour, strict=True)
        )
        if plays or ms_played
    ]
    return [lines, leaders]


def _shaped_clock(parts: list[Part]) -> list[Part]:
    lines, leaders = parts
    whole = sum(plays for _, plays, _ in lines)
    return [[(*line, share(line[1], whole)) for line in lines], leaders]


def _told_top(answer: Any) -> list[Part]:  # noqa: ANN401 - a Top
    rows = []
    for item in answer.items:
        moments = ms(item.first_play_at), ms(item.last_play_at)
        numbers = item.plays, item.ms_played, *moments, item.previous_rank, answer.total
        rows.append((item.rank, item.id, item.name, item.artist, *numbers, item.share))
    return [rows]


def _shaped_top(parts: list[Part]) -> list[Part]:
    """Give the share of a ranking instead of its whole."""
    return [[(*row[:-1], share(row[4], int(row[-1]))) for row in parts[0]]]


def _told_concentration(answer: Any) -> list[Part]:  # noqa: ANN401 - a Concentration
    shares = answer.top_1_share, answer.top_10_share, answer.top_50_share
    lines = [(line.first, line.amount, line.share) for line in answer.items]
    return [[(answer.total, *shares, answer.gini)], lines]


def _shaped_concentration(parts: list[Part]) -> list[Part]:
    count, *sums = parts[0][0]
    whole, first, tenth, fiftieth, rising = (int(number or 0) for number in sums)
    gini = round(2 * rising / (count * whole) - (count + 1) / count, 6) if count else 0.0
    shares = (share(part, whole) for part in (first, tenth, fiftieth))
    lines = [(held, int(amount), share(int(amount), whole)) for held, amount in parts[1]]
    return [[(count, *shares, gini)], lines]


def _told_compare(answer: Any) -> list[Part]:  # noqa: ANN401 - a Comparison
    told: list[Part] = []
    for side in (answer.totals, answer.other_totals):
        counts = side.tracks, side.albums, side.artists, side.active_days
        told.append([(side.plays, side.ms_played, *counts)])
    for top in (answer.artists, answer.albums, answer.tracks):
        lists = (top.entries, top.exits, top.movers)
        told.append(
            [
                (part, item.id, item.rank, item.plays, item.other_rank, item.other_plays)
                for part, items in enumerate(lists, 1)
                for item in items
            ]
        )
    return told


def _shaped_compare(parts: list[Part]) -> list[Part]:
    here, there, *tops = parts
    return [
        *([row[:6] for row in side] for side in (here, there)),
        *([(row[0], *row[2:]) for row in top] for top in tops),
    ]


def _top(item: str, table: str, *, chart: str | None = None, kind: int = 0) -> Measure:
    sql = _TOP.format(
        sums=sums(item, kind=kind),
        before=_before(item, kind=kind),
        table=table,
        artist="NULL" if item == "artist" else "owner.name",
        join="" if item == "artist" else JOIN_ARTIST,
    )
    name = chart or f"top-{table}"
    own = {"kind": "podcast"} if kind else {}
    return Measure(name.replace("-", " "), name, (sql,), _told_top, own, _shaped_top)


def _timeline(unit: str, starts: str) -> Measure:
    return Measure(
        f"timeline by {unit}",
        "timeline",
        (TIMELINE.format(unit=starts),),
        _told_timeline,
        {"unit": unit},
    )


BEFORE_TOTALS = TOTALS.replace("$start", "$previous").replace("$end", "$start")
ITEMS = {"artist": "artists", "album": "albums", "track": "tracks"}
MEASURES = (
    Measure("totals", "totals", (TOTALS,), _told_totals),
    *(_top(item, table) for item, table in ITEMS.items()),
    _top("artist", "artists", chart="top-shows", kind=1),
    Measure("heatmap", "heatmap", (_HEATMAP,), _told_heatmap),
    _timeline("month", "DATE_TRUNC('month', local_day)::DATE"),
    _timeline("day", "local_day"),
    Measure(
        "timeline by hour",
        "timeline",
        (_TIMELINE_BY_HOUR,),
        _told_hours,
        {"unit": "hour"},
        most_days=92,
    ),
    Measure(
        "clock of artists",
        "clock",
        (_CLOCK, _CLOCK_LEADERS.format(sums=sums("artist"), item="artist")),
        _told_clock,
        {"item": "artists"},
        _shaped_clock,
    ),
    *(
        Measure(
            f"concentration of {table}",
            "concentration",
            (_CONCENTRATION.format(item=item), _FIRST_ITEMS.format(item=item)),
            _told_concentration,
            {"item": table},
            _shaped_concentration,
        )
        for item, table in ITEMS.items()
        if item != "album"
    ),
    Measure(
        "compare",
        "compare",
        (
            TOTALS,
            BEFORE_TOTALS,
            *(
                _COMPARE.format(sums=sums(item), before=_before(item), table=table)
                for item, table in ITEMS.items()
            ),
        ),
        _told_compare,
        shaped=_shaped_compare,
    ),
)
