"""What the page of an item is told where nothing of it counts any more."""

from pathlib import Path

import pytest

from moving_clock import MovingClock
from polling import TEN, A, B, House, row_of
from tonearm.domain.errors import NotFoundError
from tonearm.domain.preferences import Preferences
from tonearm.domain.vocabulary import ItemKind, RankBy
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
