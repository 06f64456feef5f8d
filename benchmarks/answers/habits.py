# ruff: noqa: S608 - the statements are made of constants
"""Streaks, repetition, sessions, skips and circumstances."""

from typing import Any

from benchmarks.answers.asking import COUNTED, RANGE, Measure, Part, ms, share

_BY_HAND = "('fwdbtn', 'backbtn', 'clickrow', 'clickside', 'playbtn', 'uriopen', 'popup')"
RUNS_OF_DAYS = f"""
WITH days AS (SELECT DISTINCT local_day FROM plays WHERE {RANGE} AND {COUNTED}),
numbered AS (
  SELECT local_day, local_day - (ROW_NUMBER() OVER (ORDER BY local_day))::INTEGER AS run FROM days
), runs AS (
  SELECT COUNT(*) AS length, MIN(local_day) AS starts_on, MAX(local_day) AS ends_on
  FROM numbered GROUP BY run
)
"""
_STREAKS = (
    f"{RUNS_OF_DAYS} SELECT * FROM runs ORDER BY length DESC, starts_on DESC LIMIT $limit",
    # All ranges asked about are over, so that their last day decides what is current.
    f"{RUNS_OF_DAYS} SELECT * FROM runs WHERE ends_on >= $last_day::DATE - 1",
)
_IN_ORDER = f"SELECT ended_at, track, ms_played FROM plays WHERE {RANGE} AND {COUNTED}"
_LOOPS = f"""
WITH counted AS ({_IN_ORDER}), marked AS (
  SELECT *, COALESCE(
    ended_at - LAG(ended_at, 2) OVER (PARTITION BY track ORDER BY ended_at) <= 86400000, FALSE
  ) AS loops FROM counted
), numbered AS (
  SELECT *, COALESCE(LAG(loops) OVER (PARTITION BY track ORDER BY ended_at), FALSE) AS goes_on
  FROM marked
)
"""
_REPEAT = (
    f"WITH counted AS ({_IN_ORDER}) SELECT COUNT(*), COUNT(DISTINCT track) FROM counted",
    f"""
    WITH sums AS (
      SELECT track, COUNT(*) FILTER ({COUNTED}) AS plays, SUM(ms_played) AS ms_played,
        MIN(ended_at) FILTER ({COUNTED}) AS first_at
      FROM plays WHERE {RANGE} GROUP BY track
    )
    SELECT track, plays, ms_played FROM sums WHERE plays > 0
    ORDER BY plays DESC, ms_played DESC, first_at LIMIT $limit
    """,
    f"""
    WITH counted AS ({_IN_ORDER}), numbered AS (
      SELECT *, ROW_NUMBER() OVER (ORDER BY ended_at)
        - ROW_NUMBER() OVER (PARTITION BY track ORDER BY ended_at) AS run FROM counted
    )
    SELECT track, COUNT(*) AS length, MIN(ended_at) AS first_at, MAX(ended_at) FROM numbered
    GROUP BY track, run ORDER BY length DESC, first_at LIMIT 1
    """,
    f"{_LOOPS} SELECT COUNT(*) FILTER (loops AND NOT goes_on), COUNT(*) FILTER (loops) FROM numbered",
    f"""{_LOOPS} SELECT track, COUNT(*) FILTER (NOT goes_on) AS count, COUNT(*) AS plays
    FROM numbered WHERE loops GROUP BY track
    ORDER BY count DESC, plays DESC, MIN(ended_at) LIMIT $limit""",
)
IN_SESSIONS = f"""
WITH heard AS (
  SELECT id, artist, started_at, ended_at, ms_played, start_hour, {COUNTED} AS is_counted,
    MAX(ended_at) OVER (
      ORDER BY started_at, ended_at, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS so_far
  FROM plays WHERE kind = 0 AND ms_played > 0
), numbered AS (
  SELECT *, SUM(CASE WHEN so_far IS NULL OR started_at - so_far >= 1800000 THEN 1 ELSE 0 END) OVER (
    ORDER BY started_at, ended_at, id ROWS UNBOUNDED PRECEDING
  ) AS session FROM heard
)
"""
FOUND_SESSIONS = f"""{IN_SESSIONS}, sessions AS (
  SELECT MIN(started_at) AS started_at, MAX(ended_at) AS ended_at,
    MAX(ended_at) - MIN(started_at) AS length, SUM(ms_played) AS ms_played,
    COUNT(*) FILTER (is_counted) AS plays, ARG_MIN(start_hour, (started_at, ended_at, id)) AS hour
  FROM numbered GROUP BY session
  HAVING COUNT(*) FILTER (is_counted) > 0 AND MIN(started_at) >= $start AND MIN(started_at) < $end
)
"""
_SESSIONS = (
    f"""{FOUND_SESSIONS} SELECT COUNT(*), SUM(length), QUANTILE_DISC(length, 0.5), SUM(plays),
    SUM(ms_played) FROM sessions""",
    f"{FOUND_SESSIONS} SELECT hour, COUNT(*) FROM sessions GROUP BY hour ORDER BY hour",
    f"""{FOUND_SESSIONS} SELECT started_at, ended_at, length, ms_played, plays FROM sessions
    ORDER BY length DESC, started_at LIMIT $limit""",
)
_JUDGED = f"""
WITH lengths AS (
  SELECT track, MAX(ms_played) AS length FROM plays WHERE kind = 0 AND is_done GROUP BY track
), judged AS (
  SELECT plays.track, artist, local_hour % 24 AS hour, ended_at,
    (skipped IS TRUE OR COALESCE(reason_end IN {_BY_HAND}, FALSE))
      AND ms_played * 2 < COALESCE(length, 60000) AS is_skip
  FROM plays JOIN contexts ON contexts.context = plays.context
  LEFT JOIN lengths ON lengths.track = plays.track
  WHERE {RANGE} AND (reason_end IS NOT NULL OR skipped IS TRUE)
)
"""
_MOST_SKIPPED = """{judged} SELECT {item}, COUNT(*) AS judged, COUNT(*) FILTER (is_skip) AS skips
FROM judged WHERE {item} > 0 GROUP BY {item} HAVING skips > 0
ORDER BY skips DESC, judged, MIN(ended_at) FILTER (is_skip) LIMIT $limit"""
_SKIPS = (
    f"SELECT COUNT(*) FROM plays WHERE {RANGE}",
    f"{_JUDGED} SELECT COUNT(*), COUNT(*) FILTER (is_skip) FROM judged",
    f"""{_JUDGED} SELECT hour, COUNT(*), COUNT(*) FILTER (is_skip) FROM judged
    GROUP BY hour ORDER BY hour""",
    *(_MOST_SKIPPED.format(judged=_JUDGED, item=item) for item in ("track", "artist")),
)
_CONTEXT = (
    f"""SELECT {{aspect}}, COUNT(*) FILTER ({COUNTED}) AS count, SUM(ms_played) AS time
    FROM plays JOIN contexts ON contexts.context = plays.context WHERE {RANGE}
    GROUP BY {{aspect}} HAVING count > 0 OR SUM(ms_played) > 0
    ORDER BY {{aspect}} IS NULL, count DESC, time DESC, {{aspect}}""",
    f"""SELECT DATE_TRUNC('month', local_day)::DATE AS unit, {{aspect}}, COUNT(*)
    FROM plays JOIN contexts ON contexts.context = plays.context WHERE {RANGE} AND {COUNTED}
    GROUP BY unit, {{aspect}} ORDER BY unit, {{aspect}} NULLS FIRST""",
)


def _told_streaks(answer: Any) -> list[Part]:  # noqa: ANN401 - a Streaks
    def line(streak: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a Streak
        return streak.days, streak.starts_on, streak.ends_on

    current = [line(answer.current)] if answer.current.days else []
    return [[line(streak) for streak in answer.items], current]


def _told_repeat(answer: Any) -> list[Part]:  # noqa: ANN401 - a Repeat
    run = answer.longest_run
    moments = () if run is None else (ms(run.first_play_at), ms(run.last_play_at))
    return [
        [(answer.plays, answer.tracks, answer.repeat_share, answer.plays_per_track)],
        [(item.id, item.plays, item.ms_played) for item in answer.items],
        [] if run is None else [(run.id, run.length, *moments)],
        [(answer.loops, answer.loop_plays)],
        [(item.id, item.loops, item.loop_plays) for item in answer.looped_tracks],
    ]


def _shaped_repeat(parts: list[Part]) -> list[Part]:
    plays, tracks = parts[0][0]
    repeated = round(1 - tracks / plays, 6) if plays else 0.0
    return [[(plays, tracks, repeated, share(plays, tracks))], *parts[1:]]


def _told_sessions(answer: Any) -> list[Part]:  # noqa: ANN401 - a SessionsAnswer
    means = answer.ms_mean, answer.ms_median, answer.plays_mean
    return [
        [(answer.sessions, *means, answer.ms_played)],
        [(line.hour, line.sessions) for line in answer.hours if line.sessions],
        [
            (ms(each.started_at), ms(each.ended_at), each.ms_length, each.ms_played, each.plays)
            for each in answer.longest
        ],
    ]


def _shaped_sessions(parts: list[Part]) -> list[Part]:
    count, *sums = parts[0][0]
    length, middle, plays, time = (int(number or 0) for number in sums)
    mean = round(length / count) if count else 0
    return [[(count, mean, middle, share(plays, count), time)], *parts[1:]]


def _told_skips(answer: Any) -> list[Part]:  # noqa: ANN401 - a Skips
    return [
        [(answer.plays,)],
        [(answer.judged, answer.skips, answer.share)],
        [(line.hour, line.judged, line.skips) for line in answer.items if line.judged],
        [(item.id, item.judged, item.skips) for item in answer.tracks],
        [(item.id, item.judged, item.skips) for item in answer.artists],
    ]


def _shaped_skips(parts: list[Part]) -> list[Part]:
    ((judged, skips),) = parts[1]
    return [parts[0], [(judged, skips, share(skips, judged))], *parts[2:]]


def _told_context(answer: Any) -> list[Part]:  # noqa: ANN401 - a Contexts
    names = [line.value for line in answer.values]
    units = [
        (unit.starts_on, name, plays)
        for unit in answer.items
        for name, plays in zip(names, unit.plays, strict=True)
        if plays
    ]
    return [
        [(line.value, line.plays, line.ms_played, line.share) for line in answer.values],
        sorted(units, key=lambda line: (line[0], line[1] or "")),
    ]


def _shaped_context(parts: list[Part]) -> list[Part]:
    values, units = parts
    whole = sum(plays for _, plays, _ in values)
    return [[(*line, share(line[1], whole)) for line in values], units]


MEASURES = (
    Measure("streaks", "streaks", _STREAKS, _told_streaks),
    Measure("repeat", "repeat", _REPEAT, _told_repeat, shaped=_shaped_repeat),
    Measure("sessions", "sessions", _SESSIONS, _told_sessions, shaped=_shaped_sessions),
    Measure("skips", "skips", _SKIPS, _told_skips, shaped=_shaped_skips),
    *(
        Measure(
            f"context by {aspect}",
            "context",
            tuple(sql.format(aspect=aspect) for sql in _CONTEXT),
            _told_context,
            {"aspect": aspect},
            _shaped_context,
        )
        for aspect in ("platform", "country")
    ),
)
