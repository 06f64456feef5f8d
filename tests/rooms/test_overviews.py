"""What the overview tells beside music and beside its range: shows, what is new of late, and gaps."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from moving_clock import MovingClock
from polling import TEN, A, B, C, House, row_of
from tonearm.domain.preferences import Preferences
from tonearm.domain.vocabulary import Rule
from tonearm.insights.charts.top import TopQuestion
from tonearm.storage.database import Database

DAY = timedelta(days=1)
HERE = Preferences(zone="UTC", rule=Rule.ANY)
EPISODE = {
    "spotify_track_uri": None,
    "master_metadata_track_name": None,
    "master_metadata_album_artist_name": None,
    "master_metadata_album_album_name": None,
    "spotify_episode_uri": f"spotify:episode:{'e' * 22}",
    "episode_name": "Tides",
    "episode_show_name": "Low Water",
}


@pytest.fixture
def house(database: Database, tmp_path: Path, clock: MovingClock) -> House:
    return House(database, tmp_path, clock)


def test_shows_stand_beside_music_and_not_beside_themselves(house: House) -> None:
    house.bring_in(row_of(A, TEN), row_of(B, TEN.replace(hour=12)) | EPISODE)
    music = house.insights.overview(1, TopQuestion(), HERE)
    assert music.shows is not None
    assert [one.name for one in music.shows.items] == ["Low Water"]
    assert set(music.trends["shows"]) == {music.shows.items[0].id}
    assert [one.name for one in music.artists.items] == ["Glass Harbour"]
    spoken = house.insights.overview(1, TopQuestion(kind="podcast"), HERE)
    assert spoken.shows is None
    assert [one.name for one in spoken.artists.items] == ["Low Water"]


def test_what_is_new_of_late_is_that_of_30_days_or_of_the_last_month_heard(
    house: House, clock: MovingClock
) -> None:
    house.bring_in(row_of(A, TEN - timedelta(days=300)), row_of(C, TEN))
    clock.now = TEN + timedelta(days=5)
    of_late = house.insights.overview(1, TopQuestion(), HERE).latest
    assert of_late is not None
    assert (of_late.range, of_late.totals.new_tracks, of_late.totals.new_artists) == (
        "last_30_days", 1, 0,
    )  # fmt: skip
    clock.now = TEN + timedelta(days=90)
    found = house.insights.overview(1, TopQuestion(), HERE)
    assert found.latest is not None
    assert (found.latest.range, found.latest.totals.new_tracks) == (f"{TEN:%Y-%m}", 1)
    assert house.insights.overview(1, TopQuestion(range="2026"), HERE).latest is None
    # No row vouches for the time between the two, nor for what came since.
    (between, since) = found.gaps
    assert between.to_at <= TEN < since.from_at
    assert since.to_at == clock.now
    assert "extended history" in since.remedy


def test_days_in_a_row_and_gaps_are_those_of_the_range(house: House, clock: MovingClock) -> None:
    last_year = [TEN - timedelta(days=300 - day) for day in range(3)]
    house.bring_in(*(row_of(A, at) for at in last_year), row_of(A, TEN), row_of(C, TEN + DAY))
    clock.now = TEN + timedelta(days=5)
    found = house.insights.overview(1, TopQuestion(range="2026"), HERE)
    assert found.streaks.longest.days == 2
    assert house.insights.overview(1, TopQuestion(), HERE).streaks.longest.days == 3
    assert min(gap.from_at for gap in found.gaps) == datetime(2026, 1, 1, tzinfo=UTC)
