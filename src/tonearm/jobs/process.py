"""Names of workers, by which others on the same host can tell whether a worker is gone."""

import os
import socket

COMMAND = "command"
"""The kind of a worker that somebody runs at a terminal: what it was at is not begun anew by others."""
_LONGEST_HOST = 40


def worker_name(kind: str) -> str:
    """Name this process: `kind:host:pid`."""
    return f"{kind}:{_host()}:{os.getpid()}"


def is_command(worker: str) -> bool:
    """Tell whether a worker's name is that of a command."""
    return worker.startswith(f"{COMMAND}:")


def is_gone(worker: str) -> bool:
    """Tell whether a worker was a process of this host that is no more; False wherever only its lease can tell."""
    _, _, place = worker.partition(":")
    host, _, pid = place.rpartition(":")
    if host != _host() or not pid.isdecimal() or os.name == "nt":
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False


def _host() -> str:
    return socket.gethostname()[:_LONGEST_HOST]
