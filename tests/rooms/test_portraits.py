"""What the page of an item is told where nothing of it counts any more."""

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from moving_clock import MovingClock
from polling import TEN, A, B, House, item_of, poll, row_of
from tonearm.domain.errors import NotFoundError
from tonearm.domain.preferences import Preferences
from tonearm.domain.vocabulary import ItemKind, RankBy, Rule
from tonearm.insights.plays import PlaysQuestion
from tonearm.insights.question import Question
from tonearm.storage.database import Database

HERE = Preferences(zone="UTC")
ALL = Question(kind="all")


@pytest.fixture
def house(database: Database, tmp_path: Path, clock: MovingClock) -> House:
    return House(database, tmp_path, clock)


def test_an_item_that_is_left_out_or_private_says_so_and_an_unknown_one_is_not_there(
    house: House,
) -> None:
    rows = [row_of(A, TEN), row_of(B, TEN.replace(hour=11), 100_000)]
    rows[1] |= {"master_metadata_track_name": "Tidal", "incognito_mode": True}
    house.bring_in(*rows)
    tracks = {
        play.track.name: play.track.id
        for play in house.insights.plays(1, PlaysQuestion(kind="all")).items
    }
    plain = house.insights.portrait(1, ItemKind.TRACK, tracks["Blue Orchard"], ALL, HERE)
    assert (plain.is_left_out, plain.is_private, plain.totals.plays) == (False, False, 1)
    artist = plain.newest.artist
    assert artist is not None
    drawn = house.insights.portrait(1, ItemKind.ARTIST, artist.id, ALL, HERE)
    assert drawn.tracks is not None
    assert drawn.tracks.by == RankBy.PLAYS.value
    careful = Preferences(zone="UTC", counts_private=False)
    hidden = house.insights.portrait(1, ItemKind.TRACK, tracks["Tidal"], ALL, careful)
    assert (hidden.is_left_out, hidden.is_private, hidden.totals.plays) == (False, True, 0)
    house.corrections.hide(1, [plain.newest.id])
    gone = house.insights.portrait(1, ItemKind.TRACK, tracks["Blue Orchard"], ALL, HERE)
    assert (gone.is_left_out, gone.is_private, gone.totals.plays) == (True, False, 0)
    with pytest.raises(NotFoundError):
        house.insights.portrait(1, ItemKind.TRACK, 999, ALL, HERE)
    with pytest.raises(NotFoundError):
        house.insights.portrait(2, ItemKind.TRACK, tracks["Tidal"], ALL, HERE)


def test_an_item_tells_its_counts_by_rule_its_runs_and_what_tells_of_it(house: House) -> None:
    hours = [TEN.replace(hour=hour) for hour in range(10, 17)]
    between = row_of(B, hours[2]) | {
        "master_metadata_track_name": "Tidal",
        "master_metadata_album_artist_name": "Other Shore",
    }
    house.bring_in(
        row_of(A, hours[0]),
        row_of(A, hours[1]) | {"reason_end": "fwdbtn"},
        between,
        row_of(A, hours[3], 20_000) | {"reason_end": "fwdbtn"},
        row_of(A, hours[4]),
    )
    poll(house.polls, [item_of(A, hours[4]), item_of(A, hours[6])])
    plays = house.insights.plays(1, PlaysQuestion(kind="all", q="Blue Orchard")).items
    found = house.insights.portrait(1, ItemKind.TRACK, plays[0].track.id, ALL, HERE)
    assert found.counts == {Rule.THIRTY_SECONDS: 4, Rule.HALF: 4, Rule.DONE: 2, Rule.ANY: 5}
    assert plays[0].artist is not None
    asked = PlaysQuestion(kind="all", artist=str(plays[0].artist.id), counted="in")
    for rule, count in found.counts.items():
        assert house.insights.plays(1, replace(asked, rule=rule)).total == count
    # Another artist was heard after the first two: that ends their run, here too. The short play ends none.
    assert found.again.run is not None
    assert (found.again.run.length, found.again.run.first_play_at) == (2, hours[0])
    assert (found.again.loops, found.again.loop_plays, found.again.streak.days) == (1, 2, 1)
    assert found.sightings.plays == {"extended": 3, "poll": 2}
    assert found.sightings.several == 1
    artist = house.insights.portrait(1, ItemKind.ARTIST, plays[0].artist.id, ALL, HERE)
    assert artist.again.run == found.again.run


def test_what_a_range_holds_is_told_of_the_range_and_the_rest_of_all_years(house: House) -> None:
    """In the first of two years it loops and stands beside another; in the second it stands alone."""
    before = TEN.replace(year=2025)
    other = {
        "master_metadata_track_name": "Tidal",
        "master_metadata_album_artist_name": "Other Shore",
    }
    house.bring_in(
        *(row_of(A, before + timedelta(minutes=5 * number)) for number in range(3)),
        row_of(B, before + timedelta(minutes=15)) | other,
        *(row_of(B, before + timedelta(days=day)) | other for day in range(1, 6)),
        row_of(A, TEN),
    )
    track = house.insights.plays(1, PlaysQuestion(range="2026", kind="all")).items[0].track.id
    late = Question(range="2026", kind="all")
    found = house.insights.portrait(1, ItemKind.TRACK, track, late, HERE)
    assert (found.again.loops, found.again.streak.days) == (0, 1)
    assert [one.starts_on.year for one in found.ranks.items] == [2025, 2026]
    assert found.neighbours.items == ()
    ever = house.insights.portrait(1, ItemKind.TRACK, track, ALL, HERE)
    assert (ever.again.loops, ever.again.loop_plays) == (1, 1)
    assert [one.name for one in ever.neighbours.items] == ["Tidal"]
