"""Playlists, held against what the simulator knows to be true."""

from collections.abc import Iterator
from typing import Any

import pytest

from spotify_room import JPEG, NOWHERE, Place, open_place, playlist_of, tracks_of
from tonearm.domain.errors import InvalidInputError, TooLargeError
from tonearm.simulator.faults import Fault
from tonearm.simulator.playlists import LOCAL_URI
from tonearm.spotify.errors import (
    Cause,
    SpotifyInvalidError,
    SpotifyNotFoundError,
    SpotifyRefusedError,
    SpotifyUnavailableError,
)
from tonearm.spotify.operation import Scope
from tonearm.spotify.session import Session
from tonearm.storage.database import Database


@pytest.fixture
def place(sqlite_database: Database) -> Iterator[Place]:
    with open_place(sqlite_database) as opened:
        yield opened


@pytest.fixture
def session(place: Place) -> Session:
    return place.session()


def test_playlists_are_listed_with_what_tells_that_one_changed(
    place: Place, session: Session
) -> None:
    own = place.simulator.users["listener1"].playlists
    listed = list(session.playlists.list_own(limit=4).walk())

    assert [each.id for each in listed] == [each.id for each in own]
    assert [each.snapshot_id for each in listed] == [each.snapshot_id for each in own]
    assert listed[0].total == 130
    assert next(each for each in listed if each.name == "Somebody else's taste").total is None
    assert listed[0].owner.id == "listener1"
    assert "listener1" not in repr(listed)


def test_a_playlist_is_told_without_its_entries(place: Place, session: Session) -> None:
    truth = playlist_of(place, "All of it")

    found = session.playlists.get(truth.uri)

    assert (found.id, found.name, found.total) == (truth.id, truth.name, 130)
    assert (found.description, found.public) == (truth.description, True)
    assert found.snapshot_id == truth.snapshot_id
    assert session.playlists.list_images(truth.id)[0].url.startswith(place.origin)
    with pytest.raises(SpotifyNotFoundError, match="nothing there"):
        session.playlists.get(NOWHERE)


def test_entries_of_every_kind_are_read(place: Place, session: Session) -> None:
    truth = playlist_of(place, "Odds & ends")
    page = session.playlists.list_entries(truth.id)

    assert page.unreadable == 0
    assert len(page.items) == len(truth.entries) == page.total
    for entry, true in zip(page.items, truth.entries, strict=True):
        assert entry.is_local is true.uri.startswith("spotify:local:")
        assert (entry.added_at is None) is (true.added_at is None)
        if entry.item is not None:
            assert entry.item.uri == true.uri
            assert (entry.item.type == "episode") is true.uri.startswith("spotify:episode:")
            assert (entry.item.show is not None) is (entry.item.type == "episode")
            assert (entry.item.id is None) is entry.is_local
    assert [entry.item is None for entry in page.items].count(True) == 1


def test_entries_of_somebody_elses_playlist_are_refused(place: Place, session: Session) -> None:
    with pytest.raises(SpotifyRefusedError, match="only for its owner") as caught:
        session.playlists.list_entries(playlist_of(place, "Somebody else's taste").id)
    assert caught.value.cause is Cause.OTHER
    with pytest.raises(SpotifyRefusedError, match="only for its owner"):
        session.playlists.replace(playlist_of(place, "Somebody else's taste").id, [])


def test_a_playlist_is_made_filled_moved_about_and_emptied(place: Place, session: Session) -> None:
    playlists, tracks = session.playlists, tracks_of(place)[:5]
    made = playlists.create("Ours", description="Of the two of us")
    truth = place.simulator.playlists[made.id]

    def entries() -> list[str]:
        return [entry.uri for entry in truth.entries]

    assert (made.name, made.public, made.total) == ("Ours", False, 0)
    assert playlists.add(made.id, tracks[:3]) == truth.snapshot_id
    playlists.add(made.id, [tracks[3], tracks[0]], position=1)
    assert entries() == [tracks[0], tracks[3], tracks[0], tracks[1], tracks[2]]
    snapshot = playlists.move(made.id, 3, 0, length=2, snapshot_id=truth.snapshot_id)
    assert snapshot == truth.snapshot_id
    assert entries() == [tracks[1], tracks[2], tracks[0], tracks[3], tracks[0]]
    playlists.remove(made.id, [tracks[0], LOCAL_URI], snapshot_id=snapshot)
    assert entries() == [tracks[1], tracks[2], tracks[3]]
    playlists.replace(made.id, tracks)
    assert entries() == tracks
    playlists.replace(made.id, [])
    assert entries() == []
    playlists.change(made.id, name="Theirs", public=True)
    assert (truth.name, truth.description, truth.public) == ("Theirs", "Of the two of us", True)
    playlists.set_image(made.id, JPEG)
    assert truth.picture is not None


def test_what_a_playlist_cannot_be_is_refused(place: Place, session: Session) -> None:
    playlists, own = session.playlists, playlist_of(place, "For later").id
    wrong: list[Any] = [
        lambda: playlists.create(" "),
        lambda: playlists.create("x", public=True, collaborative=True),
        lambda: playlists.change(own),
        lambda: playlists.change(own, name=""),
        lambda: playlists.add(own, []),
        lambda: playlists.add(own, tracks_of(place)[:101]),
        lambda: playlists.add(own, [LOCAL_URI]),
        lambda: playlists.add(own, tracks_of(place)[:1], position=-1),
        lambda: playlists.move(own, -1, 0),
        lambda: playlists.move(own, 0, 1, length=0),
        lambda: playlists.set_image(own, b"GIF89a"),
    ]
    for ask in wrong:
        with pytest.raises(InvalidInputError):
            ask()
    with pytest.raises(TooLargeError, match="192 KiB"):
        playlists.set_image(own, JPEG + bytes(200_000))
    assert place.answered() == 0

    with pytest.raises(SpotifyInvalidError, match="Check ids"):
        playlists.move(own, 5, 9)


def test_a_private_playlist_needs_its_own_scope(place: Place) -> None:
    session = place.session(scopes=[Scope.MODIFY_PUBLIC_PLAYLISTS])

    with pytest.raises(SpotifyRefusedError, match="playlist-modify-private"):
        session.playlists.create("Mine")
    assert place.answered() == 0
    assert session.playlists.create("Everybody's", public=True).public is True


@pytest.mark.parametrize(
    ("name", "times"), [("create", 1), ("add", 1), ("move", 1), ("replace", 2), ("remove", 2)]
)
def test_only_what_can_be_done_twice_is_repeated(
    place: Place, session: Session, name: str, times: int
) -> None:
    playlists, own, two = (
        session.playlists,
        playlist_of(place, "All of it").id,
        tracks_of(place)[:2],
    )
    acts: dict[str, Any] = {
        "create": lambda: playlists.create("New"),
        "add": lambda: playlists.add(own, two),
        "move": lambda: playlists.move(own, 0, 3),
        "replace": lambda: playlists.replace(own, two),
        "remove": lambda: playlists.remove(own, two),
    }
    place.simulator.faults.add(Fault("cut"))

    if times == 1:
        with pytest.raises(SpotifyUnavailableError, match="look before doing it again"):
            acts[name]()
    else:
        acts[name]()
    assert place.answered() == times
