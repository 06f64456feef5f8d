"""What an assistant is told of a month, and of the picture of an item, on both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from assisting import BASE, ERAS, House, ask, house, refusal
from tonearm.accounts.people import User
from tonearm.storage.cover_tables import covers
from tonearm.storage.tables import albums

pytestmark = pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince20")


@pytest.fixture
def own(tmp_path: Path, database_url: str) -> Iterator[House]:
    """Give a house of the test's own, on SQLite and on PostgreSQL."""
    with house(tmp_path, database_url) as opened:
        yield opened


def test_an_item_tells_where_its_cover_is_once_one_is_known(own: House) -> None:
    def told(user: User, **item: str) -> Any:  # noqa: ANN401 - text or null
        return ask(own.client(user, ERAS[0]), "item", item)["cover"]

    number = ask(own.client(own.ada, ERAS[0]), "item", {"album": "Band's record"})["id"]
    assert told(own.ada, album=str(number)) is None
    found = {"outcome": "found", "digest": "0" * 64, "again_at": datetime(2030, 1, 1, tzinfo=UTC)}
    with own.tonearm.database.write() as connection:
        whose = (albums.c.user_id == own.ada.id, albums.c.id == number)
        key = connection.scalar(select(albums.c.key).where(*whose))
        place = {"user_id": own.ada.id, "item": "album", "item_id": number, "key": key, "plays": 1}
        connection.execute(insert(covers).values(**place, **found))

    assert told(own.ada, album=str(number)) == f"{BASE}/covers/albums/{number}"
    # A track has the picture of its album; nobody else has any of it.
    assert told(own.ada, track="Song 1") == f"{BASE}/covers/albums/{number}"
    assert told(own.ada, artist="Band") is None
    assert told(own.bob, album="Kapelle's record") is None


def test_a_month_of_a_year_is_told_as_a_story_of_its_own(own: House) -> None:
    def told(**asked: int) -> dict[str, Any]:
        return ask(own.client(own.ada, ERAS[0]), "year_in_review", asked)

    month, year = told(year=2024, month=3), told(year=2024)

    assert (month["about"]["range"], year["about"]["range"]) == ("2024-03", "2024")
    assert (month["totals"]["plays"], month["previous"]) == (9, None)
    assert (len(month["days"]), month["months"]) == (31, [])
    assert (len(year["months"]), year["days"]) == (12, [])
    (first,) = month["artists"]
    assert (first["name"], first["best_day"], first["best_month"]) == ("Band", "2024-03-01", None)
    assert first["is_new"]
    assert (year["artists"][0]["best_day"], year["artists"][0]["best_month"]) == (
        None,
        "2024-03-01",
    )
    assert told(year=2024, month=2)["totals"]["plays"] == 0
    for asked, said in (({"month": 3}, "give `year` too"), ({"year": 2024, "month": 13}, "12")):
        assert said in refusal(own.client(own.ada, ERAS[0]), "year_in_review", asked)
