"""`tonearm demo`: a generated listener to look around with, and a Spotify that they can link."""

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tonearm.cli.commands.import_ import import_files
from tonearm.cli.server import run_server
from tonearm.cli.session import load_settings

_NAME, _PASSWORD = "demo", "play it again"
_ZONE = "Europe/Berlin"
_PLAYS, _SEED = 120_000, 7


def demo(*, port: int | None = None, serve: bool = True) -> None:
    """Start Tonearm in a data folder of its own with ten years of a generated listener.

    Beside it runs a simulated Spotify, so that its link can be tried without an account; it forgets everything at
    the end.

    Args:
        port: Port to listen on; the setting TONEARM_PORT unless given.
        serve: Whether the server starts once the listener is there; `--no-serve` only makes the listener.
    """
    from tonearm.bootstrap import build  # noqa: PLC0415 - `--help` does not need it
    from tonearm.ops.logging import configure_logging  # noqa: PLC0415 - the same
    from tonearm.testing.export import write_export  # noqa: PLC0415 - the same

    settings = load_settings()
    chosen = {
        "data_dir": settings.data_dir / "demo",
        "port": settings.port if port is None else port,
        "spool_dir": None,
        "cache_dir": None,
        "database_url": "",
    }
    settings = load_settings(**chosen)
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
    if tonearm.links.find(owner.id) is not None:  # to a simulated Spotify that is gone
        tonearm.links.unlink(owner.id)
    tonearm.close()
    print(f"Log in as {_NAME} with the password: {_PASSWORD}", file=sys.stderr)
    if serve:
        with ExitStack() as beside:
            run_server(load_settings(**chosen, **_start_spotify(beside)))


def _start_spotify(beside: ExitStack) -> dict[str, Any]:
    """Serve a simulated Spotify until the stack is left, and give the settings that lead there."""
    from tonearm.simulator.server import serving  # noqa: PLC0415 - `--help` does not need it
    from tonearm.simulator.simulator import CLIENT_ID, Plan, Simulator  # noqa: PLC0415 - the same
    from tonearm.testing.export import catalogue_sizes  # noqa: PLC0415 - the same

    # It knows the recordings of the invented history, so that it has covers of them.
    plan = Plan(days_after=365, **catalogue_sizes(_PLAYS))
    origin = beside.enter_context(serving(Simulator(_SEED, plan=plan)))
    print(f"A simulated Spotify to link runs on {origin}", file=sys.stderr)
    return {
        "spotify_client_id": CLIENT_ID,
        "spotify_client_secret": "",
        "spotify_accounts_url": origin,
        "spotify_api_url": f"{origin}/v1",
        # Whoever looks on does not want to wait.
        "collector_minutes": 2,
        "collector_least_minutes": 2,
    }


COMMAND = demo
