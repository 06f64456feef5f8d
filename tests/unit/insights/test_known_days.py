"""What is known of each local day is what its definition says: against brute force, day by day, in hard zones."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle.completeness import Span, day_states, union
from tonearm.domain.instants import to_ms
from tonearm.domain.vocabulary import GapReason
from tonearm.history.coverage import Spans
from tonearm.insights.known_days import KnownDays, Vouchers, known_days

ZONES = ("Europe/Berlin", "America/St_Johns", "Pacific/Apia", "Asia/Kolkata", "America/Sao_Paulo")
MINUTE = 60_000
# Days of 23, 24 and 25 hours, one that never was, and one whose midnight was there twice, or not at all.
EDGES = tuple(
    to_ms(datetime.fromisoformat(moment))
    for moment in (
        "2010-11-07T02:31:00+00:00",
        "2011-12-30T10:00:00+00:00",
        "2018-11-04T03:00:00+00:00",
        "2024-03-31T01:00:00+00:00",
        "2024-10-27T01:00:00+00:00",
    )
)
DAY = 1_440
MINUTES = st.sampled_from((0, 1, 59, 90, 600, DAY - 1, DAY, DAY + 61, 2 * DAY, 3 * DAY, 5 * DAY))


@st.composite
def spans(draw: st.DrawFn, around: int, most: int = 4) -> list[Span]:
    found = []
    for _ in range(draw(st.integers(0, most))):
        begin = around + draw(st.sampled_from((-1, 1))) * draw(MINUTES) * MINUTE
        found.append((begin, begin + max(draw(MINUTES), 1) * MINUTE))
    return found


def as_spans(told: list[Span]) -> Spans:
    starts, ends = (np.array([span[end] for span in sorted(told)], np.int64) for end in (0, 1))
    return Spans(starts, ends)


def each(runs: tuple[KnownDays, ...]) -> list[tuple[date, str, bool, str | None]]:
    return [
        (run.starts_on + timedelta(days=place), run.state, run.is_whole, run.reason)
        for run in runs
        for place in range(run.days)
    ]


@given(data=st.data(), around=st.sampled_from(EDGES), zone=st.sampled_from(ZONES))
@settings(max_examples=300, deadline=None)
def test_every_day_is_judged_as_brute_force_does(
    data: st.DataObject, around: int, zone: str
) -> None:
    begin = around - data.draw(MINUTES) * MINUTE
    end = around + data.draw(MINUTES) * MINUTE + 1
    whole, rows, polled = (data.draw(spans(around)) for _ in range(3))
    reasons = st.sampled_from(list(GapReason))
    noticed = [
        (first, None if data.draw(st.booleans()) and last > end else last, data.draw(reasons))
        for first, last in data.draw(spans(around, 3))
    ]
    complete = [*whole, *polled]
    vouchers = Vouchers(as_spans([*whole, *rows]), as_spans(polled), as_spans(complete), noticed)
    found = known_days(begin, end, zone, vouchers)
    expected = day_states(
        begin, end, ZoneInfo(zone), [*whole, *rows], polled, complete,
        [(first, last, why.value) for first, last, why in noticed],
    )  # fmt: skip
    told = each(found)
    assert [one[:3] for one in told] == [(one.day, one.state, one.is_whole) for one in expected]
    for (_day, _state, _whole, reason), one in zip(told, expected, strict=True):
        better = one.reasons - {GapReason.PAGE_FULL}
        assert (reason in better) if better else ({reason} - {None} == one.reasons)
    # As few runs as can be, and none that holds a day which never was.
    for before, after in pairwise(found):
        looks = ((run.state, run.is_whole, run.reason) for run in (before, after))
        assert before.ends_before < after.starts_on or len(set(looks)) == 2
    assert all((run.ends_before - run.starts_on).days == run.days for run in found)


@settings(deadline=None)
@given(data=st.data(), around=st.sampled_from(EDGES))
def test_lengths_between_edges_add_up(data: st.DataObject, around: int) -> None:
    told = data.draw(spans(around, 6))
    offsets = data.draw(st.lists(st.integers(-8 * DAY, 8 * DAY), min_size=2, max_size=9))
    edges = np.array(sorted(around + offset * MINUTE for offset in offsets), np.int64)
    lengths = as_spans(told).lengths_between(edges).tolist()
    for length, begin, end in zip(lengths, edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        inside = [(max(first, begin), min(last, end)) for first, last in union(told)]
        assert length == sum(max(0, last - first) for first, last in inside)


def test_a_day_that_a_zone_left_out_is_no_day() -> None:
    begin, end = (to_ms(datetime(2011, 12, day, 10, tzinfo=UTC)) for day in (29, 31))
    nothing = as_spans([])
    runs = known_days(begin, end, "Pacific/Apia", Vouchers(nothing, nothing, nothing, []))
    days = [one[0].isoformat() for one in each(runs)]
    assert days == ["2011-12-29", "2011-12-31"]
