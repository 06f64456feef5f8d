"""How ranked items went over a range: against brute force."""

from collections import Counter
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from asking import NOW, QUICK, questions
from measuring import ITEMS, Measured
from oracle import measures as oracle
from oracle.plays import OraclePlay
from oracle.strategies import listens
from tonearm.domain.instants import to_ms
from tonearm.domain.vocabulary import RankBy
from tonearm.insights.charts.top import TopQuestion
from tonearm.insights.question import period_of
from tonearm.insights.trends import PARTS, draw_ranking


@given(
    plays=listens(),
    asked=questions(TopQuestion, by=st.sampled_from(RankBy), limit=st.just(1000)),
    item=st.sampled_from(ITEMS),
)
@QUICK
def test_trends_are_brute_forces(
    connection: Connection, plays: list[OraclePlay], asked: TopQuestion, item: oracle.Item
) -> None:
    measured = Measured(connection, plays)
    found = draw_ranking(
        measured.view(asked, NOW), item, lambda _view: measured.ask(f"top-{item}", asked, NOW)
    )
    assert asked.zone
    assert asked.rule
    bounds = period_of(asked, NOW).bounds(ZoneInfo(asked.zone))
    start, end = (None if edge is None else to_ms(edge) for edge in bounds)
    inside = oracle.within(plays, start, end, asked.kind)
    names = oracle.names_of(plays, item)
    ranked = oracle.ranked(inside, item, asked.rule.value, asked.by.value, names)
    counted = [play.ended_at for play in inside if oracle.counts(play, asked.rule.value)]
    assert len(found.top.items) == len(ranked)
    for one, (_key, count, _time, moments) in zip(found.top.items, ranked, strict=True):
        trend = found.trends.get(one.id, (0,) * PARTS)
        assert sum(trend) == count
        if counted:
            first = min(counted) if start is None else start
            last = max(counted) + 1
            stop = last if end is None else max(last, min(end, to_ms(NOW)))
            parts = Counter((moment - first) * PARTS // (stop - first) for moment in moments)
            assert trend == tuple(parts[number] for number in range(PARTS))
