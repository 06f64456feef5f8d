"""Plays counted for every artist of their tracks: against brute force, which tells each play once for each of them."""

from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import Connection, select

from asking import NOW, QUICK, questions
from measuring import AnyQuestion, Measured, bounds, credited, instant
from oracle import company, discovery, habits, measures, rhythm
from oracle.examples import heard
from oracle.plays import OraclePlay, normal
from oracle.strategies import HEARD, listens
from tonearm.domain.preferences import Preferences
from tonearm.domain.vocabulary import RankBy
from tonearm.insights.charts.clock import ClockQuestion
from tonearm.insights.charts.compare import CompareQuestion
from tonearm.insights.charts.ranks import RanksQuestion
from tonearm.insights.charts.top import TopQuestion
from tonearm.insights.charts.year import YearQuestion
from tonearm.insights.plays import PlaysQuestion, list_plays
from tonearm.insights.question import make_question
from tonearm.insights.trends import list_trends
from tonearm.storage.tables import artists

GUESTS = ("Noite Branca", "Guest", "GUEST", "Zeta", *(str(one[2]) for one in HEARD if one[2]))
FURTHER = st.dictionaries(
    st.sampled_from([str(one[0]) for one in HEARD]),
    st.lists(st.sampled_from(GUESTS), max_size=3),
    min_size=1,
)


@given(plays=listens(), asked=questions(AnyQuestion), further=FURTHER, by=st.sampled_from(RankBy))
@QUICK
def test_artists_are_brute_forces(
    connection: Connection,
    plays: list[OraclePlay],
    asked: AnyQuestion,
    further: dict[str, list[str]],
    by: RankBy,
) -> None:
    measured = Measured(connection, plays, further=further)
    asked = replace(asked, credit="all", by=by, limit=500)
    each, zone = credited(measured.plays, further), ZoneInfo(asked.zone)
    rule: measures.Rule = asked.rule.value
    (start, stop), before = bounds(asked, NOW)
    ranked = measures.top(
        each, "artists", start, stop, rule=rule, kind=asked.kind, by=by.value, previous=before
    )  # fmt: skip
    whole = measures.totals(measured.plays, start, stop, zone, rule, asked.kind)
    found = measured.ask("top-artists", asked, NOW)
    assert [
        (one.rank, one.name, one.plays, one.ms_played, instant(one.first_play_at), instant(one.last_play_at),
         one.previous_rank, one.is_new)
        for one in found.items
    ] == [
        (row.rank, row.name or row.key[0], *row[2:6], row.previous_rank, row.is_new) for row in ranked
    ]  # fmt: skip
    for line in found.items:
        part = (
            (line.plays, whole.plays) if by is RankBy.PLAYS else (line.ms_played, whole.ms_played)
        )
        assert abs(line.share - part[0] / part[1]) < 1e-6

    totals = measured.ask("totals", asked, NOW)
    distinct = measures.totals(each, start, stop, zone, rule, asked.kind).artists
    assert (totals.plays, totals.ms_played, totals.artists) == (*whole[:2], distinct)


@given(plays=listens(), asked=questions(AnyQuestion), further=FURTHER, by=st.sampled_from(RankBy))
@QUICK
def test_what_is_made_of_artists_is_brute_forces(
    connection: Connection,
    plays: list[OraclePlay],
    asked: AnyQuestion,
    further: dict[str, list[str]],
    by: RankBy,
) -> None:
    measured = Measured(connection, plays, further=further)
    asked = replace(asked, credit="all", by=by, limit=500)
    each, zone = credited(measured.plays, further), ZoneInfo(asked.zone)
    rule: measures.Rule = asked.rule.value
    (start, stop), _ = bounds(asked, NOW)
    concentration = measured.ask("concentration", asked, NOW)
    expected = habits.concentration(each, start, stop, zone, rule, asked.kind, by=by.value)
    assert [(one.first, one.amount) for one in concentration.items] == [
        (first, amount) for first, amount, _ in expected.held
    ]
    assert abs(concentration.gini - expected.gini) < 1e-6

    firsts = discovery.first_plays(each, rule, asked.kind, "artists").values()
    new = len(measures.within(list(firsts), start, stop, asked.kind))
    assert measured.ask("discovery", asked, NOW).totals.new_artists == new
    assert measured.ask("taste", asked, NOW).new_artists == new

    skipped = habits.skips(each, start, stop, zone, rule, asked.kind, limit=500).artists
    assert [
        (one.name, one.judged, one.skips) for one in measured.ask("skips", asked, NOW).artists
    ] == [(one.name or one.key[0], one.judged, one.skips) for one in skipped]

    marks = [
        (mark.number, mark.at)
        for mark in discovery.milestones(each, start, stop, zone, rule, asked.kind, limit=500)
        if mark.kind == "artists"
    ]
    assert [
        (one.number, instant(one.played_at))
        for one in measured.ask("milestones", asked, NOW).items
        if one.kind == "artists"
    ] == marks

    hours = ClockQuestion(
        range=asked.range, zone=asked.zone, rule=asked.rule, kind=asked.kind, credit="all",
        item="artists", by=by, limit=500,
    )  # fmt: skip
    assert [
        (list(one.plays_by_hour), list(one.ms_by_hour))
        for one in measured.ask("clock", hours, NOW).leaders
    ] == [
        (list(one.plays), list(one.ms_played))
        for one in rhythm.item_clocks(
            each, start, stop, zone, rule, asked.kind, item="artists", by=by.value, limit=500
        )
    ]


@given(
    plays=listens(), asked=questions(AnyQuestion), further=FURTHER, guest=st.sampled_from(GUESTS)
)
@QUICK
def test_one_artist_is_brute_forces(
    connection: Connection,
    plays: list[OraclePlay],
    asked: AnyQuestion,
    further: dict[str, list[str]],
    guest: str,
) -> None:
    measured = Measured(connection, plays, further=further)
    each = credited(measured.plays, further)
    zone, key = ZoneInfo(asked.zone), ("music", normal(guest))
    rule: measures.Rule = asked.rule.value
    if key not in measures.names_of(each, "artists"):
        return
    number = connection.scalar(
        select(artists.c.id).where(artists.c.kind == key[0], artists.c.key == key[1])
    )
    asked = replace(asked, kind="music", credit="all", artist=f"#{number}", limit=500)
    (start, stop), _ = bounds(asked, NOW)
    own = [play for play in each if measures.artist_key(play) == key]
    expected = measures.totals(own, start, stop, zone, rule, "music")
    totals = measured.ask("totals", asked, NOW)
    assert (totals.plays, totals.ms_played, totals.tracks, totals.active_days) == (
        expected.plays, expected.ms_played, expected.tracks, expected.active_days,
    )  # fmt: skip
    listed = PlaysQuestion(
        range=asked.range, zone=asked.zone, rule=asked.rule, credit="all", artist=asked.artist,
        counted="in", limit=500,
    )  # fmt: skip
    assert list_plays(measured.view(listed, NOW), listed).total == expected.plays

    loyalty = measured.ask("loyalty", asked, NOW)
    assert loyalty.plays == expected.plays
    assert [normal(one.name) for one in loyalty.subjects] == ([key[1]] if _was_heard(own) else [])
    ranks = measured.ask("ranks", asked, NOW)
    assert [(line.starts_on, line.rank, line.ranked) for line in ranks.items] == company.ranks(
        each, start, stop, zone, rule, "music", item="artists", key=key, by=asked.by.value
    )
    near = measured.ask("neighbours", asked, NOW)
    company_of = company.neighbours(
        each, start, stop, rule, "music", item="artists", key=key, limit=500
    )
    assert near.sessions == company_of.sessions
    assert [(normal(one.name), one.sessions) for one in near.items] == [
        (one.key[1], one.sessions) for one in company_of.items
    ]


def _was_heard(plays: list[OraclePlay]) -> bool:
    return any(play.ms_played for play in plays)


def test_with_one_artist_a_track_all_is_primary(connection: Connection) -> None:
    measured = Measured(connection, [heard("2024-03-01 10:00")], further={"a": ["NOITE"]})
    found = measured.ask("top-artists", AnyQuestion(credit="all"), NOW)
    assert (found.covered.credit, [one.name for one in found.items]) == ("primary", ["Noite"])


def test_a_ranking_is_looked_through_for_guests(connection: Connection) -> None:
    plays = [heard("2024-03-01 10:00"), heard("2024-03-01 11:00", "b", artist="Zeta")]
    measured = Measured(connection, plays, further={"a": ["Guest"]})

    def names(**asked: object) -> list[str]:
        question = make_question(TopQuestion, {"zone": "UTC", "q": "gue", **asked})
        return [one.name for one in measured.ask("top-artists", question, NOW).items]

    assert (names(), names(credit="all")) == ([], ["Guest"])


def test_stories_and_comparisons_tell_of_guests(connection: Connection) -> None:
    plays = [
        heard("2023-05-01 10:00", "b", artist="Guest", country="DE"),
        heard("2024-03-01 10:00", country="DE"),
        heard("2024-03-31 22:30", country="NZ"),
    ]
    for travels in (False, True):
        measured = Measured(
            connection, plays, preferences=Preferences(travels=travels), further={"a": ["Guest"]}
        )
        year = measured.ask("year", YearQuestion(year=2024, credit="all"), NOW)
        assert [(one.name, one.plays, one.is_new) for one in year.artists] == [
            ("Guest", 2, False), ("Noite", 2, True),
        ]  # fmt: skip
        assert (year.totals.artists, year.discovery.new_artists) == (2, 1)
        compared = measured.ask(
            "compare", CompareQuestion(range="2024", other="2023", credit="all"), NOW
        )
        movers = {one.name: (one.plays, one.other_plays) for one in compared.artists.movers}
        assert movers == {"Noite": (2, 0), "Guest": (2, 1)}
        view = measured.view(AnyQuestion(range="2024", credit="all"), NOW)
        number = compared.artists.movers[-1].id
        assert sum(list_trends(view, "artists", [number])[number]) == 2
        ranks = measured.ask("ranks", RanksQuestion(artist="Guest", credit="all"), NOW)
        assert [(line.rank, line.plays) for line in ranks.items] == [(1, 1), (1, 2)]
