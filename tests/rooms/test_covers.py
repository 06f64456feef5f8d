"""Covers: found for what pages lacked and for nothing else, at little cost, and each for its own listener alone."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from collecting import Room, collecting
from moving_clock import MovingClock
from polling import TEN, item_of, poll, state_of
from polling import sample as record_sample
from spotify_room import NOWHERE
from tonearm.accounts.people import User
from tonearm.covers.covers import Covers, Shown
from tonearm.covers.pictures import type_of
from tonearm.domain.errors import NotFoundError
from tonearm.domain.vocabulary import ItemKind
from tonearm.jobs.records import JobState
from tonearm.simulator.world import Part, Track, uri
from tonearm.storage.cover_tables import covers as table
from tonearm.storage.tables import albums, artists, tracks

DAY = timedelta(days=1)
ALBUM, ARTIST, TRACK = ItemKind.ALBUM, ItemKind.ARTIST, ItemKind.TRACK


@pytest.fixture
def room(database_url: str, clock: MovingClock, tmp_path: Path) -> Iterator[Room]:
    with collecting(database_url, tmp_path, clock) as room:
        yield room


@pytest.fixture
def covers(room: Room) -> Covers:
    return room.tonearm.covers.covers


@pytest.fixture
def small_room(sqlite_url: str, clock: MovingClock, tmp_path: Path) -> Iterator[Room]:
    """Give a room on SQLite, for what no database has a part in."""
    with collecting(sqlite_url, tmp_path, clock) as room:
        yield room


def known_tracks(room: Room) -> list[Track]:
    """Give tracks that the simulated Spotify knows, each of another artist, of whom no poll has told yet."""
    told = {play.artist.name for play in room.plays() if play.artist is not None}
    owners: dict[str, Track] = {}
    for one in room.simulator.world.all("track"):
        if isinstance(one, Track):
            owners.setdefault(one.album.artist.name, one)
    return [track for artist, track in owners.items() if artist not in told]


def known_part(room: Room, kind: str) -> Part:
    return next(one for one in room.simulator.world.all(kind) if isinstance(one, Part))


def hear(room: Room, heard: list[Track], user: User | None = None) -> None:
    """Let somebody have heard tracks, of which nothing but the names is known."""
    items = [
        item_of(
            uri(track),
            TEN + number * timedelta(minutes=10),
            title=track.name,
            artist=track.album.artist.name,
            album=track.album.name,
        )
        for number, track in enumerate(heard)
    ]
    poll(room.tonearm.polls, items, user_id=(user or room.ada).id, link_id=77)


def number_of(room: Room, kind: ItemKind, name: str, user: User | None = None) -> int:
    column = {ALBUM: albums.c.name, ARTIST: artists.c.name, TRACK: tracks.c.title}[kind]
    theirs = column.table.c.user_id == (user or room.ada).id
    with room.tonearm.database.read() as connection:
        query = select(column.table.c.id).where(theirs, column == name)
        return int(connection.execute(query).scalar_one())


def shown(room: Room, track: Track) -> list[Shown]:
    """Give the album, the artist and the track itself as a page would show them."""
    return [
        (ALBUM, number_of(room, ALBUM, track.album.name)),
        (ARTIST, number_of(room, ARTIST, track.album.artist.name)),
        (TRACK, number_of(room, TRACK, track.name)),
    ]


def want(room: Room, *some: Shown, user: User | None = None) -> bool:
    return room.tonearm.covers.covers.want((user or room.ada).id, dict.fromkeys(some, 1))


def asked(room: Room, *beginnings: str) -> int:
    """Count the calls of the Web API for single things."""
    begins = beginnings or ("/v1/tracks/", "/v1/artists/", "/v1/episodes/", "/v1/chapters/")
    with room.simulator.lock:
        return sum(
            number
            for (_, path, _), number in room.simulator.counts.items()
            if path.startswith(begins)
        )


def rows(room: Room, user: User | None = None) -> dict[Shown, Any]:
    mine = table.c.user_id == (user or room.ada).id
    with room.tonearm.database.read() as connection:
        found = connection.execute(select(table).where(mine)).all()
    return {(ItemKind(row.item), row.item_id): row for row in found}


def files(room: Room) -> set[str]:
    folder = room.tonearm.settings.cache
    return {path.name for path in folder.glob("*/covers/*")}


def test_what_polls_have_told_costs_no_call_and_an_artist_one(room: Room, covers: Covers) -> None:
    room.link()
    newest = room.plays()[0]
    assert newest.album is not None
    assert newest.artist is not None
    page = [(ALBUM, newest.album.id), (ARTIST, newest.artist.id), (TRACK, newest.track.id)]
    assert covers.find(room.ada.id, page).lacking == set(page)
    room.work()
    assert (asked(room), rows(room)) == (0, {})  # whoever looks at nothing has nothing looked up

    assert want(room, *page)
    room.work()

    assert asked(room, "/v1/tracks/") == 0
    assert asked(room) == asked(room, "/v1/artists/") == 1
    hung = covers.find(room.ada.id, page)
    assert hung.lacking == set()
    assert hung.covers.keys() == set(page)
    assert hung.covers[page[0]] == hung.covers[page[2]]
    assert {row.outcome for row in rows(room).values()} == {"found"}
    assert all(row.address.endswith("-300") for row in rows(room).values())
    picture = covers.get(room.ada.id, ALBUM, newest.album.id)
    assert type_of(picture.content) == picture.media_type == "image/png"
    assert files(room) == {cover.digest for cover in hung.covers.values()}


def test_what_no_poll_tells_of_is_asked_once_for_album_and_artist(
    room: Room, covers: Covers
) -> None:
    room.link()
    track = known_tracks(room)[0]
    hear(room, [track])
    page = shown(room, track)

    assert want(room, *page)
    assert want(room, *page)  # a second page, before the job has begun
    room.work()

    assert (asked(room, "/v1/tracks/"), asked(room)) == (1, 2)
    assert covers.find(room.ada.id, page).covers.keys() == set(page)
    addresses = {place: row.address for place, row in rows(room).items()}
    assert track.album.id in addresses[page[0]]
    assert track.album.artist.id in addresses[page[1]]
    assert len(room.jobs(name="covers.seek")) == 1


def test_of_something_spoken_the_show_is_shown(small_room: Room) -> None:
    room, covers = small_room, small_room.tonearm.covers.covers
    room.link()
    episode, chapter = known_part(room, "episode"), known_part(room, "chapter")
    for number, (part, kind) in enumerate(((episode, "episode"), (chapter, "chapter"))):
        row = state_of(uri(part), TEN + number * timedelta(hours=1), title=part.name)
        work = {"name": part.work.name}
        told = {"type": "episode", "show": work} if kind == "episode" else {"audiobook": work}
        row["state"]["item"] = row["state"]["item"] | {"album": None, "artists": []} | told
        assert record_sample(room.tonearm.polls, row, link_id=77)
    page = [(ARTIST, number_of(room, ARTIST, part.work.name)) for part in (episode, chapter)]

    want(room, *page)
    room.work()

    assert (asked(room, "/v1/episodes/"), asked(room, "/v1/chapters/")) == (1, 1)
    assert covers.find(room.ada.id, page).covers.keys() == set(page)
    assert episode.work.id in rows(room)[page[0]].address
    assert chapter.work.id in rows(room)[page[1]].address


def test_an_artist_has_no_face_but_of_somebody_of_that_name(small_room: Room) -> None:
    room, covers = small_room, small_room.tonearm.covers.covers
    room.link()
    track = known_tracks(room)[0]
    item = item_of(uri(track), TEN, title=track.name, artist="Somebody else", album="Songs")
    poll(room.tonearm.polls, [item], link_id=77)
    page = (ARTIST, number_of(room, ARTIST, "Somebody else"))

    want(room, page)
    room.work()

    assert asked(room, "/v1/artists/") == 0
    assert covers.find(room.ada.id, [page]).covers == {}
    assert rows(room)[page].outcome == "nothing"


def test_what_is_not_there_is_not_asked_for_again_for_a_long_while(
    room: Room, covers: Covers, clock: MovingClock
) -> None:
    room.link()
    item = item_of(f"spotify:track:{NOWHERE}", TEN, album="Lost")
    poll(room.tonearm.polls, [item], link_id=77)
    page = (ALBUM, number_of(room, ALBUM, "Lost"))
    want(room, page)
    room.work()
    assert asked(room) == 1

    clock.advance(days=89)
    assert covers.find(room.ada.id, [page]).lacking == set()
    clock.advance(days=2)
    assert covers.find(room.ada.id, [page]).lacking == {page}
    assert rows(room)[page].outcome == "nothing"


def test_a_day_s_calls_end_and_what_is_played_most_was_first(
    database_url: str, clock: MovingClock, tmp_path: Path
) -> None:
    chosen: dict[str, Any] = {"covers_daily_calls": 2, "collector_most_minutes": 720}
    with collecting(database_url, tmp_path, clock, **chosen) as room:
        room.link()
        heard = known_tracks(room)[:4]
        hear(room, heard)
        pages = [(ALBUM, number_of(room, ALBUM, track.album.name)) for track in heard]
        covers = room.tonearm.covers.covers
        covers.want(room.ada.id, dict(zip(pages, (1, 30, 2, 40), strict=True)))
        room.work()

        assert asked(room) == 2
        assert covers.find(room.ada.id, pages).covers.keys() == {pages[1], pages[3]}
        (job,) = room.jobs(name="covers.seek")
        assert job.state in (JobState.QUEUED, JobState.WAITING)
        assert "TONEARM_COVERS_DAILY_CALLS" in str(job.error)
        app = room.status().app
        assert app is not None
        assert job.run_at == app.day_ends_at

        clock.now = job.run_at + timedelta(minutes=1)
        room.work()
        assert covers.find(room.ada.id, pages).covers.keys() == set(pages)


def test_polls_have_their_calls_also_if_none_is_left_for_covers(
    sqlite_url: str, clock: MovingClock, tmp_path: Path
) -> None:
    kept: dict[str, Any] = {"spotify_daily_calls": 300, "spotify_reserve": 300}
    with collecting(sqlite_url, tmp_path, clock, **kept) as room:
        room.link()
        track = known_tracks(room)[0]
        hear(room, [track])
        want(room, *shown(room, track))
        before = room.status().polled_at
        room.go_on(hours=1)

        assert asked(room) == 0
        polled_at = room.status().polled_at
        assert before is not None
        assert polled_at is not None
        assert polled_at > before


def test_a_link_that_is_refused_just_waits(small_room: Room, clock: MovingClock) -> None:
    room, covers = small_room, small_room.tonearm.covers.covers
    room.link()
    track = known_tracks(room)[0]
    hear(room, [track])
    page = shown(room, track)
    want(room, *page)
    with room.simulator.lock:
        room.simulator.accounts.revoke(room.simulator.users["listener1"])
    room.work()

    (job,) = room.jobs(name="covers.seek")
    assert job.failures == 0
    assert job.run_at == clock() + timedelta(hours=6)
    assert covers.find(room.ada.id, page).covers == {}


def test_a_picture_that_nobody_answers_for_is_tried_again_without_a_call(
    small_room: Room, clock: MovingClock
) -> None:
    room, covers = small_room, small_room.tonearm.covers.covers
    room.link()
    track = known_tracks(room)[0]
    hear(room, [track])
    page = shown(room, track)[0]
    want(room, page)
    room.work()
    row, calls = rows(room)[page], asked(room)
    with room.tonearm.database.write() as connection:
        ended = {"outcome": "unanswered", "digest": None, "again_at": clock() + DAY}
        connection.execute(update(table).values(**ended))
    assert covers.find(room.ada.id, [page]).lacking == set()

    clock.advance(days=1, minutes=1)
    want(room, page)
    room.work()

    assert asked(room) == calls
    assert rows(room)[page].digest == row.digest


def test_a_file_that_was_dropped_is_fetched_again(room: Room, covers: Covers) -> None:
    room.link()
    track = known_tracks(room)[0]
    hear(room, [track])
    page = shown(room, track)[0]
    want(room, page)
    room.work()
    calls, picture = asked(room), covers.get(room.ada.id, *page)
    (path,) = room.tonearm.settings.cache.glob("*/covers/*")
    path.unlink()

    assert covers.get(room.ada.id, *page) == picture
    assert path.exists()
    assert asked(room) == calls

    # Nothing is there any more: the next page has it looked for.
    path.unlink()
    with room.tonearm.database.write() as connection:
        connection.execute(
            update(table).values(address=f"{room.tonearm.settings.spotify_api_url}/no")
        )
    with pytest.raises(NotFoundError):
        covers.get(room.ada.id, *page)
    assert covers.find(room.ada.id, [page]).lacking == {page}
    want(room, page)
    room.work()
    assert covers.get(room.ada.id, *page) == picture


def test_nobody_sees_or_learns_of_another_s_covers(room: Room, covers: Covers) -> None:
    room.link(works=False)
    track = known_tracks(room)[0]
    bob = room.add("Bob")
    hear(room, [track])
    page = shown(room, track)
    want(room, *page)
    room.work()

    with pytest.raises(NotFoundError, match="no cover of album"):
        covers.get(bob.id, *page[0])
    hear(room, [track], bob)
    theirs = (ALBUM, number_of(room, ALBUM, track.album.name, bob))
    assert theirs == page[0]  # each has numbers of their own, and here they are the same
    # Bob hears the same, but has no link: that somebody else has its cover changes nothing for him.
    assert covers.find(bob.id, [theirs]).covers == {}
    assert not want(room, theirs, user=bob)
    with pytest.raises(NotFoundError):
        covers.get(bob.id, *theirs)
    assert rows(room, bob) == {}
    assert covers.get(room.ada.id, *page[0]).content


def test_covers_go_with_the_link_and_with_the_history(room: Room, covers: Covers) -> None:
    room.link()
    track = known_tracks(room)[0]
    hear(room, [track])
    page = shown(room, track)
    want(room, *page)
    room.work()
    held = files(room)
    assert held

    room.tonearm.links.unlink(room.ada.id)
    assert rows(room) == {}
    assert covers.find(room.ada.id, page).covers == {}
    with pytest.raises(NotFoundError):
        covers.get(room.ada.id, *page[0])
    assert covers.sweep() == len(held)
    assert files(room) == set()

    room.link()
    want(room, *page)
    room.work()
    assert rows(room)
    room.tonearm.clearing.clear(room.ada.id, "Ada")
    assert rows(room) == {}


def test_a_number_that_has_become_another_item_s_has_no_cover(room: Room, covers: Covers) -> None:
    room.link()
    track, other = known_tracks(room)[:2]
    hear(room, [track])
    page = shown(room, track)[0]
    want(room, page)
    room.work()
    with room.tonearm.database.write() as connection:
        connection.execute(update(table).values(key="what it was called before"))

    assert covers.find(room.ada.id, [page]).covers == {}
    want(room, page)
    room.work()
    assert track.album.id in rows(room)[page].address
    assert other.album.id not in rows(room)[page].address


def test_where_covers_are_off_nothing_is_asked_and_none_is_shown(
    sqlite_url: str, clock: MovingClock, tmp_path: Path
) -> None:
    with collecting(sqlite_url, tmp_path, clock, covers=False) as room:
        room.link()
        track = known_tracks(room)[0]
        hear(room, [track])
        page = shown(room, track)
        covers = room.tonearm.covers.covers
        assert not want(room, *page)
        # It had one when covers were on.
        item, number = page[0]
        with room.tonearm.database.write() as connection:
            key = connection.scalar(select(albums.c.key).where(albums.c.id == number))
            known = {"user_id": room.ada.id, "item": item.value, "item_id": number, "key": key}
            found = {"plays": 1, "outcome": "found", "digest": "a" * 64, "again_at": clock()}
            connection.execute(insert(table).values(**known, **found))
        room.work()

        assert covers.find(room.ada.id, page).covers == {}
        assert asked(room) == 0
        with pytest.raises(NotFoundError):
            covers.get(room.ada.id, *page[0])
