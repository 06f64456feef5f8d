# ruff: noqa: S608 - the statements are made of constants
"""What is made of many measures: taste, a year or a month in review, and what imports vouch for."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from benchmarks.answers.asking import (
    COUNTED,
    RANGE,
    Asked,
    Measure,
    Part,
    day_of,
    midnight_ms,
    ms,
    share,
)
from benchmarks.answers.habits import FOUND_SESSIONS, RUNS_OF_DAYS
from benchmarks.answers.rankings import (
    BEFORE_TOTALS,
    ITEMS,
    JOIN_ARTIST,
    RANK,
    TIMELINE,
    TOTALS,
    sums,
    told_units,
)
from benchmarks.answers.stories import COUNTED_PLAYS, LINE
from msgspec.structs import astuple, replace

_HEARD = f"SELECT * FROM plays WHERE {RANGE} AND {COUNTED}"
_LEADERS = f"""
WITH sums AS ({{sums}}), leaders AS (
  SELECT *, {RANK} FROM sums WHERE id > 0 AND plays > 0 ORDER BY rank LIMIT $limit
)"""
_FAVOURITES = f"""{_LEADERS}
SELECT rank, leaders.id, named.name, {{artist}}, plays, ms_played, (SELECT SUM(plays) FROM sums)
FROM leaders JOIN {{table}} named ON named.id = leaders.id {{join}} ORDER BY rank
"""
_BEST = f"""{_LEADERS}, units AS (
  SELECT {{item}} AS id, {{unit}} AS starts, COUNT(*) AS heard
  FROM ({_HEARD}) WHERE {{item}} IN (SELECT id FROM leaders) GROUP BY 1, 2
), best AS (SELECT id, ARG_MIN(starts, (-heard, starts)) AS starts FROM units GROUP BY id),
firsts AS (
  SELECT {{item}} AS id, MIN(ended_at) AS ever FROM plays WHERE kind = 0 AND {COUNTED} GROUP BY 1
)
SELECT leaders.id, best.starts, ever >= $start FROM leaders
JOIN best ON best.id = leaders.id JOIN firsts ON firsts.id = leaders.id ORDER BY rank
"""
_NEW = f"""{COUNTED_PLAYS}, inside AS (
  SELECT *, MIN(ended_at) OVER () AS first_at FROM counted WHERE {RANGE}
) SELECT {LINE} FROM inside"""
_BACK = f"""{COUNTED_PLAYS} SELECT track, ended_at, pause // 86400000 FROM counted
WHERE {RANGE} AND pause >= 15552000000 ORDER BY pause DESC, ended_at LIMIT 3"""


def _favourites(template: str, unit: str = "") -> tuple[str, ...]:
    return tuple(
        template.format(
            sums=sums(item),
            item=item,
            unit=unit,
            table=table,
            artist="NULL" if item == "artist" else "owner.name",
            join="" if item == "artist" else JOIN_ARTIST,
        )
        for item, table in ITEMS.items()
    )


_TASTE = (
    TOTALS,
    "SELECT MIN(ended_at) FROM plays WHERE kind = 0",
    _NEW,
    f"""SELECT local_hour // 24 AS weekday FROM ({_HEARD}) GROUP BY weekday
    ORDER BY COUNT(*) DESC, weekday LIMIT 1""",
    f"""SELECT local_hour % 24 AS hour, COUNT(*) AS plays FROM ({_HEARD}) GROUP BY hour
    ORDER BY plays DESC, hour LIMIT 3""",
    *_favourites(_FAVOURITES),
)
_REVIEW = (
    TOTALS,
    BEFORE_TOTALS,
    _NEW,
    _BACK,
    f"""SELECT local_hour % 24 AS hour FROM ({_HEARD}) GROUP BY hour
    ORDER BY COUNT(*) DESC, hour LIMIT 1""",
    f"""SELECT ended_at, track, named.name, owner.name FROM ({_HEARD}) AS heard
    JOIN tracks named ON named.id = heard.track {JOIN_ARTIST} ORDER BY ended_at LIMIT 1""",
    f"""SELECT local_day, COUNT(*) FILTER ({COUNTED}), SUM(ms_played) AS time FROM plays
    WHERE {RANGE} GROUP BY local_day HAVING time > 0 ORDER BY time DESC, local_day LIMIT 1""",
    f"""{FOUND_SESSIONS} SELECT started_at, ended_at, length, ms_played, plays FROM sessions
    ORDER BY length DESC, started_at LIMIT 1""",
    f"{RUNS_OF_DAYS} SELECT * FROM runs ORDER BY length DESC, starts_on DESC LIMIT 1",
)


def _review(unit: str) -> tuple[str, ...]:
    """Give the statements of a year or a month by the units of the calendar that tell it."""
    return (
        *_REVIEW,
        TIMELINE.format(unit=unit),
        *_favourites(_FAVOURITES),
        *_favourites(_BEST, unit),
    )


# All ranges asked about are over, so that none reaches beyond the present.
_SPANS = """
WITH bounds AS (
  SELECT GREATEST($start, MIN(ended_at)) AS low, $end AS high FROM plays
), parts AS (
  SELECT * FROM complete UNION ALL SELECT starts, ends FROM days
), marked AS (
  SELECT *, COALESCE(starts > MAX(ends) OVER (
    ORDER BY starts, ends ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
  ), TRUE)::INTEGER AS is_apart FROM parts
), numbered AS (
  SELECT *, SUM(is_apart) OVER (ORDER BY starts, ends ROWS UNBOUNDED PRECEDING) AS run FROM marked
), spans AS (
  SELECT GREATEST(MIN(starts), low) AS starts, LEAST(MAX(ends), high) AS ends
  FROM numbered, bounds GROUP BY run, low, high HAVING MIN(starts) < high AND MAX(ends) > low
)
"""
_COMPLETENESS = (
    f"""{_SPANS} SELECT low, high, (SELECT COALESCE(SUM(ends - starts), 0) FROM spans),
      (SELECT COALESCE(SUM(LEAST(ends, high) - GREATEST(starts, low)), 0) FROM complete
       WHERE starts < high AND ends > low)
    FROM bounds""",
    f"""{_SPANS}, edges AS (
      SELECT starts, ends FROM spans UNION ALL SELECT low, low FROM bounds
      UNION ALL SELECT high, high FROM bounds
    ), gaps AS (
      SELECT ends AS gap_from, LEAD(starts) OVER (ORDER BY starts, ends) AS gap_to FROM edges
    ) SELECT gap_from, gap_to FROM gaps WHERE gap_from < gap_to ORDER BY gap_from""",
    f"""SELECT is_account, COUNT(*) FILTER ({COUNTED}), SUM(ms_played) FROM plays WHERE {RANGE}
    GROUP BY is_account ORDER BY is_account""",
    "SELECT MIN(ended_at), MAX(ended_at) FROM plays",
)


def _told_favourites(answer: Any) -> list[Part]:  # noqa: ANN401 - a Taste, a Year or a Month
    return [
        [
            (item.rank, item.id, item.name, item.artist, item.plays, item.ms_played, item.share)
            for item in items
        ]
        for items in (answer.artists, answer.albums, answer.tracks)
    ]


def _shaped_favourites(parts: list[Part]) -> list[Part]:
    return [[(*row[:-1], share(row[4], int(row[-1]))) for row in part] for part in parts]


def _totals(row: tuple[Any, ...]) -> tuple[int, ...]:
    """Bring DuckDB's totals to those of answers, with the mean of active days."""
    return *row[:6], round(row[1] / row[5]) if row[5] else 0


def _line(found: Any) -> tuple[Any, ...]:  # noqa: ANN401 - DiscoveryTotals
    new = found.new_artists, found.new_albums, found.new_tracks
    return found.plays, *new, found.plays_of_new, found.rediscoveries, found.new_share


def _told_taste(answer: Any) -> list[Part]:  # noqa: ANN401 - a Taste
    weekday = answer.peak_weekday
    return [
        [astuple(answer.totals)],
        [(answer.repeat_share, answer.plays_per_track)],
        [(ms(answer.first_play_at),)],
        [(answer.new_artists, answer.new_tracks, answer.new_share)],
        [] if weekday is None else [(weekday,)],
        [(line.hour, line.plays, line.share) for line in answer.peak_hours],
        *_told_favourites(answer),
    ]


def _shaped_taste(parts: list[Part]) -> list[Part]:
    whole, first, new, weekday, hours, *favourites = parts
    plays, _, tracks, *_ = whole[0]
    return [
        [_totals(whole[0])],
        [(round(1 - tracks / plays, 6) if plays else 0.0, share(plays, tracks))],
        first,
        [(line[1], line[3], share(line[4], line[0])) for line in new],
        weekday,
        [(*line, share(line[1], plays)) for line in hours],
        *_shaped_favourites(favourites),
    ]


def _told_year(answer: Any) -> list[Part]:  # noqa: ANN401 - a Year
    return _told_review(answer, answer.months, "best_month")


def _told_month(answer: Any) -> list[Part]:  # noqa: ANN401 - a Month
    return _told_review(answer, answer.days, "best_day")


def _told_review(answer: Any, units: Sequence[Any], best: str) -> list[Part]:  # noqa: ANN401 - either
    play, day, session, streak = (
        answer.first_play, answer.peak_day, answer.longest_session, answer.longest_streak
    )  # fmt: skip
    beside = [answer.previous, answer.change, answer.ratio]
    return [
        [astuple(answer.totals)],
        [astuple(one) for one in beside if one is not None],
        [_line(answer.discovery)],
        [(item.id, ms(item.played_at), item.pause_days) for item in answer.rediscovered],
        [] if answer.peak_hour is None else [(answer.peak_hour,)],
        [(ms(play.played_at), play.id, play.name, play.artist)] if play else [],
        [(day.day, day.plays, day.ms_played)] if day else [],
        [
            (ms(one.started_at), ms(one.ended_at), one.ms_length, one.ms_played, one.plays)
            for one in (session,)
            if one
        ],
        [(streak.days, streak.starts_on, streak.ends_on)] if streak else [],
        told_units(units),
        *_told_favourites(answer),
        *(
            [(item.id, getattr(item, best), item.is_new) for item in items]
            for items in (answer.artists, answer.albums, answer.tracks)
        ),
    ]


def _shaped_review(parts: list[Part]) -> list[Part]:
    here, there, new, *rest = parts
    totals, before = _totals(here[0]), _totals(there[0])
    pairs = list(zip(totals, before, strict=True))
    beside: Part = [
        before,
        tuple(one - other for one, other in pairs),
        tuple(round(one / other, 6) if other else None for one, other in pairs),
    ]
    return [
        [totals],
        beside if before[0] else [],
        [(*line, share(line[4], line[0])) for line in new],
        *rest[:-6],
        *_shaped_favourites(rest[-6:-3]),
        *rest[-3:],
    ]


def _of_a_year(asked: Asked) -> Asked:
    """Ask about the year in which a range ends."""
    zone = asked.question.zone or "UTC"
    year = day_of(asked.end - 1, zone).year
    end, start, before = (midnight_ms(date(year + step, 1, 1), zone) for step in (1, 0, -1))
    question = replace(asked.question, range="all", year=year)
    return Asked(question, start, end, before)


def _of_a_month(asked: Asked) -> Asked:
    """Ask about the month in which a range ends."""
    zone = asked.question.zone or "UTC"
    first = day_of(asked.end - 1, zone).replace(day=1)
    days = (first + timedelta(days=31)).replace(day=1), first, first - timedelta(days=1)
    end, start, before = (midnight_ms(day.replace(day=1), zone) for day in days)
    question = replace(asked.question, range="all", month=f"{first:%Y-%m}")
    return Asked(question, start, end, before)


def _told_completeness(answer: Any) -> list[Part]:  # noqa: ANN401 - a Completeness
    return [
        [(answer.coverage, answer.partial_share, answer.gaps)],
        [(ms(gap.from_at), ms(gap.to_at)) for gap in answer.items],
        [
            (source.source == "account", source.plays, source.ms_played)
            for source in answer.sources
            if source.plays or source.ms_played
        ],
        [(ms(answer.first_play_at), ms(answer.last_play_at))],
    ]


def _shaped_completeness(parts: list[Part]) -> list[Part]:
    ((low, high, covered, complete),), gaps, *rest = parts
    if low >= high:
        return [[(None, None, 0)], [], *rest]
    shares = share(int(covered), high - low), share(int(covered - complete), high - low)
    return [[(*shares, len(gaps))], gaps, *rest]


MEASURES = (
    Measure("taste", "taste", _TASTE, _told_taste, shaped=_shaped_taste),
    Measure(
        "year in review",
        "year",
        _review("DATE_TRUNC('month', local_day)::DATE"),
        _told_year,
        shaped=_shaped_review,
        fitted=_of_a_year,
    ),
    Measure(
        "month in review",
        "month",
        _review("local_day"),
        _told_month,
        shaped=_shaped_review,
        fitted=_of_a_month,
    ),
    Measure(
        "completeness",
        "completeness",
        _COMPLETENESS,
        _told_completeness,
        {"limit": 100},
        _shaped_completeness,
    ),
)
