"""The recent plays against what was truly heard."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.simulating import START, items_of, make_simulator, open_api
from tonearm.simulator.clock import SimulatorClock, iso_ms, to_ms
from tonearm.simulator.listening import Listen
from tonearm.simulator.server import serving
from tonearm.simulator.simulator import Plan, Simulator
from tonearm.simulator.world import Track

PATH = "/me/player/recently-played"
WHOLE = {"limit": 50}


@pytest.fixture(scope="module")
def polled() -> Iterator[tuple[Simulator, httpx2.Client]]:
    """A simulator that nobody commands, so that every instant of it can be looked at again."""
    simulator = make_simulator(Plan(users=1, days_before=20, days_after=400, tracks=400))
    with serving(simulator) as origin, open_api(simulator, origin) as api:
        yield simulator, api


def look_at(simulator: Simulator, api: httpx2.Client, minutes: int) -> int:
    """Go to so many minutes after the start, with a fresh token; gives the instant in milliseconds."""
    simulator.clock = SimulatorClock(START + timedelta(minutes=minutes))
    _, tokens = simulator.link()
    api.headers["Authorization"] = f"Bearer {tokens.access_token}"
    return simulator.clock.now_ms()


def expected(simulator: Simulator, now: int) -> list[str]:
    """Give `played_at` of the last 50 plays, worked out the slow way from the truth."""
    told = [
        listen
        for listen in simulator.listens()
        if isinstance(listen.playable, Track)
        and listen.ms_played > 30_000
        and not listen.private
        and not listen.jam
        and listen.told_at <= now
    ]
    stamps = []
    for listen in told:
        moved = listen.restamped_at is not None and listen.restamped_at <= now
        stamps.append(listen.ended_at + (listen.restamp_ms if moved else 0))
    return [iso_ms(stamp) for stamp in sorted(stamps, reverse=True)[:50]]


def paged(api: httpx2.Client, **params: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - a query
    """Follow `next` to the end; the last page is empty or short."""
    found: list[dict[str, Any]] = []
    answer = api.get(PATH, params=params)
    for _ in range(60):
        page = answer.json()
        found += items_of(answer)
        assert len(page["items"]) <= page["limit"]
        assert (page["cursors"] is None) == (not page["items"])
        if page["next"] is None:
            return found
        assert len(page["items"]) == page["limit"]
        answer = api.get(page["next"])
    raise AssertionError("the pages have no end")


def instants(items: list[dict[str, Any]]) -> list[str]:
    return [item["played_at"] for item in items]


MINUTES = st.integers(0, 380 * 24 * 60)
BUSY = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@BUSY
@given(minutes=MINUTES, limit=st.integers(1, 50))
def test_the_last_fifty_plays_are_told_whatever_the_size_of_a_page(
    polled: tuple[Simulator, httpx2.Client], minutes: int, limit: int
) -> None:
    simulator, api = polled
    now = look_at(simulator, api, minutes)

    assert instants(paged(api, limit=limit)) == expected(simulator, now)


@BUSY
@given(minutes=MINUTES, limit=st.integers(1, 50), place=st.integers(0, 49),
       nudge=st.sampled_from([-1, 0, 1]))  # fmt: skip
def test_cursors_are_exclusive_and_lead_to_everything_on_their_side(
    polled: tuple[Simulator, httpx2.Client], minutes: int, limit: int, place: int, nudge: int
) -> None:
    simulator, api = polled
    now = look_at(simulator, api, minutes)
    every = expected(simulator, now)
    cursor = to_ms(datetime.fromisoformat(every[min(place, len(every) - 1)])) + nudge
    mark = iso_ms(cursor)

    older = instants(paged(api, before=cursor, limit=limit))
    assert older == [instant for instant in every if instant < mark]
    newer = instants(paged(api, after=cursor, limit=limit))
    assert sorted(newer) == sorted(instant for instant in every if instant > mark)
    assert len(set(newer)) == len(newer)


def test_after_a_full_page_of_fifty_there_is_nothing(api: httpx2.Client) -> None:
    page = api.get(PATH, params=WHOLE).json()
    assert len(page["items"]) == 50
    assert page["cursors"]["before"] in page["next"]

    empty = api.get(page["next"]).json()

    assert (empty["items"], empty["next"], empty["cursors"]) == ([], None, None)


@pytest.mark.parametrize(
    "params",
    [
        {"limit": 0}, {"limit": 51}, {"limit": "many"}, {"after": "then"}, {"before": -1},
        {"after": 1, "before": 2},
    ],
)  # fmt: skip
def test_a_bad_query_is_refused(api: httpx2.Client, params: dict[str, Any]) -> None:
    assert api.get(PATH, params=params).status_code == 400


def test_a_play_is_told_at_its_end_with_track_and_context(
    simulator: Simulator, api: httpx2.Client
) -> None:
    now_playing = api.get("/me/player/currently-playing").json()
    listen = simulator.users["listener1"].script.at(simulator.clock.now_ms())
    assert listen is not None
    assert now_playing["item"]["uri"] == listen.uri
    assert now_playing["progress_ms"] == 30_000
    before = items_of(api.get(PATH, params={"limit": 1}))

    simulator.clock.move_to(START + timedelta(milliseconds=listen.told_at - to_ms(START) - 1))
    assert items_of(api.get(PATH, params={"limit": 1})) == before
    simulator.clock.advance(milliseconds=1)
    (play,) = items_of(api.get(PATH, params={"limit": 1}))

    assert play["played_at"] == iso_ms(listen.ended_at)
    assert play["track"] == api.get(f"/tracks/{listen.playable.id}").json()
    assert (play["context"] or {}).get("uri") == listen.context_uri
    simulator.mark = "start"
    (play,) = items_of(api.get(PATH, params={"limit": 1}))
    assert play["played_at"] == iso_ms(listen.started_at)


def test_nobody_hears_two_things_at_once(polled: tuple[Simulator, httpx2.Client]) -> None:
    simulator, _ = polled
    listens = simulator.users["listener1"].script.ended(to_ms(START) + 400 * 86_400_000)

    assert len(listens) > 5_000
    for one, next_one in pairwise(listens):
        assert one.ended_at - one.started_at == one.ms_played
        assert one.ended_at <= next_one.started_at


def test_the_script_holds_every_oddity(polled: tuple[Simulator, httpx2.Client]) -> None:
    simulator, _ = polled
    listens = simulator.users["listener1"].script.ended(to_ms(START) + 400 * 86_400_000)
    reasons = {listen.untold for listen in listens}
    assert reasons == {None, "spoken", "private", "jam", "short"}

    def later(listen: Listen) -> bool:
        return any(
            other.untold is None and listen.ended_at < other.told_at < listen.told_at
            for other in listens
        )

    offline = [listen for listen in listens if listen.offline and listen.untold is None]
    assert any(listen.told_at - listen.ended_at > 86_400_000 for listen in offline)
    assert later(offline[0])
    restamped = [listen for listen in listens if listen.restamped_at is not None]
    assert 0.005 < len(restamped) / len(listens) < 0.025
    assert all(0 < abs(listen.restamp_ms) <= 20_000 for listen in restamped)


def test_a_late_play_appears_among_older_ones_and_a_restamped_one_moves() -> None:
    simulator = make_simulator(Plan(users=1, days_before=9, days_after=60, tracks=400))
    script = simulator.users["listener1"].script
    listens = script.ended(to_ms(START) + 60 * 86_400_000)
    soon = [each for each in listens if each.started_at > to_ms(START) and each.untold is None]
    late = next(
        each for each in soon
        if each.told_at - each.ended_at > 7_200_000
        and sum(each.ended_at < other.ended_at < each.told_at for other in soon) in range(3, 40)
    )  # fmt: skip
    moved = next(each for each in soon if each.restamped_at is not None and not each.offline)
    with serving(simulator) as origin:

        def look(instant: int) -> list[str]:
            if instant > simulator.clock.now_ms():
                simulator.clock.move_to(datetime.fromtimestamp(instant / 1000, UTC))
            with open_api(simulator, origin) as api:
                return instants(items_of(api.get(PATH, params=WHOLE)))

        def look_late() -> None:
            assert iso_ms(late.ended_at) not in look(late.told_at - 1_000)
            seen = look(late.told_at + 1_000)
            assert seen.index(iso_ms(late.ended_at)) > 0

        def look_moved() -> None:
            assert moved.restamped_at is not None
            assert iso_ms(moved.ended_at) in look(moved.restamped_at - 1_000)
            seen = look(moved.restamped_at + 1_000)
            assert iso_ms(moved.ended_at) not in seen
            assert iso_ms(moved.ended_at + moved.restamp_ms) in seen

        looks = sorted([(late.told_at, look_late), (moved.restamped_at or 0, look_moved)],
                       key=lambda each: each[0])  # fmt: skip
        for _, each in looks:
            each()


def test_whoever_polls_often_enough_sees_every_play_that_is_told_in_time() -> None:
    simulator = make_simulator(Plan(users=1, days_before=9, days_after=9, tracks=400))
    simulator.mark = "start"
    seen: set[str] = set()
    with serving(simulator) as origin, open_api(simulator, origin) as api:
        for poll in range(7 * 24 * 3):
            look_at(simulator, api, 20 * poll)
            seen |= set(instants(items_of(api.get(PATH, params=WHOLE))))
    now = simulator.clock.now_ms()
    truth = [
        each
        for each in simulator.listens()
        if each.started_at > to_ms(START) and each.untold is None and each.told_at <= now
    ]
    missed = [each for each in truth if iso_ms(each.started_at) not in seen]

    assert len(truth) > 100
    # What was heard offline may come too late: fifty later plays have pushed it out.
    assert all(each.offline for each in missed)
