"""What shares the sessions of an item: against brute force, and by hand."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import Connection

from asking import NOW, QUICK, near, questions
from measuring import ITEMS, AnyQuestion, Measured, bounds
from oracle import measures as oracle
from oracle.company import neighbours
from oracle.examples import MINUTE, at, heard
from oracle.plays import OraclePlay
from oracle.strategies import listens
from tonearm.domain.vocabulary import Rule
from tonearm.insights.charts.neighbours import Neighbours

EVENING = at("2024-03-05 20:00")


def ask(measured: Measured, question: AnyQuestion) -> Neighbours:
    found = measured.ask("neighbours", question, NOW)
    assert isinstance(found, Neighbours)
    return found


@given(
    plays=listens(),
    asked=questions(AnyQuestion, limit=st.sampled_from((1, 2, 10))),
    item=st.sampled_from(ITEMS),
)
@QUICK
def test_neighbours_are_brute_forces(
    connection: Connection, plays: list[OraclePlay], asked: AnyQuestion, item: oracle.Item
) -> None:
    measured = Measured(connection, plays)
    # Measured numbers items from 1 in the reverse order of their keys.
    keys = sorted(oracle.names_of(plays, item), reverse=True)
    for number, key in enumerate(keys, 1):
        (start, stop), _ = bounds(asked, NOW)
        expected = neighbours(
            measured.plays, start, stop, asked.rule.value, asked.kind,
            item=item, key=key, limit=asked.limit,
        )  # fmt: skip
        found = ask(measured, replace(asked, **{item.removesuffix("s"): str(number)}))
        assert found.sessions == expected.sessions
        assert [(one.rank, one.id, one.sessions, one.sessions_in_all) for one in found.items] == [
            (rank, keys.index(one.key) + 1, one.sessions, one.sessions_in_all)
            for rank, one in enumerate(expected.items, 1)
        ]
        assert all(
            near(mine.affinity, float(theirs.affinity))
            for mine, theirs in zip(found.items, expected.items, strict=True)
        )


def evening(number: int, *artists: str) -> list[OraclePlay]:
    """Give an evening with a track of each artist."""
    began = EVENING + number * 24 * 60 * MINUTE
    return [
        heard(began + minute * MINUTE, f"t{artist}", artist=artist)
        for minute, artist in enumerate(artists)
    ]


def test_who_is_heard_everywhere_is_no_close_neighbour(connection: Connection) -> None:
    plays = [
        *evening(0, "Noite", "Friend", "Radio"),
        *evening(1, "Noite", "Friend", "Radio"),
        *evening(2, "Noite", "Radio"),
        *[play for night in range(3, 9) for play in evening(night, "Radio")],
        *evening(9, "Stranger"),
    ]
    found = ask(Measured(connection, plays), AnyQuestion(artist="noite"))

    assert found.sessions == 3
    assert [(one.name, one.sessions, one.sessions_in_all, one.affinity) for one in found.items] == [
        ("Friend", 2, 2, 0.666667),
        ("Radio", 3, 9, 0.333333),
    ]
    assert [one.name for one in found.subjects] == ["Noite"]


def test_filters_hold_for_neighbours_too_and_ranges_for_the_start_of_a_session(
    connection: Connection,
) -> None:
    midnight = at("2024-03-06 00:00")
    plays = [
        heard(midnight - MINUTE, "a", artist="A"),  # the session began on 5 March
        heard(midnight + MINUTE, "b", artist="B"),
    ]
    measured = Measured(connection, plays)

    def shown(day: str, **own: str) -> list[str]:
        asked = AnyQuestion(zone="Europe/Berlin", range=day, artist="A")
        return [one.name for one in ask(measured, replace(asked, **own)).items]

    assert shown("2024-03-05") == ["B"]
    assert shown("2024-03-06") == []
    assert shown("2024-03-05", kind="podcast") == []


def test_a_play_without_time_has_no_company(connection: Connection) -> None:
    plays = [
        heard(EVENING, "a", artist="A"),
        heard(EVENING + MINUTE, "b", ms=0, artist="B", reason_end="trackdone"),
    ]
    found = ask(Measured(connection, plays), AnyQuestion(artist="A", rule=Rule.DONE))

    assert (found.sessions, found.items) == (0, ())


def test_what_nobody_is_known_to_have_made_is_nobody_s_neighbour(connection: Connection) -> None:
    plays = [
        heard(EVENING, "a", artist="A"),
        heard(EVENING + MINUTE, "x", artist=None),
        heard(EVENING + 2 * MINUTE, "c", artist="C"),
        heard(EVENING + 3 * MINUTE, "b", artist="B"),
    ]
    found = ask(Measured(connection, plays), AnyQuestion(artist="A"))

    assert [one.name for one in found.items] == ["B", "C"], "level with each other, so by name"
