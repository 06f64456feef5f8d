"""`tonearm serve`: pages, API and worker in one process."""

from tonearm.cli.server import run_server
from tonearm.cli.session import load_settings


def serve(*, host: str | None = None, port: int | None = None, worker: bool = True) -> None:
    """Serve pages and API, and run imports beside them.

    Args:
        host: Address to listen on; the setting TONEARM_HOST unless given.
        port: Port to listen on; the setting TONEARM_PORT unless given. 0 takes a free one.
        worker: Run imports in this server; `--no-worker` leaves them to `tonearm worker`.
    """
    given = {"host": host, "port": port}
    chosen = {name: value for name, value in given.items() if value is not None}
    run_server(load_settings(**chosen), with_worker=worker)


COMMAND = serve
