"""Completeness is what its definition says: against brute force over the files of many imports, in hard zones."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listening import run_import
from moving_clock import MovingClock
from oracle.completeness import Coverage, Span, coverage, day_spans
from oracle.measures import resolve_range
from tonearm.bootstrap import Tonearm, build
from tonearm.domain.instants import to_ms
from tonearm.domain.vocabulary import Family
from tonearm.history.evidence import load_evidence
from tonearm.importers.records import ImportRecord
from tonearm.insights.charts.completeness import Completeness, CompletenessQuestion
from tonearm.insights.question import Question
from tonearm.ops.settings import Settings
from tonearm.testing.export import write_export

NOW = datetime(2024, 4, 2, 9, 30, tzinfo=UTC)
ZONES = ("Europe/Berlin", "America/St_Johns", "Asia/Kolkata", "Pacific/Apia")
RANGES = (
    "all",
    "2024",
    "2010",
    "2011-12",
    "2024-03-31",
    "last_30_days",
    "this_week",
    "2011-12-30",
    "2030",
)
EDGES = tuple(
    datetime.fromisoformat(moment)
    for moment in (
        "2010-11-07T02:31:00+00:00",  # St John's goes back over midnight, at 00:01
        "2011-12-30T10:00:00+00:00",  # Apia goes from 29 to 31 December
        "2024-03-31T01:00:00+00:00",  # Berlin's day of 23 hours
        "2024-04-01T22:00:00+00:00",
    )
)
SERIES = {
    "audio": "Spotify Extended Streaming History/Streaming_History_Audio_2010-2024",
    "video": "Streaming_History_Video_2024",
    "endsong": "MyData/endsong",
}
USERS = count(1)


@dataclass(frozen=True)
class File:
    """A file of an import, and what a person would say of it."""

    name: str
    clocks: tuple[datetime, ...]
    series: str | None = None
    """None for one whose name says nothing."""
    number: int = 0
    is_account: bool = False
    is_cut: bool = False

    @property
    def content(self) -> bytes:
        rows = [account_row(at) if self.is_account else extended_row(at) for at in self.clocks]
        text = json.dumps(rows)
        return (text[:-1] if self.is_cut else text).encode()


@dataclass(frozen=True)
class Upload:
    """The files of one import."""

    files: tuple[File, ...]
    is_undone: bool = field(default=False)


def extended_row(at: datetime) -> dict[str, Any]:
    return {
        "ts": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "ms_played": 40_000,
        "spotify_track_uri": f"spotify:track:{'a' * 22}",
        "master_metadata_track_name": "Blue Orchard",
        "master_metadata_album_artist_name": "Glass Harbour",
    }


def account_row(at: datetime) -> dict[str, Any]:
    return {
        "endTime": f"{at:%Y-%m-%d %H:%M}",
        "artistName": "Glass Harbour",
        "trackName": "Blue Orchard",
        "msPlayed": 40_000,
    }


@pytest.fixture(scope="module")
def clock() -> MovingClock:
    moving = MovingClock()
    moving.now = NOW
    return moving


@pytest.fixture(scope="module")
def tonearm(tmp_path_factory: pytest.TempPathFactory, clock: MovingClock) -> Iterator[Tonearm]:
    built = build(Settings(data_dir=tmp_path_factory.mktemp("built")), clock)
    yield built
    built.close()


@pytest.fixture
def user(tonearm: Tonearm) -> int:
    return new_user(tonearm)


def new_user(tonearm: Tonearm) -> int:
    return tonearm.accounts.add(f"listener {next(USERS)}", "UTC").id


def bring_in(tonearm: Tonearm, user: int, files: Sequence[tuple[str, bytes]]) -> ImportRecord:
    spool = tonearm.imports.create_spool()
    for index, (_, content) in enumerate(files):
        (spool / str(index)).write_bytes(content)
    record = tonearm.imports.submit(user, spool, [name for name, _ in files])
    run_import(tonearm.imports, user, record.id)
    return tonearm.imports.get(user, record.id)


def bring_uploads(tonearm: Tonearm, user: int, uploads: Sequence[Upload]) -> None:
    for upload in uploads:
        record = bring_in(tonearm, user, [(file.name, file.content) for file in upload.files])
        assert record.state == "published"
        if upload.is_undone:
            tonearm.imports.undo(user, record.id)


def ask(tonearm: Tonearm, user: int, **asked: Any) -> Completeness:  # noqa: ANN401 - parameters of a question
    found: Completeness = tonearm.insights.answer(
        "completeness", user, CompletenessQuestion(**asked)
    )
    return found


@st.composite
def clocks(draw: st.DrawFn) -> tuple[datetime, ...]:
    minutes = (-2 * 1_440, -1_441, -60, -1, 0, 1, 59, 60, 90, 840, 1_440, 3 * 1_440)
    return tuple(
        draw(st.sampled_from(EDGES))
        + timedelta(minutes=draw(st.sampled_from(minutes)), seconds=draw(st.sampled_from((0, 59))))
        for _ in range(draw(st.integers(1, 5)))
    )


@st.composite
def uploads(draw: st.DrawFn) -> Upload:
    files: list[File] = []
    for series, stem in SERIES.items():
        numbers = draw(st.sampled_from((*[()] * 2, (0,), (0, 1), (0, 1, 2), (0, 2), (1,))))
        for number in numbers:
            bare = number == 0 and draw(st.booleans())
            name = f"{stem}.json" if bare else f"{stem}_{number}.json"
            is_cut = draw(st.sampled_from((False,) * 7 + (True,)))
            files.append(File(name, draw(clocks()), series, number, is_cut=is_cut))
    for index in range(draw(st.sampled_from((0, 0, 0, 1, 2)))):
        is_account = draw(st.booleans())
        name = f"StreamingHistory_music_{index}.json" if is_account else f"mine {index}.json"
        files.append(File(name, draw(clocks()), is_account=is_account))
    if not files:
        files.append(File("endsong.json", draw(clocks()), "endsong"))
    return Upload(tuple(files), draw(st.sampled_from((False, False, False, True))))


def is_complete(upload: Upload) -> bool:
    """Whether the named extended files leave nothing out, as far as one can tell."""
    numbers: dict[str, list[int]] = {}
    for file in upload.files:
        if file.series is not None:
            numbers.setdefault(file.series, []).append(file.number)
            if file.is_cut:
                return False
    return all(sorted(found) == list(range(len(found))) for found in numbers.values())


def vouched_by(files: Sequence[Upload], zone: ZoneInfo) -> tuple[list[Span], list[Span]]:
    """The spans of complete sets, and the days of whatever else has rows."""
    whole: list[Span] = []
    moments: list[int] = []
    for upload in files:
        if upload.is_undone:
            continue
        named: list[int] = []
        for file in upload.files:
            told = [
                to_ms(at.replace(second=0) if file.is_account else at)
                for at in file.clocks
                if at <= NOW + timedelta(days=1)  # later than that no row is valid
            ]
            (moments if file.series is None else named).extend(told)
        if named and is_complete(upload):
            whole.append((min(named), max(named) + 1))
        else:
            moments += named
    return whole, day_spans(moments, zone)


def expected_of(
    spans: list[Span], first_play: int, bounds: tuple[int | None, int | None], zone: ZoneInfo
) -> Coverage:
    start, end = bounds
    now = to_ms(NOW)
    begin = first_play if start is None else max(start, first_play)
    end = now if end is None else min(end, now)
    return coverage(spans, [], begin, end, zone, first_play_ms=first_play, now_ms=now)


@given(
    told=st.lists(uploads(), min_size=1, max_size=3),
    asked=st.lists(
        st.tuples(st.sampled_from(RANGES), st.sampled_from(ZONES)), min_size=3, max_size=3
    ),
)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_completeness_is_brute_forces(
    tonearm: Tonearm, told: list[Upload], asked: list[tuple[str, str]]
) -> None:
    user = new_user(tonearm)
    bring_uploads(tonearm, user, told)
    with tonearm.database.read() as connection:
        evidence = load_evidence(connection, user)
    ended_at = evidence.plays.ended_at.tolist()
    for named, zone_name in asked:
        zone = ZoneInfo(zone_name)
        found = ask(tonearm, user, range=named, zone=zone_name, limit=500)
        whole, partial = vouched_by(told, zone)
        bounds = (None, None) if named == "all" else resolve_range(named, NOW, zone)
        totals = tonearm.insights.answer("totals", user, Question(range=named, zone=zone_name))
        assert found.coverage == found.covered.coverage == totals.covered.coverage
        if not ended_at:
            assert (found.coverage, found.gaps, found.items, found.first_play_at) == (
                None,
                0,
                (),
                None,
            )
            continue
        expected = expected_of([*whole, *partial], ended_at[0], bounds, zone)
        if not expected.whole_ms:
            assert (found.coverage, found.partial_share, found.items) == (None, None, ())
            continue
        assert found.coverage == pytest.approx(expected.share, abs=1e-6)
        wholly = expected_of(whole, ended_at[0], bounds, zone)
        assert found.partial_share == pytest.approx(expected.share - wholly.share, abs=2e-6)
        gaps = [(to_ms(gap.from_at), to_ms(gap.to_at)) for gap in found.items]
        assert gaps == expected.missing
        assert found.gaps == len(gaps)
        assert all(gap.reason.endswith(".") and gap.remedy.endswith(".") for gap in found.items)
        assert found.first_play_at is not None
        assert to_ms(found.first_play_at) == ended_at[0]
    counted = ask(tonearm, user, kind="all", rule="any")
    sightings = zip(
        evidence.sightings.play.tolist(), evidence.sightings.family.tolist(), strict=True
    )
    extended = {play for play, family in sightings if family == Family.EXTENDED}
    assert [(told.source, told.plays) for told in counted.sources] == [
        ("extended", len(extended)),
        ("account", len(set(evidence.plays.id.tolist()) - extended)),
        ("poll", 0),
        ("manual", 0),
    ]


def hours(*moments: str) -> tuple[datetime, ...]:
    return tuple(datetime.fromisoformat(f"{moment}+00:00") for moment in moments)


def test_without_plays_nothing_can_be_covered(tonearm: Tonearm, user: int) -> None:
    found = ask(tonearm, user)
    assert (found.coverage, found.partial_share, found.gaps, found.items) == (None, None, 0, ())
    assert [told.plays for told in found.sources] == [0, 0, 0, 0]


def test_a_complete_history_covers_from_its_first_row_to_its_last(
    tonearm: Tonearm, user: int
) -> None:
    files = (
        File(f"{SERIES['audio']}_0.json", hours("2024-03-01T10:00", "2024-03-02T10:00"), "audio"),
        File(f"{SERIES['audio']}_1.json", hours("2024-03-05T12:00"), "audio", 1),
    )
    bring_uploads(tonearm, user, [Upload(files)])
    found = ask(tonearm, user, range="2024-03", zone="Europe/Berlin")
    # 4 days and 2 hours of the 30 days and 12 hours from the first play to the end of March, an hour shorter.
    assert found.coverage == round(98 / (30 * 24 + 13 - 1), 6)
    assert found.partial_share == 0
    (gap,) = found.items
    assert gap.reason == "No export covers 5 Mar to 31 Mar 2024."
    assert gap.remedy == "Import a newer extended history."
    assert ask(tonearm, user, range="2024-03-03", zone="Europe/Berlin").coverage == 1
    assert ask(tonearm, user, range="2024-02").coverage is None
    (gap,) = ask(tonearm, user, range="2024-03-05", zone="Europe/Berlin").items
    assert gap.reason == "No export covers 13:00 to 00:00 on 5 Mar 2024."
    (gap,) = ask(tonearm, user, range="2024-03-07").items
    assert (gap.reason, gap.days) == ("No export covers 7 Mar 2024.", 1)


@pytest.mark.parametrize(
    ("files", "flaw"),
    [
        (
            [File("endsong_0.json", hours("2024-03-01T10:00")), File("endsong_2.json", hours("2024-03-05T10:00"))],
            "number 1 of the files endsong is missing",
        ),
        (
            [File("a/endsong_0.json", hours("2024-03-01T10:00", "2024-03-05T10:00"), is_cut=True)],
            "endsong_0.json was not read to its end",
        ),
        (
            [File("my history.json", hours("2024-03-01T10:00", "2024-03-05T10:00"))],
            "its files do not have Spotify's names, so that nothing tells whether one is missing",
        ),
        (
            [File("StreamingHistory0.json", hours("2024-03-01T10:00", "2024-03-05T10:00"), is_account=True)],
            "account data can leave out whole weeks",
        ),
    ],
)  # fmt: skip
def test_what_may_leave_something_out_covers_its_days_and_says_why(
    tonearm: Tonearm, user: int, files: list[File], flaw: str
) -> None:
    bring_uploads(tonearm, user, [Upload(tuple(files))])
    found = ask(tonearm, user, range="2024-03-01..2024-03-06")
    assert found.coverage == found.partial_share == round((14 + 24) / (14 + 4 * 24), 6)
    (gap,) = found.items
    assert gap.reason == (
        f"No export covers 2 Mar to 4 Mar 2024. Import 1 has nothing there, but {flaw}."
    )
    is_account = files[0].is_account
    assert gap.remedy.startswith("Import a newer" if is_account else "Import the whole ZIP")


def test_the_same_rows_in_better_files_cover_more(tonearm: Tonearm, user: int) -> None:
    told = hours("2024-03-01T10:00", "2024-03-05T10:00")
    bring_uploads(tonearm, user, [Upload((File("mine.json", told),))])
    question = Question(range="2024-03-03")
    before, etag = tonearm.insights.answer_bytes("totals", user, question)
    assert json.loads(before)["covered"]["coverage"] == 0
    bring_uploads(tonearm, user, [Upload((File("endsong_0.json", told),))])
    after, other = tonearm.insights.answer_bytes("totals", user, question)
    assert json.loads(after)["covered"]["coverage"] == 1
    assert etag != other
    tonearm.imports.undo(user, 2)
    again, _ = tonearm.insights.answer_bytes("totals", user, question)
    assert json.loads(again)["covered"]["coverage"] == 0


def test_a_day_with_rows_is_covered_beyond_the_end_of_a_complete_set(
    tonearm: Tonearm, user: int
) -> None:
    whole = File("endsong.json", hours("2024-03-01T10:00", "2024-03-05T12:00"), "endsong")
    bring_uploads(tonearm, user, [Upload((whole,))])
    assert ask(tonearm, user, range="2024-03-05").coverage == round(
        (12 * 3_600_000 + 1) / 86_400_000, 6
    )
    inside = File("account.json", hours("2024-03-05T11:00"), is_account=True)
    bring_uploads(tonearm, user, [Upload((inside,))])
    found = ask(tonearm, user, range="2024-03-05")
    assert (found.coverage, found.partial_share, found.items) == (1, 0.5, ())


def test_a_preview_covers_nothing(tonearm: Tonearm, user: int) -> None:
    bring_uploads(
        tonearm, user, [Upload((File("mine.json", hours("2024-03-01T10:00", "2024-03-05T10:00")),))]
    )
    spool = tonearm.imports.create_spool()
    (spool / "0").write_bytes(
        File("endsong.json", hours("2024-03-01T10:00", "2024-03-05T10:00")).content
    )
    record = tonearm.imports.submit(user, spool, ["endsong.json"], is_preview=True)
    run_import(tonearm.imports, user, record.id)
    assert ask(tonearm, user, range="2024-03-03").coverage == 0


def test_of_many_gaps_the_longest_are_told_in_order_of_time(tonearm: Tonearm, user: int) -> None:
    days = (1, 2, 4, 9, 11, 12, 20)
    told = hours(*(f"2024-01-{day:02}T10:00" for day in days))
    bring_uploads(tonearm, user, [Upload((File("a.json", told, is_account=True),))])
    found = ask(tonearm, user, range="2024-01-01..2024-01-21", limit=2)
    assert found.gaps == 4
    assert [gap.days for gap in found.items] == [4, 7]


@pytest.mark.parametrize("era", ["extended", "mixed", "account"])
def test_a_generated_extended_history_is_complete(
    tonearm: Tonearm, user: int, tmp_path: Path, era: Any  # noqa: ANN401 - a literal
) -> None:  # fmt: skip
    path = tmp_path / "my_spotify_data.zip"
    write_export(path, plays=3_000, seed=4, era=era, years=3, until=NOW)
    bring_in(tonearm, user, [("my_spotify_data.zip", path.read_bytes())])
    found = ask(tonearm, user, kind="all")
    assert found.coverage is not None
    assert found.partial_share is not None
    assert found.first_play_at is not None
    assert (found.partial_share > 0) is (era != "extended")
    assert (found.partial_share < found.coverage) is (era != "account")
    year = found.first_play_at.year + 1
    if era != "account":
        assert ask(tonearm, user, range=str(year)).coverage == 1
