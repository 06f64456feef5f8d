"""The client covers Spotify's surface of 2026: each operation has its method, which works and asks for no more.

The surface is the machine-readable description in `tests/simulator`; what answers is the simulator, which is held
against the same description by tests of its own.
"""

import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.openapi import operations
from spotify_room import JPEG, Place, open_place, tracks_of
from tonearm.simulator.table import load_table
from tonearm.spotify.errors import Cause, SpotifyRefusedError
from tonearm.spotify.operation import Operation, Resource, Scope, operation_of
from tonearm.spotify.player import Repeat
from tonearm.spotify.search import Kind
from tonearm.spotify.session import Session
from tonearm.storage.database import Database

Act = Callable[[Session, "Things"], object]


class Things:
    """What there is in a simulator to be asked for."""

    def __init__(self, place: Place) -> None:
        world, user = place.simulator.world, place.simulator.users["listener1"]
        self.ids = {
            kind: next(world.all(kind)).id
            for kind in ("track", "album", "artist", "show", "episode", "audiobook", "chapter")
        }
        self.uris = tracks_of(place)[:3]
        self.playlist = next(each.id for each in user.playlists if each.name == "All of it")
        self.device = user.player.devices[0].id or ""


ACTS: dict[str, Act] = {
    "me.get": lambda session, _: session.me.get(),
    "recent.list_plays": lambda session, _: session.recent.list_plays(),
    "player.current": lambda session, _: session.player.current(),
    "player.state": lambda session, _: session.player.state(),
    "player.devices": lambda session, _: session.player.devices(),
    "player.queue": lambda session, _: session.player.queue(),
    "player.transfer": lambda session, things: session.player.transfer(things.device, play=True),
    "player.play": lambda session, things: session.player.play(uris=things.uris, offset=1),
    "player.pause": lambda session, _: session.player.pause(),
    "player.next": lambda session, _: session.player.next(),
    "player.previous": lambda session, _: session.player.previous(),
    "player.seek": lambda session, _: session.player.seek(1_000),
    "player.repeat": lambda session, _: session.player.repeat(Repeat.CONTEXT),
    "player.shuffle": lambda session, _: session.player.shuffle(on=True),
    "player.volume": lambda session, _: session.player.volume(40),
    "player.enqueue": lambda session, things: session.player.enqueue(things.uris[0]),
    "playlists.list_own": lambda session, _: session.playlists.list_own(),
    "playlists.get": lambda session, things: session.playlists.get(things.playlist),
    "playlists.list_entries": lambda session, things: session.playlists.list_entries(
        things.playlist
    ),
    "playlists.create": lambda session, _: session.playlists.create("New"),
    "playlists.change": lambda session, things: session.playlists.change(
        things.playlist, description="Other"
    ),
    "playlists.add": lambda session, things: session.playlists.add(things.playlist, things.uris),
    "playlists.replace": lambda session, things: session.playlists.replace(
        things.playlist, things.uris
    ),
    "playlists.move": lambda session, things: session.playlists.move(things.playlist, 0, 2),
    "playlists.remove": lambda session, things: session.playlists.remove(
        things.playlist, things.uris[:1]
    ),
    "playlists.list_images": lambda session, things: session.playlists.list_images(things.playlist),
    "playlists.set_image": lambda session, things: session.playlists.set_image(
        things.playlist, JPEG
    ),
    "library.tracks": lambda session, _: session.library.tracks(),
    "library.albums": lambda session, _: session.library.albums(),
    "library.episodes": lambda session, _: session.library.episodes(),
    "library.shows": lambda session, _: session.library.shows(),
    "library.audiobooks": lambda session, _: session.library.audiobooks(),
    "library.followed_artists": lambda session, _: session.library.followed_artists(),
    "library.save": lambda session, things: session.library.save(things.uris),
    "library.unsave": lambda session, things: session.library.unsave(things.uris),
    "library.contains": lambda session, things: session.library.contains(things.uris),
    "catalogue.track": lambda session, things: session.catalogue.track(things.ids["track"]),
    "catalogue.album": lambda session, things: session.catalogue.album(things.ids["album"]),
    "catalogue.album_tracks": lambda session, things: session.catalogue.album_tracks(
        things.ids["album"]
    ),
    "catalogue.artist": lambda session, things: session.catalogue.artist(things.ids["artist"]),
    "catalogue.artist_albums": lambda session, things: session.catalogue.artist_albums(
        things.ids["artist"]
    ),
    "catalogue.episode": lambda session, things: session.catalogue.episode(things.ids["episode"]),
    "catalogue.show": lambda session, things: session.catalogue.show(things.ids["show"]),
    "catalogue.show_episodes": lambda session, things: session.catalogue.show_episodes(
        things.ids["show"]
    ),
    "catalogue.audiobook": lambda session, things: session.catalogue.audiobook(
        things.ids["audiobook"]
    ),
    "catalogue.audiobook_chapters": lambda session, things: session.catalogue.audiobook_chapters(
        things.ids["audiobook"]
    ),
    "catalogue.chapter": lambda session, things: session.catalogue.chapter(things.ids["chapter"]),
    "search.find": lambda session, _: session.search.find("the", list(Kind)),
    "top.artists": lambda session, _: session.top.artists(),
    "top.tracks": lambda session, _: session.top.tracks(),
}
NO_CALLER: Any = None


def methods() -> dict[str, Operation]:
    """Give the operation of every method that asks, by resource and name."""
    return {
        f"{resource}.{name}": operation_of(function)
        for resource, holder in vars(Session(NO_CALLER)).items()
        if isinstance(holder, Resource)
        for name, function in vars(type(holder)).items()
        if hasattr(function, "operation")
    }


METHODS = methods()
BY_PLACE = {(each.method, each.path): each for each in METHODS.values()}
OF_LIBRARY = {"library.save", "library.unsave", "library.contains"}
every_method = pytest.mark.parametrize("name", sorted(METHODS))


@pytest.fixture(scope="module")
def place(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    path = shutil.copy(migrated_file, tmp_path_factory.mktemp("spotify"))
    database = Database(f"sqlite:///{path}")
    with open_place(database) as opened:
        yield opened
    database.close()


def test_every_operation_has_exactly_one_method() -> None:
    counts = Counter(each.name for each in METHODS.values())
    # Two things that Spotify tells apart by what is sent: to replace everything, and to move something.
    counts["reorder-or-replace-playlists-items"] -= 1

    assert counts == {each["operationId"]: 1 for each in operations().values()}
    assert len(counts) == 49
    assert {key: each.name for key, each in BY_PLACE.items()} == {
        key: each["operationId"] for key, each in operations().items()
    }


@every_method
def test_declared_scopes_are_those_of_the_description(name: str) -> None:
    declared = METHODS[name]
    security = operations()[declared.method, declared.path].get("security", [])
    listed = {scope for each in security for scopes in each.values() for scope in scopes}

    assert declared.scopes == listed


# What the library needs depends on what is saved: tests of the library see to that.
@pytest.mark.parametrize("name", sorted(set(METHODS) - OF_LIBRARY))
def test_what_is_needed_is_what_the_simulator_insists_on(name: str) -> None:
    declared = METHODS[name]
    insists = {(each.method, each.path): each.scopes for each in load_table().operations}
    needed = {frozenset(group) for group in insists[declared.method, declared.path]}

    assert set(declared.needs) == needed


def test_every_scope_is_needed_for_something() -> None:
    assert set(Scope) == {scope for each in METHODS.values() for scope in each.scopes}


@every_method
def test_every_method_works_with_no_more_than_it_needs(place: Place, name: str) -> None:
    declared, things = METHODS[name], Things(place)
    place.simulator.counts.clear()
    scopes = {scope for group in declared.needs for scope in group}
    session = place.session(scopes=scopes)
    if name.startswith("player."):
        # Something is being heard.
        place.session().player.play(uris=things.uris, device_id=things.device)
        place.simulator.counts.clear()

    ACTS[name](session, things)

    ((method, path, status),) = place.simulator.counts
    pattern = "/v1" + re.sub(r"{\w+}", r"[0-9A-Za-z]{22}", declared.path)
    assert method == declared.method
    assert re.fullmatch(pattern, path)
    assert status < 300


@every_method
def test_without_its_scopes_nothing_is_asked(place: Place, name: str) -> None:
    declared, things = METHODS[name], Things(place)
    place.simulator.counts.clear()
    session = place.session(scopes=set(Scope) - declared.scopes)
    if not declared.needs:
        ACTS[name](session, things)
        return

    with pytest.raises(SpotifyRefusedError, match="was not granted") as caught:
        ACTS[name](session, things)
    assert caught.value.cause is Cause.SCOPE
    assert place.answered() == 0


def test_the_table_of_calls_is_whole() -> None:
    assert set(ACTS) == set(METHODS)
