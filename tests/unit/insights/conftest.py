"""What every test of a measure asks from."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from listening import add_user
from moving_clock import MovingClock
from tonearm.storage.database import Database


@pytest.fixture
def connection(sqlite_database: Database, clock: MovingClock) -> Iterator[Connection]:
    add_user(sqlite_database, clock)
    with sqlite_database.write() as connection:
        yield connection
