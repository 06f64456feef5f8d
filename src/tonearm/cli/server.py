"""Runs the web server until it is told to stop."""

import gc
import socket
import sys
from typing import TYPE_CHECKING

from tonearm.domain.errors import UnavailableError

if TYPE_CHECKING:
    from tonearm.ops.settings import Settings


_BACKLOG = 2_048


def run_server(settings: "Settings", *, with_worker: bool = True) -> None:
    """Serve until SIGINT or SIGTERM; raises UnavailableError where the port is taken."""
    from tonearm.ops.memory import leave_out  # noqa: PLC0415 - only the server needs it

    leave_out("rich")  # 4 MB that structlog would load because it is there
    leave_out("pygments")  # the same of Alembic, to colour templates that nobody sees here
    # What is loaded stays: to look through it again and again takes a sixth of the start.
    gc.disable()
    import uvicorn  # noqa: PLC0415 - only the server needs it

    import tonearm  # noqa: PLC0415 - the same
    from tonearm.bootstrap import create_app  # noqa: PLC0415 - the same
    from tonearm.ops.logging import configure_logging  # noqa: PLC0415 - the same
    from tonearm.web.connections import BoundedProtocol  # noqa: PLC0415 - the same

    listening = _listen(settings.host, settings.port)
    port = listening.getsockname()[1]
    configure_logging(settings.logs, settings.log_level)
    app = create_app(settings, with_worker=with_worker)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    accounts = app.state.services.accounts
    lines = [
        f"Tonearm {tonearm.__version__} on http://{host}:{port}",
        f"Data in {settings.data_dir}, logs in {settings.logs}",
    ]
    if not accounts.is_set_up():
        lines.append(f"Set-up token, for a first visit from elsewhere: {accounts.setup_token()}")
    print("\n".join(lines), file=sys.stderr, flush=True)
    config = uvicorn.Config(
        app,
        http=BoundedProtocol,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the gate reads them, from proxies that the operator trusts
        timeout_graceful_shutdown=5,
    )
    gc.freeze()
    gc.enable()
    uvicorn.Server(config).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named by its protocol, asyncio sends answers at once (TCP_NODELAY) without uvloop too.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        # Whoever reads where the server is may come at once: they wait until it is up, rather than be refused.
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise UnavailableError(
            f"Port {port} on {host} is taken or not allowed. Choose another with --port."
        ) from error
    return listening
