"""What polls vouch for is what they have seen, and where plays were lost there is a gap."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from listening import add_user
from moving_clock import MovingClock
from oracle.completeness import Span, coverage, polled_spans, union, without
from polling import TEN, A, House, item_of, page_of, poll, row_of
from tonearm.domain.instants import to_ms
from tonearm.domain.vocabulary import GapReason
from tonearm.history.gaps import Gap, list_gaps, open_gap
from tonearm.insights.charts.completeness import Completeness, CompletenessQuestion
from tonearm.insights.question import make_question
from tonearm.storage import poll_tables
from tonearm.storage.database import Database

LENIENT = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
COMPLETE = "Streaming_History_Audio_2026.json"
KINDS = ("music", "all", "podcast", "audiobook")
MOST = 3
"""Plays on a page here."""


@pytest.fixture
def house(database: Database, tmp_path: Path, clock: MovingClock) -> House:
    return House(database, tmp_path, clock)


USERS = count(100)


def at(minute: float) -> datetime:
    return TEN + timedelta(minutes=minute)


def ms(minute: float) -> int:
    return to_ms(at(minute))


def found_gaps(house: House, user: int = 1) -> list[Gap]:
    with house.database.read() as connection:
        return list_gaps(connection, user, house.clock())


def found_spans(house: House, user: int = 1) -> list[Span]:
    table = poll_tables.polled_spans
    with house.database.read() as connection:
        rows = connection.execute(
            select(table.c.from_at, table.c.to_at).where(table.c.user_id == user)
        )
        return sorted((row.from_at, row.to_at) for row in rows)


def ask(house: House, kind: str = "music") -> Completeness:
    question = make_question(
        CompletenessQuestion, {"range": "2026-04-01", "zone": "UTC", "kind": kind}
    )
    answer = house.insights.answer("completeness", 1, question)
    assert isinstance(answer, Completeness)
    return answer


@given(
    heard=st.sets(st.integers(0, 60), max_size=25),
    asked=st.lists(st.integers(1, 62), min_size=1, max_size=8, unique=True),
)
@LENIENT
def test_no_lost_play_is_vouched_for_and_each_lies_in_a_gap(
    house: House, heard: set[int], asked: list[int]
) -> None:
    user = add_user(house.database, house.clock, next(USERS))
    pages: list[tuple[int, list[int], bool]] = []
    shown: set[int] = set()
    for minute in sorted(asked):
        plays = sorted(one for one in heard if one < minute)[-MOST:]
        is_full = len(plays) == MOST
        items = [item_of(A, at(one), ms=30_000) for one in plays]
        poll(house.polls, items, at(minute), user_id=user, is_full=is_full)
        pages.append((ms(minute), [ms(one) for one in plays], is_full))
        shown.update(plays)
    spans, lost = polled_spans(pages)
    assert [span for span in found_spans(house, user) if span[0] < span[1]] == spans
    gaps = found_gaps(house, user)
    assert sorted((to_ms(gap.from_at), to_ms(gap.to_at or at(99))) for gap in gaps) == sorted(lost)
    missing = [(to_ms(a), to_ms(b)) for gap in gaps for a, b in gap.missing]
    assert union(missing) == without(lost, spans)
    first = min(spans, default=(ms(99), 0))[0]
    for one in heard - shown:
        if first < ms(one) < ms(max(asked)):
            # From the first instant to before the last: what ends in the instant of a poll comes after it.
            assert not any(a <= ms(one) < b for a, b in spans)
            assert any(a <= ms(one) < b for a, b in missing)


def test_pages_that_meet_leave_no_gap(house: House) -> None:
    poll(house.polls, [item_of(A, at(0))], at(1), is_full=True)
    poll(house.polls, [item_of(A, at(0)), item_of(A, at(9))], at(10), is_full=True)
    assert found_spans(house) == [(ms(0), ms(10))]
    outcome = poll(house.polls, [item_of(A, at(9))], at(20), is_full=True)
    assert (outcome.gap_id, found_gaps(house), found_spans(house)) == (None, [], [(ms(0), ms(20))])


def test_a_play_that_spotify_moved_still_joins_pages(house: House) -> None:
    poll(house.polls, [item_of(A, at(0))], at(1), is_full=True)
    poll(house.polls, [item_of(A, at(20 / 60)), item_of(A, at(9))], at(10), is_full=True)
    assert (found_gaps(house), found_spans(house)) == ([], [(ms(0), ms(10))])
    moved = poll(house.polls, [item_of(A, at(9 + 31 / 60))], at(20), is_full=True)
    (gap,) = found_gaps(house)
    assert (gap.id, gap.from_at, gap.to_at) == (moved.gap_id, at(9), at(9 + 31 / 60))


def test_an_older_page_joins_the_newer_one_and_ends_nothing(house: House) -> None:
    poll(house.polls, [item_of(A, at(60))], at(70), is_full=True)
    with house.database.write() as connection:
        number = open_gap(connection, 1, 1, GapReason.OUTAGE, now=at(80))
    older = page_of([item_of(A, at(30)), item_of(A, at(40))], at(90), is_full=True)
    house.polls.record(1, 1, replace(older, shows_until=at(70)))
    assert found_spans(house) == [(ms(30), ms(70))]
    (gap,) = found_gaps(house)
    assert (gap.id, gap.from_at, gap.to_at) == (number, at(70), None)
    poll(house.polls, [item_of(A, at(60))], at(100), is_full=True)
    assert found_spans(house) == [(ms(30), ms(100))]
    (gap,) = found_gaps(house)
    assert (gap.to_at, gap.closed_by) == (at(100), "poll")


def test_asking_for_nothing_new_moves_no_version(house: House) -> None:
    poll(house.polls, [item_of(A, at(0))], at(1))
    version = house.version()
    outcome = poll(house.polls, [item_of(A, at(0))], at(30))
    assert (outcome.version, house.version()) == (version, version)
    house.clock.now = at(40)
    # Answers that are made anew know of it all the same, and what was asked within the hour is not missing yet.
    assert (ask(house).coverage, ask(house).gaps) == (1.0, 0)
    house.clock.now = at(120)
    assert ask(house).coverage == 0.25
    (item,) = ask(house).items
    assert (item.from_at, item.to_at) == (at(30), at(120))


def test_a_listener_who_has_played_nothing_yet_is_followed_from_the_first_question(
    house: House,
) -> None:
    assert poll(house.polls, [], at(0)).version == 1
    assert poll(house.polls, [], at(10)).version == 1
    poll(house.polls, [item_of(A, at(15))], at(20))
    assert found_spans(house) == [(ms(0), ms(20))]
    full = [item_of(A, at(40 + minute)) for minute in range(3)]
    outcome = poll(house.polls, full, at(60), is_full=True)
    (gap,) = found_gaps(house)
    assert (gap.id, gap.reason, gap.missing) == (
        outcome.gap_id, GapReason.PAGE_FULL, ((at(15), at(40)),),
    )  # fmt: skip


def test_an_import_closes_a_gap_and_its_undo_opens_it_again(house: House) -> None:
    house.clock.now = at(120)
    poll(house.polls, [item_of(A, at(0))], at(10), is_full=True)
    outcome = poll(house.polls, [item_of(A, at(60))], at(120), is_full=True)
    (gap,) = found_gaps(house)
    assert (gap.id, gap.from_at, gap.to_at, gap.closed_by) == (outcome.gap_id, at(0), at(60), None)
    assert gap.missing == ((at(0), at(60)),)
    assert ask(house).coverage == 0.5
    (item,) = ask(house).items
    assert "No export covers 10:00 to 11:00 on 1 Apr 2026, and more was played" in item.reason
    half = house.bring_in(row_of(A, at(-60)), row_of(A, at(30)), name=COMPLETE)
    (gap,) = found_gaps(house)
    assert (gap.missing, gap.is_closed) == (((at(30) + timedelta(milliseconds=1), at(60)),), False)
    whole = house.bring_in(row_of(A, at(-60)), row_of(A, at(90)), name=COMPLETE)
    (gap,) = found_gaps(house)
    assert (gap.missing, gap.is_closed, gap.closed_by) == ((), True, "import")
    assert ask(house).gaps == 0
    house.imports.undo(1, whole)
    house.imports.undo(1, half)
    (gap,) = found_gaps(house)
    assert (gap.missing, gap.closed_by) == (((at(0), at(60)),), None)


@pytest.mark.parametrize("reason", list(GapReason)[1:])
def test_a_gap_lasts_until_a_page_is_recorded(house: House, reason: GapReason) -> None:
    house.clock.now = at(120)
    poll(house.polls, [item_of(A, at(0))], at(10), is_full=True)
    version = house.version()
    with house.database.write() as connection:
        number = open_gap(connection, 1, 1, reason, now=at(30))
        assert open_gap(connection, 1, 1, reason, now=at(35)) == number
        # What was in the way first is the reason, whatever comes on top of it.
        assert open_gap(connection, 1, 1, GapReason.UNLINKED, now=at(36)) == number
        assert open_gap(connection, 1, 2, reason, now=at(35)) == number + 1
    assert house.version() == version + 2
    _, gap = sorted(found_gaps(house), key=lambda one: -one.id)
    assert (gap.from_at, gap.to_at, gap.missing) == (at(10), None, ((at(10), at(120)),))
    assert not gap.is_closed
    (item,) = ask(house).items
    assert (item.from_at, item.to_at) == (at(10), at(120))
    assert reason.meaning in item.reason
    # The page reaches back over it: nothing was lost.
    poll(house.polls, [item_of(A, at(0)), item_of(A, at(20))], at(130), is_full=True)
    _, gap = sorted(found_gaps(house), key=lambda one: -one.id)
    assert (gap.to_at, gap.missing, gap.closed_by) == (at(130), (), "poll")


def test_what_was_lost_while_something_was_in_the_way_is_one_gap(house: House) -> None:
    house.clock.now = at(60)
    poll(house.polls, [item_of(A, at(0))], at(10), is_full=True)
    with house.database.write() as connection:
        open_gap(connection, 1, 1, GapReason.OUTAGE, now=at(30))
    poll(house.polls, [item_of(A, at(50))], at(60), is_full=True)
    (gap,) = found_gaps(house)
    assert (gap.reason, gap.from_at, gap.to_at) == (GapReason.OUTAGE, at(0), at(50))
    assert gap.missing == ((at(0), at(50)),)
    (item,) = ask(house).items
    assert (item.from_at, item.to_at) == (at(0), at(50))
    assert GapReason.OUTAGE.meaning in item.reason


def test_what_was_uploaded_late_takes_back_what_was_said_too_early(house: House) -> None:
    poll(house.polls, [item_of(A, at(0))], at(100), is_full=True)
    assert found_spans(house) == [(ms(0), ms(100))]
    # Heard offline meanwhile, more than fits on a page.
    poll(house.polls, [item_of(A, at(30 + one)) for one in range(3)], at(110), is_full=True)
    assert found_spans(house) == [(ms(0), ms(0)), (ms(30), ms(110))]
    (gap,) = found_gaps(house)
    assert gap.missing == ((at(0), at(30)),)


def test_two_links_vouch_each_for_their_own_time(house: House) -> None:
    poll(house.polls, [item_of(A, at(0))], at(10), link_id=1)
    poll(house.polls, [item_of(A, at(30))], at(40), link_id=2)
    assert found_spans(house) == [(ms(0), ms(10)), (ms(30), ms(40))]
    house.polls.forget(1, 1)
    assert found_spans(house) == [(ms(30), ms(40))]


def test_polls_vouch_for_music_wholly_for_everything_in_part_and_for_nothing_spoken(
    house: House,
) -> None:
    house.clock.now = at(120)
    poll(house.polls, [item_of(A, at(0))], at(120))
    shares = {kind: (ask(house, kind).coverage, ask(house, kind).partial_share) for kind in KINDS}
    assert shares == {
        "music": (1.0, 0.0), "all": (1.0, 1.0), "podcast": (0.0, 0.0), "audiobook": (0.0, 0.0),
    }  # fmt: skip


@given(
    polls=st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=1, max_size=5),
    exports=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), max_size=2),
)
@settings(LENIENT, max_examples=15)
def test_coverage_is_brute_forces_with_imports_and_polls(
    house: House, polls: Sequence[tuple[int, bool]], exports: Sequence[tuple[int, int]]
) -> None:
    house.polls.forget(1, 1)
    house.clock.now = at(600)
    pages: list[tuple[int, list[int], bool]] = []
    minute, heard = 0, [0]
    for step, is_full in polls:
        minute += step + 2
        heard = [minute - 1] if is_full else [*heard, minute - 1]
        poll(house.polls, [item_of(A, at(one)) for one in heard], at(minute), is_full=is_full)
        pages.append((ms(minute), [ms(one) for one in heard], is_full))
    spans, _ = polled_spans(pages)
    imports = []
    for edges in exports:
        first, last = sorted(edges)
        imports.append(house.bring_in(row_of(A, at(first)), row_of(A, at(last)), name=COMPLETE))
        spans.append((ms(first), ms(last) + 1))
    answer = ask(house)
    assert answer.first_play_at is not None
    expected = coverage(
        spans, [], to_ms(answer.first_play_at), ms(600), ZoneInfo("UTC"),
        first_play_ms=to_ms(answer.first_play_at), now_ms=ms(600),
    )  # fmt: skip
    assert answer.coverage == pytest.approx(expected.share, abs=1e-6)
    assert [(to_ms(one.from_at), to_ms(one.to_at)) for one in answer.items] == expected.missing
    for number in imports:
        house.imports.undo(1, number)
