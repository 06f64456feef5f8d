"""What a listener likes stays liked: through undo, merges, and the day on which a name becomes a URI."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listening import add_user, bring_in, imports_for
from moving_clock import MovingClock
from tonearm.domain.errors import NotFoundError
from tonearm.domain.vocabulary import ItemKind
from tonearm.history.corrections.corrections import Corrections
from tonearm.history.corrections.records import SplitWish, WordingWish
from tonearm.history.liked import Liked, Outcome
from tonearm.importers.imports import Imports
from tonearm.storage.database import Database
from tonearm.storage.tables import liked as liked_table

TRACKS = 12


def uri(letter: object) -> str:
    return f"spotify:track:{letter}"


def extended(letter: str, title: str, artist: str = "Ada", second: int = 0) -> dict[str, object]:
    return {
        "ts": f"2024-03-31T01:00:{second:02}Z",
        "ms_played": 60_000,
        "spotify_track_uri": uri(letter),
        "master_metadata_track_name": title,
        "master_metadata_album_artist_name": artist,
        "master_metadata_album_album_name": "Album",
    }


def account(title: str, artist: str = "Ada") -> dict[str, object]:
    return {
        "endTime": "2024-01-01 01:00",
        "artistName": artist,
        "trackName": title,
        "msPlayed": 60_000,
    }


def file_of(*rows: object) -> bytes:
    return json.dumps(rows).encode()


SEVERAL = file_of(*(extended(f"t{number}", f"Track {number}") for number in range(TRACKS)))


@pytest.fixture
def imports(database: Database, clock: MovingClock, tmp_path: Path) -> Imports:
    add_user(database, clock, 1)
    return imports_for(database, tmp_path, clock)


@pytest.fixture
def liked(database: Database, clock: MovingClock) -> Liked:
    return Liked(database, clock)


@pytest.fixture
def names(liked: Liked) -> Callable[[], list[str | None]]:
    return lambda: [one.name for one in liked.list(1)]


def test_a_track_is_liked_once_by_its_number_or_its_uri(
    imports: Imports, liked: Liked, clock: MovingClock
) -> None:
    bring_in(imports, [file_of(extended("a", "A"), extended("b", "B", "Bob", 5))])

    first = liked.add(1, uri("a"))
    assert (first.id, first.key, first.name, first.artist, first.kind, first.liked_at) == (
        1, uri("a"), "A", "Ada", "music", clock(),
    )  # fmt: skip
    clock.advance(hours=1)
    assert liked.add(1, str(first.track_id)) == first
    second = liked.add(1, uri("b"))

    assert liked.list(1) == [second, first]
    assert second.liked_at - first.liked_at == timedelta(hours=1)
    assert liked.list(2) == []


def test_a_track_that_nobody_likes_any_more_is_gone(imports: Imports, liked: Liked) -> None:
    bring_in(imports, [file_of(extended("a", "A"))])
    like = liked.add(1, uri("a"))

    liked.remove(2, uri("a"))
    assert liked.list(1) == [like]
    for _ in range(2):
        liked.remove(1, str(like.track_id))
        assert liked.list(1) == []


def test_what_is_unknown_is_not_liked(imports: Imports, liked: Liked) -> None:
    bring_in(imports, [file_of(extended("a", "A"))])

    for unknown in ("999", uri("z"), "A", "", "٣", "9" * 30, "a\0b", "\ud800"):
        with pytest.raises(NotFoundError):
            liked.add(1, unknown)
    with pytest.raises(NotFoundError):
        liked.remove(1, "999")
    for gone in (uri("z"), "a\0b", "\ud800"):
        liked.remove(1, gone)  # as wished: it is not liked
    assert liked.add_all(1, [uri("z"), uri("a"), uri("a"), "999"]) == [
        Outcome.UNKNOWN, Outcome.ADDED, Outcome.LIKED_ALREADY, Outcome.UNKNOWN,
    ]  # fmt: skip


def test_a_like_outlives_the_import_that_named_its_track(imports: Imports, liked: Liked) -> None:
    record = bring_in(imports, [file_of(extended("a", "A"))])
    like = liked.add(1, uri("a"))

    imports.undo(1, record.id)
    gone = replace(like, track_id=None)
    assert liked.list(1) == [gone]
    with pytest.raises(NotFoundError):
        liked.add(1, uri("a"))

    # The number is another track's now.
    bring_in(imports, [file_of(extended("b", "B"))])
    assert liked.list(1) == [gone]
    bring_in(imports, [file_of(extended("a", "A"))])
    (back,) = liked.list(1)
    assert (back.name, back.liked_at) == ("A", like.liked_at)
    assert liked.add(1, str(back.track_id)) == back

    imports.undo(1, 3)
    liked.remove(1, uri("a"))
    assert liked.list(1) == []


def test_a_like_follows_its_track_from_a_name_to_a_uri(imports: Imports, liked: Liked) -> None:
    bring_in(imports, [file_of(account("Song"))])
    like = liked.add(1, "1")
    assert like.key.startswith("local:")

    bring_in(imports, [file_of(extended("s", "song"))])

    (joined,) = liked.list(1)
    assert (joined.id, joined.key, joined.liked_at) == (like.id, uri("s"), like.liked_at)
    assert liked.add(1, uri("s")) == joined
    imports.undo(1, 2)
    (again,) = liked.list(1)
    assert again == replace(like, track_id=again.track_id)
    bring_in(imports, [file_of(extended("s", "song"))])
    liked.remove(1, uri("s"))
    assert liked.list(1) == []


def test_merged_tracks_are_liked_as_one(
    imports: Imports, liked: Liked, database: Database, clock: MovingClock
) -> None:
    bring_in(imports, [SEVERAL])
    corrections = Corrections(database, clock)
    for number in (1, 2, 5):
        liked.add(1, uri(f"t{number}"))
    merge = corrections.merge(1, ItemKind.TRACK, uri("t0"), [uri("t1"), uri("t2")])

    assert [(one.id, one.name) for one in liked.list(1)] == [(3, "Track 5"), (2, "Track 0")]
    assert [one.id for one in liked.list(1, limit=1, before=3)] == [2]
    assert liked.list(1, before=2) == []
    assert liked.add(1, uri("t0")).id == 2
    corrections.undo(1, merge.id)
    assert [one.name for one in liked.list(1)] == ["Track 5", "Track 2", "Track 1"]

    corrections.merge(1, ItemKind.TRACK, uri("t0"), [uri("t1"), uri("t2")])
    liked.remove(1, uri("t2"))
    assert [one.name for one in liked.list(1)] == ["Track 5"]
    liked.add(1, uri("t1"))
    corrections.undo(1, 2)
    assert [one.name for one in liked.list(1)] == ["Track 0", "Track 5"]


def test_tracks_that_were_split_are_liked_apart(
    imports: Imports, liked: Liked, database: Database, clock: MovingClock
) -> None:
    bring_in(imports, [file_of(extended("a", "A"), extended("a", "A (live)", "Ada", 30))])
    corrections = Corrections(database, clock)
    wish = SplitWish(tracks=(uri("a"),), wording=WordingWish(title="A (live)"))
    split = corrections.split(1, wish)
    whole = liked.add(1, uri("a"))
    part = liked.add(1, f"{uri('a')}#{split.id}")
    moved = corrections.split(1, SplitWish(tracks=(uri("a"),), artist="Somebody"))

    assert part.track_id != whole.track_id
    assert [(one.name, one.artist) for one in liked.list(1)] == [
        ("A (live)", "Ada"),
        ("A", "Somebody"),
    ]
    for number in (moved.id, split.id):
        corrections.undo(1, number)
    assert [(one.name, one.track_id) for one in liked.list(1)] == [
        ("A (live)", None),
        ("A", whole.track_id),
    ]


def test_likes_of_the_same_moment_have_numbers_of_their_own(imports: Imports, liked: Liked) -> None:
    bring_in(imports, [SEVERAL])
    with ThreadPoolExecutor(6) as pool:
        likes = list(pool.map(lambda at: liked.add(1, uri(f"t{at % 6}")), range(24)))

    assert {one.id for one in likes} == set(range(1, 7))
    assert len(liked.list(1)) == 6


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)
@given(
    wanted=st.lists(st.integers(0, TRACKS - 1), unique=True),
    merged=st.lists(st.integers(1, TRACKS - 1), unique=True, max_size=4),
    limit=st.integers(1, 5),
)
def test_pages_together_are_the_whole(
    imports: Imports,
    liked: Liked,
    database: Database,
    clock: MovingClock,
    wanted: list[int],
    merged: list[int],
    limit: int,
) -> None:
    with database.write() as connection:
        connection.execute(liked_table.delete())
    if not imports.list(1):
        bring_in(imports, [SEVERAL])
    liked.add_all(1, [uri(f"t{number}") for number in wanted])
    corrections = Corrections(database, clock)
    parts = [uri(f"t{number}") for number in merged]
    one = corrections.merge(1, ItemKind.TRACK, uri("t0"), parts) if parts else None
    seen: list[str] = []
    before: int | None = None
    while page := liked.list(1, before=before, limit=limit):
        assert len(page) <= limit
        seen += [like.key for like in page]
        before = page[-1].id
    if one is not None:
        corrections.undo(1, one.id)

    shown = [uri(f"t{0 if number in merged else number}") for number in reversed(wanted)]
    assert seen == list(dict.fromkeys(shown))
