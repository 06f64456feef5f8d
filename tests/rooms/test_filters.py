"""What filters are asked for is there, or refused: never nothing in silence."""

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from listening import bring_in
from moving_clock import MovingClock
from tonearm.bootstrap import Tonearm, build
from tonearm.domain.errors import InvalidInputError
from tonearm.history.corrections.records import ExclusionWish
from tonearm.insights.question import Question
from tonearm.ops.settings import Settings

_NUMBERS = count()


@pytest.fixture
def tonearm(tmp_path: Path, database_url: str) -> Iterator[Tonearm]:
    built = build(Settings(data_dir=tmp_path, database_url=database_url), MovingClock())
    yield built
    built.close()


def heard(tonearm: Tonearm, *rows: dict[str, object]) -> int:
    """Give a listener who has heard some rows, an hour apart."""
    user = tonearm.accounts.add(f"ada{next(_NUMBERS)}", "UTC").id
    told = [
        {
            "ts": f"2024-03-{1 + number // 24:02}T{number % 24:02}:30:00Z",
            "ms_played": 200_000,
            "spotify_track_uri": f"spotify:track:{number:022}",
            "master_metadata_track_name": "Song",
            "master_metadata_album_artist_name": "Ada",
            "master_metadata_album_album_name": "One",
            **row,
        }
        for number, row in enumerate(rows)
    ]
    bring_in(tonearm.imports, [json.dumps(told).encode()], user_id=user)
    return user


def plays(tonearm: Tonearm, user: int, **asked: str) -> int:
    return int(tonearm.insights.answer("totals", user, Question(**asked)).plays)  # type: ignore[arg-type] # texts all of them


def test_a_country_is_one_that_is_or_that_plays_name(tonearm: Tonearm) -> None:
    user = heard(tonearm, {"conn_country": "GB"}, {"conn_country": "AN"}, {"conn_country": "GB"})
    other = heard(tonearm, {"conn_country": "GB"})

    asked = {code: plays(tonearm, user, country=code) for code in ("gb", "GB", "PT", "AN", "XK")}
    assert asked == {"gb": 2, "GB": 2, "PT": 0, "AN": 1, "XK": 0}
    refused_ones = ((user, "UK", "Write GB."), (user, "XX", "such as DE"), (other, "AN", "ISO"))
    for listener, code, hint in refused_ones:
        with pytest.raises(InvalidInputError, match=hint) as refused:
            plays(tonearm, listener, country=code)
        assert refused.value.parameter == "country"
        with pytest.raises(InvalidInputError, match=hint):
            tonearm.corrections.exclude(listener, ExclusionWish(zone="UTC", country=code))
    tonearm.corrections.exclude(user, ExclusionWish(zone="UTC", country="an"))
    assert (plays(tonearm, user), plays(tonearm, user, country="AN")) == (2, 0)
