"""What each resource gives and does, held against what the simulator knows to be true."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest

from spotify_room import JPEG, NOWHERE, Place, open_place, playlist_of, tracks_of
from tonearm.domain.errors import InvalidInputError, TonearmError
from tonearm.simulator.clock import to_ms
from tonearm.simulator.world import Album, Artist, Part, Track, Work, uri
from tonearm.spotify.catalogue import AlbumGroup
from tonearm.spotify.errors import (
    Cause,
    SpotifyNotFoundError,
    SpotifyRefusedError,
)
from tonearm.spotify.operation import Scope
from tonearm.spotify.player import Repeat
from tonearm.spotify.search import Kind
from tonearm.spotify.session import Session
from tonearm.spotify.top import Span
from tonearm.storage.database import Database


@pytest.fixture
def place(sqlite_database: Database) -> Iterator[Place]:
    with open_place(sqlite_database) as opened:
        yield opened


@pytest.fixture
def session(place: Place) -> Session:
    return place.session()


def test_recent_plays_are_those_that_were_told(place: Place, session: Session) -> None:
    page = session.recent.list_plays()
    told = [listen for listen in place.simulator.listens() if listen.untold is None]
    heard = {listen.uri for listen in told}

    assert len(page.plays) == 50
    assert page.unreadable == ()
    assert page.has_more
    assert {play.track.uri for play in page.plays} <= heard
    instants = [play.played_at for play in page.plays]
    assert instants == sorted(instants, reverse=True)
    assert (page.after_ms, page.before_ms) == (to_ms(instants[0]), to_ms(instants[-1]))
    assert all(play.track.album and play.track.external_ids.isrc for play in page.plays)


def test_cursors_lead_to_newer_and_older_plays(session: Session) -> None:
    first = session.recent.list_plays(limit=10)
    older = session.recent.list_plays(before_ms=first.before_ms, limit=10)
    newer = session.recent.list_plays(after_ms=older.after_ms)
    assert older.plays[0].played_at < first.plays[-1].played_at
    assert newer.plays[-1].played_at == first.plays[-1].played_at

    pages = list(session.recent.iter_back(limit=10))
    plays = [play for page in pages for play in page.plays]
    assert len(plays) == len({play.played_at for play in plays}) == 50
    with pytest.raises(InvalidInputError, match="not both"):
        session.recent.list_plays(after_ms=1, before_ms=2)


def test_instants_are_those_that_the_service_states(place: Place, session: Session) -> None:
    """How far its clock is off is for those to find out who know when something was truly heard."""
    before = session.recent.list_plays().plays
    place.simulator.clock.skew = timedelta(minutes=7)
    after = session.recent.list_plays().plays

    assert [play.played_at for play in after] == [
        play.played_at + timedelta(minutes=7) for play in before
    ]


def test_lists_are_asked_for_page_by_page_as_they_are_needed(
    place: Place, session: Session
) -> None:
    saved = [key for key, _ in place.simulator.users["listener1"].newest_saved("track")]
    page = session.library.tracks(limit=20)

    assert page.total == len(saved) == 64
    assert [row.track.uri for row in islice(page.walk(), 20)] == saved[:20]
    assert place.answered() == 1
    assert [row.track.uri for row in page.walk()] == saved
    assert place.answered() == 4
    pages = list(page.pages())
    assert [(each.offset, len(each.items)) for each in pages] == [
        (0, 20),
        (20, 20),
        (40, 20),
        (60, 4),
    ]
    assert all(row.added_at for row in page.items)


@pytest.mark.parametrize("limit", [0, -1, 51])
def test_limits_are_respected(place: Place, session: Session, limit: int) -> None:
    asks = (
        session.library.tracks,
        session.library.followed_artists,
        session.playlists.list_own,
        session.recent.list_plays,
        session.top.tracks,
    )
    for ask in asks:
        with pytest.raises(InvalidInputError, match="limit is a number from 1 to 50"):
            ask(limit=limit)
    with pytest.raises(InvalidInputError, match="from 1 to 10"):
        session.search.find("the", [Kind.TRACK], limit=11)
    with pytest.raises(InvalidInputError, match="from 1 to 10"):
        session.catalogue.artist_albums(NOWHERE, limit=11)
    with pytest.raises(InvalidInputError, match="offset"):
        session.library.tracks(offset=-1)
    assert place.answered() == 0


@pytest.mark.parametrize(
    "text", ["../me", "a?b", "%2e", "..%2fme", "", "spotify:user:x", "https://evil.example/track/x"]
)
def test_hostile_ids_are_refused_before_anything_is_asked(
    place: Place, session: Session, text: str
) -> None:
    catalogue, playlists = session.catalogue, session.playlists
    asks: list[Any] = [
        catalogue.track, catalogue.album, catalogue.album_tracks, catalogue.artist, catalogue.artist_albums,
        catalogue.episode, catalogue.show, catalogue.show_episodes, catalogue.audiobook,
        catalogue.audiobook_chapters, catalogue.chapter, playlists.get, playlists.list_entries, playlists.list_images,
        lambda each: playlists.change(each, name="x"),
        lambda each: playlists.add(each, [f"spotify:track:{NOWHERE}"]),
        lambda each: playlists.replace(each, []),
        lambda each: playlists.move(each, 0, 1),
        lambda each: playlists.remove(each, [f"spotify:track:{NOWHERE}"]),
        lambda each: playlists.set_image(each, JPEG),
        lambda each: session.library.save([each + ","]),
        session.player.enqueue,
        lambda each: session.player.play(context_uri=each),
        lambda each: session.player.play(uris=[each]),
        lambda each: session.player.play(offset=each),
    ]  # fmt: skip
    for ask in asks:
        with pytest.raises(InvalidInputError):
            ask(text)
    assert place.answered() == 0


def test_every_kind_of_the_library_is_listed(place: Place, session: Session) -> None:
    saved = place.simulator.users["listener1"].saved
    library = session.library

    assert {row.album.uri for row in library.albums().walk()} == set(saved["album"])
    assert {row.episode.uri for row in library.episodes().walk()} == set(saved["episode"])
    assert {row.show.uri for row in library.shows().walk()} == set(saved["show"])
    assert {row.audiobook.uri for row in library.audiobooks().walk()} == set(saved["audiobook"])
    artists = [artist.uri for artist in library.followed_artists(limit=7).walk()]
    assert len(artists) == len(set(artists))
    assert set(artists) == set(saved["artist"])


def test_things_are_saved_found_and_unsaved(place: Place, session: Session) -> None:
    world, library = place.simulator.world, session.library
    saved = place.simulator.users["listener1"].saved
    new = [
        next(key for key in map(uri, world.all(kind)) if key not in saved[kind])
        for kind in ("track", "album", "episode", "artist")
    ]
    new.append(f"spotify:playlist:{playlist_of(place, 'For later').id}")

    library.unsave(new)
    assert library.contains(new) == (False,) * 5
    library.save(new[:3])
    library.save(new)
    assert library.contains(new) == (True,) * 5
    library.unsave(new[1:])
    assert library.contains(new) == (True, False, False, False, False)


def test_what_is_saved_decides_which_scope_is_needed(place: Place) -> None:
    track, artist = tracks_of(place)[0], uri(next(place.simulator.world.all("artist")))
    library = place.session(scopes=[Scope.MODIFY_LIBRARY, Scope.READ_FOLLOWS]).library

    library.save([track])
    library.contains([artist])
    asked = place.answered()
    for refused, scope in (
        (lambda: library.save([track, artist]), "user-follow-modify"),
        (lambda: library.unsave([f"spotify:playlist:{NOWHERE}"]), "playlist-modify-public"),
        (lambda: library.contains([artist, track]), "user-library-read"),
    ):
        with pytest.raises(SpotifyRefusedError, match=scope) as caught:
            refused()
        assert caught.value.cause is Cause.SCOPE
    assert place.answered() == asked


def test_forty_are_saved_at_a_time_and_no_chapters(place: Place, session: Session) -> None:
    tracks = tracks_of(place)[:41]
    session.library.save(tracks[:40])

    assert session.library.contains(tracks[:40]) == (True,) * 40
    asked = place.answered()
    for wrong in ([], tracks, [uri(next(place.simulator.world.all("chapter")))]):
        with pytest.raises(InvalidInputError):
            session.library.save(wrong)
    assert place.answered() == asked


def test_the_catalogue_is_told_as_it_is(place: Place, session: Session) -> None:
    world, catalogue = place.simulator.world, session.catalogue
    track, album, artist = (next(world.all(kind)) for kind in ("track", "album", "artist"))
    assert isinstance(track, Track)
    assert isinstance(album, Album)
    assert isinstance(artist, Artist)

    found = catalogue.track(uri(track))
    assert (found.name, found.duration_ms) == (track.name, track.duration_ms)
    assert found.external_ids.isrc == track.isrc
    assert found.album is not None
    assert found.album.name == track.album.name
    whole = catalogue.album(album.id)
    assert (whole.name, whole.external_ids.upc) == (album.name, album.upc)
    assert whole.tracks is not None
    assert whole.tracks.total == len(album.tracks)
    listed = [each.id for each in catalogue.album_tracks(album.id, limit=3).walk()]
    assert listed == [each.id for each in album.tracks]
    assert catalogue.artist(f"https://open.spotify.com/artist/{artist.id}").name == artist.name
    albums = {each.id for each in catalogue.artist_albums(artist.id, limit=1).walk()}
    assert albums == {each.id for each in artist.albums}
    singles = catalogue.artist_albums(artist.id, groups=[AlbumGroup.SINGLE]).walk()
    assert {each.album_type for each in singles} <= {"single"}


def test_what_is_spoken_is_told_as_it_is(place: Place, session: Session) -> None:
    world, catalogue = place.simulator.world, session.catalogue
    show, book = next(world.all("show")), next(world.all("audiobook"))
    assert isinstance(show, Work)
    assert isinstance(book, Work)

    found = catalogue.show(show.id)
    assert (found.name, found.total_episodes) == (show.name, len(show.parts))
    episodes = list(catalogue.show_episodes(show.id, limit=9).walk())
    assert [each.id for each in episodes] == [each.id for each in show.parts]
    assert episodes[0].resume_point is not None
    part = show.parts[0]
    assert isinstance(part, Part)
    episode = catalogue.episode(part.id)
    assert (episode.duration_ms, episode.show and episode.show.id) == (part.duration_ms, show.id)
    told = catalogue.audiobook(book.id)
    assert (told.authors[0].name, told.total_chapters) == (book.author, len(book.parts))
    chapters = list(catalogue.audiobook_chapters(book.id).walk())
    assert [each.chapter_number for each in chapters] == [each.number for each in book.parts]
    chapter = catalogue.chapter(chapters[0].id or "")
    assert chapter.audiobook is not None
    assert chapter.audiobook.id == book.id


def test_search_finds_by_isrc_and_leads_on(place: Place, session: Session) -> None:
    track = next(place.simulator.world.all("track"))
    assert isinstance(track, Track)

    found = session.search.find(f"isrc:{track.isrc}", [Kind.TRACK])
    assert [each.id for each in found.tracks.walk()] == [track.id]
    assert found.artists.items == ()

    many = session.search.find("a", [Kind.ALBUM, Kind.ARTIST], limit=5)
    albums = list(islice(many.albums.walk(), 12))
    assert len({each.id for each in albums}) == 12
    for wrong in (("", [Kind.TRACK]), ("x" * 501, [Kind.TRACK]), ("x", [])):
        with pytest.raises(InvalidInputError, match="Say what to look for"):
            session.search.find(*wrong)


def test_search_stops_where_spotify_does(place: Place, session: Session) -> None:
    found = session.search.find("a", [Kind.TRACK], offset=995)

    assert found.tracks.following is None
    with pytest.raises(InvalidInputError, match="from 0 to 1000"):
        session.search.find("a", [Kind.TRACK], offset=1_001)
    assert place.answered() == 1


def test_favourites_are_listed_by_span(session: Session) -> None:
    short = session.top.tracks(Span.FOUR_WEEKS, limit=5)
    assert len(short.items) == 5
    assert short.total is not None
    assert len(list(session.top.artists().walk())) > 5


def test_the_player_does_as_it_is_told(place: Place, session: Session) -> None:
    player, tracks = session.player, tracks_of(place)[:3]
    devices = {device.name: device for device in player.devices()}

    player.play(uris=tracks, offset=tracks[1], position_ms=5_000, device_id=devices["Desk"].id)
    state = player.state()
    assert state is not None
    assert b'"progress_ms":5000' in state.raw.replace(b" ", b"")
    now = state.playback
    assert now.item is not None
    assert (now.item.uri, now.progress_ms, now.is_playing) == (tracks[1], 5_000, True)
    assert now.device is not None
    assert now.device.name == "Desk"
    player.enqueue(tracks[0])
    assert player.queue().queue[0].uri == tracks[0]
    player.repeat(Repeat.CONTEXT)
    player.shuffle(on=True)
    player.volume(30)
    player.seek(9_000)
    player.pause()
    state = player.state()
    assert state is not None
    now = state.playback
    assert (now.repeat_state, now.shuffle_state, now.is_playing) == ("context", True, False)
    assert (now.progress_ms, now.device and now.device.volume_percent) == (9_000, 30)
    player.transfer(devices["Kitchen"].id or "", play=True)
    current = player.current()
    assert current is not None
    assert current.is_playing
    with pytest.raises(SpotifyRefusedError, match="Try another device"):
        player.volume(10)


def test_an_advert_has_no_item_and_an_episode_has_one(place: Place, session: Session) -> None:
    show = next(place.simulator.world.all("show"))
    device = session.player.devices()[0].id
    session.player.play(context_uri=uri(show), device_id=device)
    now = session.player.current()
    assert now is not None
    assert now.item is not None
    assert (now.item.type, now.item.show and now.item.show.id) == ("episode", show.id)

    place.simulator.play_advert("listener1", 30)
    advert = session.player.current()
    assert advert is not None
    assert (advert.currently_playing_type, advert.item) == ("ad", None)


def test_what_the_player_cannot_do_is_refused(place: Place, session: Session) -> None:
    player, track = session.player, tracks_of(place)[0]
    wrong: list[Any] = [
        lambda: player.play(context_uri=f"spotify:album:{NOWHERE}", uris=[track]),
        lambda: player.play(context_uri=track),
        lambda: player.play(offset=-1),
        lambda: player.play(position_ms=-1),
        lambda: player.seek(-1),
        lambda: player.volume(101),
    ]
    for ask in wrong:
        with pytest.raises(TonearmError):
            ask()
    assert place.answered() == 0
    with pytest.raises(SpotifyNotFoundError):
        player.transfer("nothing")


def test_who_the_listener_is_stays_the_same(place: Place, session: Session) -> None:
    truth = place.simulator.users["listener1"]
    profile = session.me.get()

    assert (profile.key, profile.display_name) == (truth.account_id, truth.display_name)
    assert profile.images
    assert truth.account_id not in repr(profile)
