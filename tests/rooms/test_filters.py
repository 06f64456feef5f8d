"""What filters are asked for is there, or refused: never nothing in silence."""

import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listening import add_user, bring_in
from moving_clock import MovingClock
from tonearm.bootstrap import Tonearm, build
from tonearm.domain.errors import InvalidInputError
from tonearm.domain.text import normalise
from tonearm.domain.vocabulary import ItemKind
from tonearm.history.corrections.amendment import TABLES, Amendment
from tonearm.history.corrections.items import by_number, find_items
from tonearm.history.corrections.records import ExclusionWish
from tonearm.insights.question import Question
from tonearm.ops.settings import Settings
from tonearm.storage.bulk import insert_rows
from tonearm.storage.database import Database

_NUMBERS = count()


NAMES = ("1", "2", "3", "25", "#2", '"2"', '"#2"', "Blue", "BLUE", "Étoile été", "étoile  été")

ROWS: dict[ItemKind, Callable[[int], tuple[object, ...]]] = {
    ItemKind.ARTIST: lambda number: (number, "music", f"key {number}", "Name"),
    ItemKind.ALBUM: lambda number: (number, 1, f"key {number}", "Name"),
    ItemKind.TRACK: lambda number: (number, f"key {number}", "music", "Name", 0, 0),
}
"""Rows of items whose names do not matter."""


@pytest.fixture
def listener(database: Database) -> int:
    return add_user(database, MovingClock())


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
    refused_ones = ((user, "UK", "such as GB"), (user, "XX", "such as DE"), (other, "AN", "ISO"))
    for listener, code, hint in refused_ones:
        with pytest.raises(InvalidInputError, match=hint) as refused:
            plays(tonearm, listener, country=code)
        assert refused.value.parameter == "country"
        with pytest.raises(InvalidInputError, match=hint):
            tonearm.corrections.exclude(listener, ExclusionWish(zone="UTC", country=code))
    tonearm.corrections.exclude(user, ExclusionWish(zone="UTC", country="an"))
    assert (plays(tonearm, user), plays(tonearm, user, country="AN")) == (2, 0)


@given(
    item=st.sampled_from(ItemKind),
    names=st.dictionaries(st.sampled_from((1, 2, 3, 7, 25)), st.sampled_from(NAMES), max_size=4),
    merged=st.booleans(),
)
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_number_is_a_number_and_a_name_a_name(
    database: Database, listener: int, item: ItemKind, names: dict[int, str], *, merged: bool
) -> None:
    """Each item has a key of its own, so that several can be called alike."""
    first, last = (min(names), max(names)) if names else (0, 0)
    shown = {number: last if merged and number == first else number for number in names}
    amendment = Amendment()
    amendment.renamed[item].update(names)
    amendment.shown_as[item].update({first: last} if merged and names else {})
    with database.write() as connection:
        for table in TABLES.values():
            connection.execute(table.delete())
        if item is ItemKind.ALBUM:
            insert_rows(connection, TABLES[ItemKind.ARTIST], [(listener, 1, "music", "bo", "Bo")])
        insert_rows(connection, TABLES[item], [(listener, *ROWS[item](number)) for number in names])

        def found(text: str) -> set[int] | str:
            try:
                return set(find_items(connection, listener, amendment, item, text, parameter="it"))
            except InvalidInputError as error:
                return error.message

        for number in (1, 2, 3, 7, 25):
            told = found(by_number(number))
            assert told == {shown[number]} if number in names else isinstance(told, str)
        for text in NAMES:
            called = alike(names, shown, text)
            assert found(f"„{text}“") == found(f"“{text}”") == called or not called
            assert found(f'"{text}"') == called or not called or f'"{text}"' in names.values()
            if text.isdecimal():
                numbered = {shown[int(text)]} if int(text) in names else set()
                check_digits(text, found(text), numbered, called)


def alike(names: dict[int, str], shown: dict[int, int], text: str) -> set[int]:
    return {shown[one] for one, name in names.items() if normalise(name) == normalise(text)}


def check_digits(text: str, told: set[int] | str, numbered: set[int], called: set[int]) -> None:
    if numbered and called and numbered != called:
        assert isinstance(told, str)
        assert all(f"#{one} " in told for one in numbered | called)
        assert f'"{text}", in quotes' in told
    elif numbered or called:
        assert told == (numbered or called)
    else:
        assert isinstance(told, str)


def test_names_of_digits_are_found_wherever_items_are_named(tonearm: Tonearm) -> None:
    user = heard(
        tonearm,
        {"master_metadata_album_artist_name": "311", "master_metadata_album_album_name": "1989"},
        {"master_metadata_album_artist_name": "Bo", "master_metadata_album_album_name": "1"},
        {"master_metadata_album_artist_name": "Bo", "master_metadata_album_album_name": "1"},
    )
    assert (plays(tonearm, user, artist="311"), plays(tonearm, user, album="1989")) == (1, 1)
    sure = {text: plays(tonearm, user, album=text) for text in ("#1", '"1"')}
    assert sum(sure.values()) == 3
    with pytest.raises(InvalidInputError, match="#1 '1989', #2 '1'") as refused:
        plays(tonearm, user, album="1")
    assert refused.value.parameter == "album"
    for merge in (("1", ["1989"]), ("1989", ["1"])):
        with pytest.raises(InvalidInputError, match="in quotes, for the name"):
            tonearm.corrections.merge(user, ItemKind.ALBUM, *merge)
    tonearm.corrections.merge(user, ItemKind.ARTIST, "Bo", ["311"])
    tonearm.corrections.merge(user, ItemKind.ALBUM, '"1"', ["1989"])
    assert plays(tonearm, user, album="#1") == plays(tonearm, user, album="1") == 3


@pytest.mark.parametrize("item", ItemKind)
def test_names_are_compared_alike_on_every_database(tonearm: Tonearm, item: ItemKind) -> None:
    written = (
        "БЕССОННИЦА",
        "Étoile  Été",
        "Straße",
        "\N{FULLWIDTH LATIN CAPITAL LETTER F}ull Width",
        "ΣΊΣΥΦΟΣ",
    )
    asked = ("бессонница", "étoile été", "STRASSE", "full width", "σίσυφος")
    columns = {
        ItemKind.ARTIST: "master_metadata_album_artist_name",
        ItemKind.ALBUM: "master_metadata_album_album_name",
        ItemKind.TRACK: "master_metadata_track_name",
    }
    rows: list[dict[str, object]] = [{columns[item]: name} for name in written]
    user = heard(tonearm, *rows)
    assert [plays(tonearm, user, **{item.value: name}) for name in (*asked, *written)] == [1] * 10
    with pytest.raises(InvalidInputError, match=f"There is no {item}"):
        plays(tonearm, user, **{item.value: "Etoile Ete"})
    tonearm.corrections.rename(user, item, asked[0], "Ночь")
    assert [plays(tonearm, user, **{item.value: name}) for name in (asked[0], "НОЧЬ")] == [1, 1]
