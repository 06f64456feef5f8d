"""Plays one by one: a list holds what fits, pages miss none, each play has its evidence."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commands import Ran, run_command
from hard_days import hard_rows, row
from listening import bring_in, run_import, stored_plays
from moving_clock import MovingClock
from oracle.plays import normal
from tonearm.bootstrap import Tonearm, build
from tonearm.domain.errors import InvalidInputError, NotFoundError
from tonearm.domain.instants import to_ms
from tonearm.domain.preferences import Preferences
from tonearm.insights.plays import Play, PlayList, PlaysQuestion
from tonearm.insights.question import Question, make_question
from tonearm.ops.settings import Settings

BERLIN = Preferences(zone="Europe/Berlin")


@pytest.fixture(scope="module")
def tonearm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tonearm]:
    built = build(Settings(data_dir=tmp_path_factory.mktemp("built")), MovingClock())
    yield built
    built.close()


@pytest.fixture(scope="module")
def hard_user(tonearm: Tonearm) -> int:
    user = tonearm.accounts.add("hard", "Europe/Berlin").id
    bring_in(tonearm.imports, [json.dumps(hard_rows()).encode()], user_id=user)
    return user


def every_play(tonearm: Tonearm, user: int, **asked: object) -> list[Play]:
    """Page through everything that fits."""
    found: list[Play] = []
    cursor: str | None = None
    while True:
        question = make_question(PlaysQuestion, {"limit": 41, **asked, "cursor": cursor})
        page: PlayList = tonearm.insights.plays(user, question, BERLIN)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            assert page.total == len(found)
            return found


def test_plays_are_listed_newest_first_as_they_are(tonearm: Tonearm, hard_user: int) -> None:
    stored = stored_plays(tonearm.database, hard_user)
    found = every_play(tonearm, hard_user, kind="all")
    assert [
        (
            to_ms(play.ended_at), to_ms(play.started_at), play.ms_played, play.track.uri, play.kind,
            play.platform_name, play.country, play.reason_start, play.reason_end, play.shuffle,
            play.skipped, play.offline, play.private, normal(play.artist.name) if play.artist else None,
        )
        for play in reversed(found)
    ] == [
        (
            play.ended_at, play.started_at, play.ms_played, play.track_key, play.kind,
            play.platform, play.country, play.reason_start, play.reason_end, play.shuffle,
            play.skipped, play.offline, play.private, play.artist,
        )
        for play in stored
    ]  # fmt: skip
    assert not any(play.hidden for play in found)


WORDS = (
    "glass",
    "HARBOUR blue",
    "strasse",
    "STRAẞE",
    "夜",
    "café",
    "signals noite",
    "blue red",
    "xyz",
    "",
)


@given(
    own=st.fixed_dictionaries(
        {
            "counted": st.sampled_from(("in", "out", "all")),
            "q": st.sampled_from((*WORDS, None)),
            "weekday": st.sampled_from((None, None, 0, 3, 6)),
            "hour": st.sampled_from((None, None, 0, 1, 2, 3, 23)),
        }
    ),
    unit=st.sampled_from(("day", "week", "month", "year", "hour", None)),
    day=st.sampled_from(("2024-03-31", "2024-10-27", "2024-03-28", "2023-12-31", "2024-01-01")),
    minute=st.integers(0, 26 * 60),
    rule=st.sampled_from(("30s", "any", "done")),
)
@settings(max_examples=60, deadline=None)
def test_a_list_holds_what_fits(
    tonearm: Tonearm,
    hard_user: int,
    *,
    own: dict[str, Any],
    unit: str | None,
    day: str,
    minute: int,
    rule: str,
) -> None:
    asked = dict(own)
    moment = datetime.fromisoformat(f"{day}T00:00:00+00:00") + timedelta(minutes=minute)
    if unit is not None:
        asked["unit"] = unit
        asked["starts_at" if unit == "hour" else "starts_on"] = (
            moment.isoformat() if unit == "hour" else day
        )

    def fits(play: Play) -> bool:
        local = datetime.fromisoformat(play.ended_local)
        names = normal(
            " ".join((play.track.name, *(part.name for part in (play.artist, play.album) if part)))
        )
        first = date.fromisoformat(day)
        is_in_unit = {
            "day": local.date() == first,
            "week": local.date().isocalendar()[:2] == first.isocalendar()[:2],
            "month": local.strftime("%Y-%m") == day[:7],
            "year": local.year == first.year,
            # Berlin is a whole number of hours from UTC.
            "hour": to_ms(play.ended_at) // 3_600_000 == to_ms(moment) // 3_600_000,
            None: True,
        }
        return (
            own["counted"] in ("all", "in" if play.counted else "out")
            and all(word in names for word in normal(own["q"]).split())
            and own["weekday"] in (None, local.weekday())
            and own["hour"] in (None, local.hour)
            and is_in_unit[unit]
        )

    told = {key: value for key, value in asked.items() if value is not None}
    found = every_play(tonearm, hard_user, kind="all", rule=rule, **told)
    whole = every_play(tonearm, hard_user, kind="all", rule=rule)
    assert [play.id for play in found] == [play.id for play in whole if fits(play)]


USERS = count(1)


@st.composite
def batches(draw: st.DrawFn) -> list[list[dict[str, Any]]]:
    """Distinct plays in a few imports, many of them at one instant."""
    begin = datetime(2024, 3, 30, 22, tzinfo=UTC)
    seconds = st.sampled_from((0, 0, 0, 1, 2, 3_600, 90_000))
    told = draw(
        st.lists(
            st.tuples(seconds, st.integers(0, 5), st.sampled_from((1_000, 31_000, 200_000))),
            min_size=1, max_size=40, unique=True,
        )
    )  # fmt: skip
    rows = [row(begin + timedelta(seconds=at), track, ms_played=ms) for at, track, ms in told]
    cut = draw(st.integers(1, len(rows)))
    rest = rows[cut:]
    middle = draw(st.integers(0, len(rest)))
    return [part for part in (rows[:cut], rest[:middle], rest[middle:]) if part]


@given(parts=batches(), data=st.data(), counted=st.sampled_from(("all", "in")))
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_pages_give_each_play_once_while_others_arrive(
    tonearm: Tonearm,
    parts: list[list[dict[str, Any]]],
    data: st.DataObject,
    counted: Literal["in", "all"],
) -> None:
    user = tonearm.accounts.add(f"pages{next(USERS)}", "UTC").id
    arrive(tonearm, user, parts.pop(0))
    expected = {play.id for play in every_play(tonearm, user, counted=counted)}
    seen: list[Play] = []
    cursor: str | None = None
    while True:
        limit = data.draw(st.integers(1, 6))
        question = PlaysQuestion(limit=limit, cursor=cursor, counted=counted)
        page = tonearm.insights.plays(user, question)
        seen += page.items
        cursor = page.next_cursor
        assert len(page.items) == limit or cursor is None
        if cursor is None:
            break
        arrives: bool = data.draw(st.booleans())
        if parts and arrives:
            arrive(tonearm, user, parts.pop(0))
    ids = [play.id for play in seen]
    assert len(set(ids)) == len(ids)
    assert expected <= set(ids)
    places = [(play.ended_at, play.started_at, play.id) for play in seen]
    assert places == sorted(places, reverse=True)


def arrive(tonearm: Tonearm, user: int, rows: Sequence[dict[str, Any]]) -> None:
    bring_in(tonearm.imports, [json.dumps(rows).encode()], user_id=user)


def test_a_cursor_whose_play_has_gone_still_has_its_place(tonearm: Tonearm) -> None:
    user = tonearm.accounts.add("undoing", "UTC").id
    begin = datetime(2024, 5, 1, tzinfo=UTC)
    rows = [row(begin + timedelta(hours=hour), 1) for hour in range(6)]
    arrive(tonearm, user, rows[::2])
    undone = bring_in(tonearm.imports, [json.dumps(rows[1::2]).encode()], user_id=user)
    page = tonearm.insights.plays(user, PlaysQuestion(limit=3))
    assert [play.ended_at.hour for play in page.items] == [5, 4, 3]
    tonearm.imports.undo(user, undone.id)
    rest = tonearm.insights.plays(user, PlaysQuestion(cursor=page.next_cursor))
    assert [play.ended_at.hour for play in rest.items] == [2, 0]
    assert rest.total == 3


def test_a_play_has_its_evidence(tonearm: Tonearm) -> None:
    user = tonearm.accounts.add("evidence", "UTC").id
    ended = datetime(2024, 5, 1, 10, 3, 20, tzinfo=UTC)
    extended = [
        row(ended - timedelta(days=1), 1),
        row(ended, 0, platform="iOS 17"),
        row(ended, 0, platform="iOS 17"),
    ]
    account = [{
        "endTime": "2024-05-01 10:03", "artistName": "Glass Harbour", "trackName": "Blue Orchard",
        "msPlayed": 200_000,
    }]  # fmt: skip
    arrive(tonearm, user, extended)
    bring_in(
        tonearm.imports, [b"[]", json.dumps(account).encode(), json.dumps(extended[1:]).encode()], user_id=user
    )  # fmt: skip
    undone = bring_in(tonearm.imports, [json.dumps([*extended, *extended]).encode()], user_id=user)
    tonearm.imports.undo(user, undone.id)
    newest, _ = tonearm.insights.plays(user, PlaysQuestion()).items
    found = tonearm.insights.play(user, newest.id)
    assert found.play == newest
    assert [
        (told.source, told.title, told.artist, told.album, told.uri, told.clock_at, told.ms_played, told.platform)
        for told in found.sightings
    ] == [
        (
            "extended", "Blue Orchard", "Glass Harbour", "Signals", f"spotify:track:{0:022d}",
            ended, 200_000, "iOS 17",
        ),
        (
            "account", "Blue Orchard", "Glass Harbour", None, None,
            ended.replace(second=0), 200_000, None,
        ),
    ]  # fmt: skip
    assert [
        [(support.import_id, support.file, support.rows) for support in told.supports]
        for told in found.sightings
    ] == [[(1, "0.json", (1, 2)), (2, "2.json", (0, 1))], [(2, "1.json", (0,))]]
    other = tonearm.accounts.add("evidence-other", "UTC").id
    for nobody, number in ((other, newest.id), (user, 4_000_000_000)):
        with pytest.raises(NotFoundError):
            tonearm.insights.play(nobody, number)


def test_an_unreadable_cursor_is_refused(tonearm: Tonearm, hard_user: int) -> None:
    with pytest.raises(InvalidInputError) as refused:
        tonearm.insights.plays(hard_user, PlaysQuestion(cursor="bm9uc2Vuc2U"))
    assert refused.value.parameter == "cursor"


def test_plays_on_the_command_line(tmp_path: Path) -> None:
    with_owner = build(Settings(data_dir=tmp_path))
    owner = with_owner.accounts.ensure_owner().id
    bring_in(with_owner.imports, [json.dumps(hard_rows()).encode()], user_id=owner)
    expected = with_owner.insights.plays(owner, PlaysQuestion(q="glass", hour=3, limit=2))
    with_owner.close()

    def run(*words: str) -> Ran:
        env = {"TONEARM_DATA_DIR": str(tmp_path), "COLUMNS": "200"}
        return run_command("plays", *words, env=env)

    told = json.loads(run("--q", "glass", "--hour", "3", "--limit", "2", "--json").stdout)
    assert [play["id"] for play in told["items"]] == [play.id for play in expected.items]
    assert told["total"] == expected.total > 0
    table = run("--q", "glass", "--hour", "3", "--limit", "2").stdout
    assert f"2 of {expected.total} plays" in table
    assert f"--cursor {expected.next_cursor}" in table
    shown = run("show", str(expected.items[0].id))
    assert "Glass Harbour" in shown.stdout
    assert "import 1, 0.json, row" in shown.stdout


def test_hidden_plays_are_listed_where_they_are_asked_for(tonearm: Tonearm) -> None:
    user = tonearm.accounts.add("hiding", "UTC").id
    begin = datetime(2024, 5, 1, tzinfo=UTC)
    arrive(tonearm, user, [row(begin + timedelta(hours=hour), hour % 3) for hour in range(6)])
    newest = tonearm.insights.plays(user, PlaysQuestion()).items
    tonearm.corrections.hide(user, [newest[1].id])
    tonearm.corrections.delete(user, [newest[2].id])
    assert [play.ended_at.hour for play in every_play(tonearm, user)] == [5, 2, 1, 0]
    shown = every_play(tonearm, user, hidden="in")
    assert [(play.ended_at.hour, play.hidden) for play in shown] == [
        (5, False), (4, True), (2, False), (1, False), (0, False),
    ]  # fmt: skip
    assert tonearm.insights.play(user, newest[1].id).play.hidden
    with pytest.raises(NotFoundError):
        tonearm.insights.play(user, newest[2].id)


def test_plays_read_the_same_on_every_database(database_url: str, tmp_path: Path) -> None:
    url = "" if database_url.startswith("sqlite") else database_url
    built = build(Settings(data_dir=tmp_path, database_url=url), MovingClock())
    user = built.accounts.ensure_owner().id
    whole = [row(datetime(2024, 5, day, 10, tzinfo=UTC), day) for day in (2, 3)]
    other = [row(datetime(2024, 5, day, 10, tzinfo=UTC), day) for day in (5, 7)]
    for name, rows in (("endsong.json", whole), ("mine.json", other)):
        spool = built.imports.create_spool()
        (spool / "0").write_bytes(json.dumps(rows).encode())
        record = built.imports.submit(user, spool, [name])
        run_import(built.imports, user, record.id)
    found = built.insights.plays(user, PlaysQuestion(q="GLASS", limit=2))
    rest = built.insights.plays(user, PlaysQuestion(q="GLASS", cursor=found.next_cursor))
    assert [play.ended_at.day for play in (*found.items, *rest.items)] == [7, 5, 2]
    (told,) = built.insights.play(user, found.items[0].id).sightings
    assert [(support.file, support.rows) for support in told.supports] == [("mine.json", (1,))]
    # Of the four days from 2 May at 10 h on: one whole, and the day of the fifth.
    totals = built.insights.answer("totals", user, Question(range="2024-05-01..2024-05-06"))
    assert totals.covered.coverage == round((24 + 24) / (24 * 4 - 10), 6)
    built.close()
