"""Sessions: how long and when somebody listens at a stretch."""

from typing import Annotated

import numpy as np
from msgspec import Meta

from tonearm.domain.offsets import local_ms
from tonearm.insights.axis import Axis
from tonearm.insights.chart import Chart
from tonearm.insights.paging import ListQuestion, NextCursor
from tonearm.insights.records import Covered, Hour, Record, Session
from tonearm.insights.sessions import PAUSE_MS, Sessions, list_sessions
from tonearm.insights.view import View

_HOUR_MS = 3_600_000
_HOURS = 24

Count = Annotated[int, Meta(description="Sessions that start in it.")]


class SessionsQuestion(ListQuestion, frozen=True, kw_only=True):
    """What sessions are asked."""


class SessionHour(Record, frozen=True):
    """One hour of the day."""

    hour: Hour
    sessions: Count


class SessionsAnswer(Record, frozen=True):
    """Sessions of a range: how many, how long, when they start, and the longest."""

    covered: Covered
    sessions: Annotated[int, Meta(description="Sessions that start in the range.")]
    ms_mean: Annotated[int, Meta(description="Mean length, pauses included, in milliseconds.")]
    ms_median: Annotated[
        int, Meta(description="Median length in milliseconds; of two in the middle the shorter.")
    ]
    plays_mean: Annotated[float, Meta(description="Mean number of counted plays.")]
    ms_played: Annotated[
        int, Meta(description="Listening time of all plays of the sessions, in milliseconds.")
    ]
    hours: tuple[SessionHour, ...]
    next_cursor: NextCursor
    longest: tuple[Session, ...]


def _answer(view: View, asked: SessionsQuestion) -> SessionsAnswer:
    home = view.at_home()
    found = list_sessions(home.lane, view.rule)
    rows = found.within(view.period, view.zone)
    inside = slice(*rows)
    lengths, count = found.ms_length[inside], rows[1] - rows[0]
    hours = _hours(home, found).sums(*rows).tolist()
    return SessionsAnswer(
        covered=view.covered(),
        sessions=count,
        ms_mean=round(int(lengths.sum()) / count) if count else 0,
        ms_median=int(np.partition(lengths, (count - 1) // 2)[(count - 1) // 2]) if count else 0,
        plays_mean=round(int(found.plays[inside].sum()) / count, 6) if count else 0.0,
        ms_played=int(found.ms_played[inside].sum()),
        hours=tuple(SessionHour(hour, sessions) for hour, sessions in enumerate(hours)),
        next_cursor=asked.next_cursor(count),
        longest=found.longest(rows, asked.end)[asked.begin :],
    )


def _hours(view: View, found: Sessions) -> Axis:
    def make() -> Axis:
        hours = local_ms(found.started_at, view.zone) // _HOUR_MS % _HOURS
        return Axis(hours.astype(np.uint8), _HOURS)

    return view.lane.once(("hours of sessions", view.zone, view.rule), make)


CHARTS = (
    Chart(
        name="sessions",
        title="Sessions",
        description="Listening sessions: how many, how long, at which hour they start, and the longest ones.",
        definition=(
            f"A play begins a session when it starts at least {PAUSE_MS // 60_000} minutes after everything "
            "before it has ended; plays without listening time and sessions without a counted play are left "
            "out. A session belongs to the range and hour in which it starts, is looked at whole, and lasts "
            "from its first start to its last end. Of the longest, `next_cursor` leads to "
            "shorter ones. Days and hours are those of the time zone, also of who "
            "travels."
        ),
        drawing="bars",
        question=SessionsQuestion,
        record=SessionsAnswer,
        answer=_answer,
        example={"limit": "5"},
        line_plays="session={started_at}",
    ),
)
