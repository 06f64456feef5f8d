"""`tonearm demo`: a generated listener to look around with."""

import sys
import tempfile
from pathlib import Path

from tonearm.cli.commands.import_ import import_files
from tonearm.cli.server import run_server
from tonearm.cli.session import load_settings

_NAME, _PASSWORD = "demo", "play it again"
_ZONE = "Europe/Berlin"
_PLAYS, _SEED = 120_000, 7


def demo(*, port: int | None = None, serve: bool = True) -> None:
    """Start Tonearm in a data folder of its own with ten years of a generated listener.

    Args:
        port: Port to listen on; the setting TONEARM_PORT unless given.
        serve: Start the server once the listener is there; `--no-serve` only makes it.
    """
    from tonearm.bootstrap import build  # noqa: PLC0415 - `--help` does not need it
    from tonearm.ops.logging import configure_logging  # noqa: PLC0415 - the same
    from tonearm.testing.export import write_export  # noqa: PLC0415 - the same

    settings = load_settings()
    settings = load_settings(
        data_dir=settings.data_dir / "demo",
        port=settings.port if port is None else port,
        spool_dir=None,
        cache_dir=None,
        database_url="",
    )
    configure_logging(None, settings.log_level)
    tonearm = build(settings)
    if not tonearm.accounts.is_set_up():
        tonearm.accounts.set_up(_NAME, _PASSWORD, _ZONE)
    owner = tonearm.accounts.ensure_owner()
    if not tonearm.insights.has_plays(owner.id):
        print("Inventing ten years of listening …", file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "my_spotify_data.zip"
            write_export(path, plays=_PLAYS, seed=_SEED)
            import_files(tonearm, owner.id, [path], lambda _progress: None)
    tonearm.close()
    print(f"Log in as {_NAME} with the password: {_PASSWORD}", file=sys.stderr)
    if serve:
        run_server(settings)


COMMAND = demo
