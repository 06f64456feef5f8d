"""Measures are what their definitions say: against brute force, in hard zones, over ties."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from listening import add_user, bring_in, files_of, imports_for
from measuring import (
    AnyQuestion,
    Measured,
    check_everything,
    check_timeline,
    check_top,
    check_totals,
    own_question,
)  # fmt: skip
from moving_clock import MovingClock
from oracle.plays import OraclePlay, plays_of
from oracle.strategies import histories
from tonearm.domain.errors import InvalidInputError, NotFoundError
from tonearm.domain.instants import to_ms
from tonearm.domain.offsets import local_days
from tonearm.domain.vocabulary import RankBy, Rule
from tonearm.history.store import ColumnStore
from tonearm.insights.axis import Axis, Occurrences
from tonearm.insights.charts.compare import CompareQuestion
from tonearm.insights.charts.completeness import CompletenessQuestion
from tonearm.insights.charts.top import TopQuestion
from tonearm.insights.insights import Insights
from tonearm.insights.question import Question
from tonearm.storage.database import Database

MODEST = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ZONES = ("Europe/Berlin", "America/St_Johns", "Asia/Kolkata", "Pacific/Apia")
# Just where something turns over: by zone, the changes of clocks, and the day that Apia never had.
EDGES = tuple(
    datetime.fromisoformat(moment).astimezone(UTC)
    for moment in (
        "2011-12-30T10:00:00Z",  # Apia goes from 29 to 31 December
        "2010-11-07T02:31:00Z",  # St John's goes back over midnight, at 00:01
        "2010-03-14T03:31:00Z",  # and forward again, a minute after midnight
        "2024-03-31T01:00:00Z",  # Berlin's day of 23 hours
        "2024-10-27T01:00:00Z",  # and of 25
        "2023-12-31T23:00:00Z",  # a year ends in Berlin
        "2023-12-31T18:30:00Z",  # in Kolkata
        "2024-01-01T03:30:00Z",  # in St John's
        "2021-01-04T00:00:00Z",  # the first week of 2021 begins, which has a week 53 before it
    )
)
NOW = datetime(2024, 4, 2, 9, 30, tzinfo=UTC)
RANGES = (
    "all", "2010", "2011", "2024", "2011-12", "2010-11", "2024-03", "2024-10", "2020-W53",
    "2024-W13", "2010-W44", "2011-12-29", "2011-12-30", "2011-12-31", "2010-11-06", "2010-11-07",
    "2024-03-31", "2024-10-27", "2010-11-06..2010-11-08", "2011-12-29..2012-01-02",
    "2023-12-30..2024-03-31", "2008-02-29..2024-02-29", "today", "yesterday", "this_week",
    "last_week", "this_month", "last_month", "this_year", "last_year", "last_7_days",
    "last_30_days", "last_90_days", "last_365_days",
)  # fmt: skip
SHIFTS = (0, 1, 60, 3_599, 3_600, 5_400, 43_200, 86_399, 86_400, 40 * 86_400)
ARTISTS = ("Glass Harbour", "glass  harbour", "Noite", "Straße", "STRASSE", None)
ALBUMS = ("Signals", "signals", "夜", None)


@st.composite
def items(draw: st.DrawFn, number: int) -> tuple[str, str | None, str | None, str | None, str]:
    return (
        f"spotify:track:{number:022d}",
        draw(st.sampled_from(("Blue", "blue", "Red", None))),
        draw(st.sampled_from(ARTISTS)),
        draw(st.sampled_from(ALBUMS)),
        draw(st.sampled_from(("music", "music", "music", "podcast", "audiobook"))),
    )


@st.composite
def listens(draw: st.DrawFn) -> list[OraclePlay]:
    """Plays around the edges of days and years, few lengths and few items, so that much ties."""
    tracks = [draw(items(number)) for number in range(draw(st.integers(1, 6)))]
    plays = []
    for _ in range(draw(st.integers(0, 24))):
        moment = draw(st.sampled_from((*EDGES, NOW)))
        shift = draw(st.sampled_from(SHIFTS)) * draw(st.sampled_from((-1, 1)))
        ended = to_ms(moment + timedelta(seconds=shift)) + draw(st.sampled_from((-1, 0, 0, 1)))
        key, title, artist, album, kind = draw(st.sampled_from(tracks))
        ms = draw(st.sampled_from((0, 1, 29_999, 30_000, 30_000, 180_000)))
        reason = draw(st.sampled_from(("trackdone", "fwdbtn", None)))
        plays.append(
            OraclePlay(
                ended, key, ended - ms, ms, title, artist, album, kind,
                None, None, None, reason, None, None, None, None,
            )
        )  # fmt: skip
    return plays


def questions() -> st.SearchStrategy[AnyQuestion]:
    return st.builds(
        AnyQuestion,
        range=st.sampled_from(RANGES),
        zone=st.sampled_from(ZONES),
        rule=st.sampled_from(Rule),
        kind=st.sampled_from(("music", "music", "all", "podcast", "audiobook")),
        by=st.sampled_from(RankBy),
        limit=st.sampled_from((1, 2, 3, 10)),
        unit=st.sampled_from(("day", "week", "month", "year")),
    )


@given(plays=listens(), asked=st.lists(questions(), min_size=4, max_size=4))
@settings(MODEST, max_examples=150)
def test_every_measure_is_brute_forces(
    connection: Connection, plays: list[OraclePlay], asked: list[AnyQuestion]
) -> None:
    measured = Measured(connection, plays)
    for question in asked:
        check_everything(measured, question, NOW)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("named", RANGES)
def test_every_range_in_every_zone(named: str, zone: str, connection: Connection) -> None:
    """A play every seven hours and at every edge, over the years with the hard days."""
    step = timedelta(hours=7)
    moments = [
        begin + count * step
        for begin in (datetime(2010, 10, 25, tzinfo=UTC), datetime(2011, 12, 20, tzinfo=UTC),
                      datetime(2023, 12, 20, tzinfo=UTC), datetime(2024, 3, 20, tzinfo=UTC),
                      datetime(2024, 10, 20, tzinfo=UTC))
        for count in range(60)
    ]  # fmt: skip
    moments += [edge + timedelta(seconds=shift) for edge in EDGES for shift in (-1, 0, 60, 3_600)]
    plays = [
        play_at(to_ms(moment), index % 7, 20_000 + index) for index, moment in enumerate(moments)
    ]
    measured = Measured(connection, plays)
    for unit in ("day", "week", "month", "year"):
        asked = AnyQuestion(range=named, zone=zone, unit=unit)
        check_timeline(measured.ask("timeline", asked, NOW), plays, asked, NOW)
    check_everything(measured, asked, NOW)


def play_at(ended: int, track: int, ms: int, reason: str | None = None) -> OraclePlay:
    return OraclePlay(
        ended, f"spotify:track:{track:022d}", ended - ms, ms, f"Song {track}",
        f"Artist {track % 400}", f"Album {track % 900}", "music",
        None, None, None, reason, None, None, None, None,
    )  # fmt: skip


def random_plays(count: int, seed: int, tracks: int) -> list[OraclePlay]:
    """Twelve years of plays; a track's number leans to the small ones, as favourites do."""
    rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
    begin, span = to_ms(datetime(2012, 1, 1, tzinfo=UTC)), 12 * 365 * 86_400_000
    return [
        play_at(
            begin + rng.randrange(span),
            int(tracks * rng.random() ** 2),
            rng.choice((0, 12_000, 30_000, 180_000, 200_000)),
            rng.choice(("trackdone", "fwdbtn", None)),
        )
        for _ in range(count)
    ]


@pytest.mark.parametrize("zone", ZONES)
def test_a_larger_history_is_brute_forces_too(zone: str, connection: Connection) -> None:
    measured = Measured(connection, random_plays(5_000, seed=11, tracks=1_500))
    for rule, by, named in (
        (Rule.THIRTY_SECONDS, RankBy.PLAYS, "all"),
        (Rule.HALF, RankBy.TIME, "2016"),
        (Rule.DONE, RankBy.PLAYS, "2019-03"),
        (Rule.ANY, RankBy.TIME, "2014-07-01..2018-02-11"),
    ):
        asked = AnyQuestion(range=named, zone=zone, rule=rule, by=by, limit=60, unit="month")
        check_everything(measured, asked, NOW)


def test_block_borders_leave_no_trace(connection: Connection) -> None:
    """More plays than two blocks of running sums, and ranges that begin and end all over them."""
    measured = Measured(connection, random_plays(270_000, seed=5, tracks=9_000))
    plays, zone = measured.plays, "America/St_Johns"
    asked = AnyQuestion(range="2013-02-03..2023-11-30", zone=zone, limit=25)
    check_totals(measured.ask("totals", asked, NOW), plays, asked, NOW)
    check_top(measured.ask("top-tracks", asked, NOW), "tracks", plays, asked, NOW)


@pytest.mark.parametrize("border", [0, 1, 8_191, 8_192, 8_193, 262_143, 262_144, 300_000])
@pytest.mark.parametrize("other", [0, 5, 12_288, 16_384, 262_144, 262_145, 300_000])
def test_sums_over_any_rows_are_plain_sums(border: int, other: int) -> None:
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 50, 300_000).astype(np.int32)
    weights = rng.integers(0, 86_400_001, 300_000).astype(np.int32)
    start, end = sorted((border, other))
    counted, summed = Axis(labels, 50).sums(start, end), Axis(labels, 50, weights).sums(start, end)
    for label in range(0, 50, 7):
        mask = labels[start:end] == label
        assert counted[label] == np.count_nonzero(mask)
        assert summed[label] == int(weights[start:end][mask].sum(dtype=np.int64))


@given(
    labels=st.lists(st.integers(0, 6), max_size=40),
    label=st.integers(0, 6),
    edges=st.tuples(st.integers(0, 40), st.integers(0, 40)),
)
@settings(MODEST, max_examples=100)
def test_occurrences_are_where_they_are(
    labels: list[int], label: int, edges: tuple[int, int]
) -> None:
    start, end = sorted(min(edge, len(labels)) for edge in edges)
    where = [row for row in range(start, end) if labels[row] == label]
    found = Occurrences(np.array(labels, np.int32), 7).first_and_last(label, start, end)
    assert found == ((where[0], where[-1]) if where else None)


@given(
    zone=st.sampled_from((*ZONES, "UTC", "Africa/Casablanca", "Atlantic/Azores")),
    around=st.lists(
        st.tuples(st.sampled_from(EDGES), st.integers(-2 * 86_400, 2 * 86_400)), max_size=30
    ),
)
@settings(MODEST, max_examples=150)
def test_local_days_ascend_and_are_the_calendars(
    zone: str, around: list[tuple[datetime, int]]
) -> None:
    moments = sorted(edge + timedelta(seconds=shift) for edge, shift in around)
    instants = np.array([to_ms(moment) for moment in moments], np.int64)
    days = local_days(instants, zone).tolist()
    assert days == sorted(days)
    for moment, day in zip(moments, days, strict=True):
        shown = moment.astimezone(ZoneInfo(zone)).date()
        # An hour that clocks show twice around midnight belongs to the day that has begun.
        assert (shown - datetime(1970, 1, 1, tzinfo=UTC).date()).days in (day, day - 1)
        if (zone, moment.year) != ("America/St_Johns", 2010):
            assert (shown - datetime(1970, 1, 1, tzinfo=UTC).date()).days == day


def test_ties_without_end_are_settled_by_name_and_key(connection: Connection) -> None:
    """More tracks level on plays, time and first play than a query may have parameters."""
    count = 70_000
    moment = to_ms(datetime(2024, 3, 30, 12, tzinfo=UTC))
    plays = [play_at(moment, track, 180_000) for track in range(count)]
    measured = Measured(connection, plays)
    asked = AnyQuestion(range="2024-03", limit=3)
    found = measured.ask("top-tracks", asked, NOW)
    assert found.total == count
    assert [line.name for line in found.items] == ["Song 0", "Song 1", "Song 10"]


def test_ties_are_settled_by_first_play_without_a_look_at_names(connection: Connection) -> None:
    moment = to_ms(datetime(2024, 1, 1, tzinfo=UTC))
    plays = [play_at(moment + 1_000 * track, 4_999 - track, 180_000) for track in range(5_000)]
    plays += [play_at(moment - 86_400_000 * 366 + t, t, 180_000) for t in range(500)]
    measured = Measured(connection, plays)
    asked = AnyQuestion(range="2024-01", limit=500)
    check_top(measured.ask("top-tracks", asked, NOW), "tracks", plays, asked, NOW)
    asked = AnyQuestion(range="2024", limit=500)
    check_top(measured.ask("top-tracks", asked, NOW), "tracks", plays, asked, NOW)


# Through the whole product: rows of exports, an import, and the door that everything asks at.


@pytest.fixture
def insights(sqlite_database: Database, tmp_path: Path, clock: MovingClock) -> Insights:
    store = ColumnStore(tmp_path / "cache")
    return Insights(sqlite_database, store, clock, most_bytes=1 << 24)


class Door:
    """Asks as Measured does, of what was imported."""

    def __init__(self, insights: Insights, plays: list[OraclePlay], user_id: int) -> None:
        self.insights, self.user_id, self.plays = insights, user_id, plays

    def ask(self, chart: str, question: Question, _now: datetime) -> Any:  # noqa: ANN401 - each measure has its record
        return self.insights.answer(chart, self.user_id, own_question(chart, question))


USERS = iter(range(1, 10_000))


@given(
    rows=histories(),
    more=histories(),
    asked=st.lists(questions(), min_size=3, max_size=3),
)
@settings(MODEST, max_examples=25)
def test_imported_histories_are_measured_as_brute_force_does(
    insights: Insights, sqlite_database: Database, tmp_path: Path, clock: MovingClock,
    rows: list[Any], more: list[Any], asked: list[AnyQuestion],
) -> None:  # fmt: skip
    user = add_user(sqlite_database, clock, next(USERS))
    imports = imports_for(sqlite_database, tmp_path, clock)
    told: list[Any] = []
    for part in (rows, more):  # each version is seen, not the one before it
        bring_in(imports, files_of(part), user_id=user)
        told += part
        door = Door(insights, with_digests(plays_of(told, now=clock())), user)
        for question in asked:
            check_everything(door, question, clock())  # type: ignore[arg-type] # it asks the same way


def with_digests(plays: list[OraclePlay]) -> list[OraclePlay]:
    """Give local tracks the keys that the product gives them: ties may come down to those."""
    from hashlib import sha256  # noqa: PLC0415 - only this

    def key_of(key: str) -> str:
        if not key.startswith("local:"):
            return key
        parts = [part.encode() for part in key.removeprefix("local:").split("\x1f")]
        whole = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return f"local:{sha256(whole).hexdigest()}"

    return [play._replace(track_key=key_of(play.track_key)) for play in plays]


@pytest.mark.parametrize(
    ("question", "parameter"),
    [
        (TopQuestion(limit=0), "limit"),
        (TopQuestion(limit=501), "limit"),
        (Question(range="last_6_days"), "range"),
        (Question(zone="Mars/Olympus"), "zone"),
    ],
)
def test_bad_questions_name_their_parameter(
    question: Question, parameter: str, insights: Insights
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        insights.answer("totals", 1, question)
    assert refused.value.parameter == parameter
    with pytest.raises(NotFoundError, match="top-artists"):
        insights.answer("nothing", 1, Question())


@pytest.mark.parametrize(
    ("chart", "question", "goes_on"),
    [
        ("completeness", CompletenessQuestion(range="this_week"), True),
        ("totals", Question(), True),
        ("totals", Question(range="2026-04"), False),
        ("totals", Question(range="2026-05-01", zone="Asia/Tokyo"), True),
        ("totals", Question(range="2026-05-01", zone="Pacific/Kiritimati"), False),
        ("totals", Question(from_="2026-01-01"), True),
        ("compare", CompareQuestion(range="2025"), False),
        ("compare", CompareQuestion(range="2025", other="2024"), False),
        ("compare", CompareQuestion(range="2025", other="all"), True),
    ],
)
def test_what_goes_on_is_kept_for_a_minute_and_what_is_past_for_the_day(
    insights: Insights,
    sqlite_database: Database,
    tmp_path: Path,
    clock: MovingClock,
    chart: str,
    question: Question,
    goes_on: bool,  # noqa: FBT001 - one of the cases
) -> None:
    user = add_user(sqlite_database, clock, next(USERS))
    row = {"ts": "2026-04-20T10:00:00Z", "ms_played": 60_000, "master_metadata_track_name": "x"}
    bring_in(imports_for(sqlite_database, tmp_path, clock), files_of([row]), user_id=user)
    first = insights.answer_bytes(chart, user, question)
    clock.advance(seconds=59)
    assert insights.cached_bytes(chart, user, question) == first
    clock.advance(seconds=1)
    assert insights.cached_bytes(chart, user, question) == (None if goes_on else first)
    body, etag = insights.answer_bytes(chart, user, question)
    assert (etag != first[1]) == goes_on
    if chart == "completeness":
        assert b'"to_at":"2026-05-01T12:01:00Z"' in body


def test_kept_answers_are_of_the_newest_history(
    insights: Insights, sqlite_database: Database, tmp_path: Path, clock: MovingClock
) -> None:
    user = add_user(sqlite_database, clock, next(USERS))
    imports = imports_for(sqlite_database, tmp_path, clock)
    row = {"ts": "2026-05-01T10:00:00Z", "ms_played": 60_000, "master_metadata_track_name": "x"}
    empty, _ = insights.answer_bytes("totals", user, Question(range="today"))
    assert b'"plays":0' in empty
    record = bring_in(imports, files_of([row]), user_id=user)
    one, tag = insights.answer_bytes("totals", user, Question(range="today"))
    assert b'"plays":1' in one
    assert insights.answer_bytes("totals", user, Question(range="today")) == (one, tag)
    clock.advance(days=1)
    assert b'"plays":0' in insights.answer_bytes("totals", user, Question(range="today"))[0]
    clock.advance(days=-1)
    imports.undo(user, record.id)
    assert b'"plays":0' in insights.answer_bytes("totals", user, Question(range="today"))[0]
