"""Commands as a script meets them: real processes, which end before anything else is done."""

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from threading import Lock

_FORKS = Path(__file__).with_name("command_forks.py")
_SECONDS = 120
_LOCK = Lock()
Ran = subprocess.CompletedProcess[str]


def run_command(
    *words: str | Path,
    env: Mapping[str, str],
    folder: Path | None = None,
    text: str = "",
) -> Ran:
    """Run `tonearm` with an environment in a folder and hand it a text; gives what `subprocess.run` would.

    Loading Python and libraries takes a second, and such commands are many: they are forked off a process that has
    done so (`command_forks.py`). What is to be killed, or has to begin from nothing, is started by `subprocess`.
    """
    with tempfile.TemporaryDirectory() as place, _LOCK:
        files = [Path(place) / name for name in ("input", "output", "errors")]
        for file, content in zip(files, (text, "", ""), strict=True):
            file.write_text(content, encoding="utf-8")
        said = [str(word) for word in words]
        wish = {
            "words": said,
            "env": dict(env),
            "folder": str(folder or Path.cwd()),
            "files": [str(file) for file in files],
        }
        code = _ask(json.dumps(wish))
        _, printed, errors = (file.read_text(encoding="utf-8") for file in files)
    return subprocess.CompletedProcess(said, code, printed, errors)


def _ask(wish: str) -> int:
    forks = _forks()
    assert forks.stdin is not None
    assert forks.stdout is not None
    forks.stdin.write(f"{wish}\n")
    forks.stdin.flush()
    if not select.select([forks.stdout], [], [], _SECONDS)[0]:
        os.killpg(forks.pid, signal.SIGKILL)
        _forks.cache_clear()
        raise subprocess.TimeoutExpired(wish, _SECONDS)
    return int(forks.stdout.readline())


@cache
def _forks() -> "subprocess.Popen[str]":
    forks = subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, str(_FORKS)],
        # A process with threads is none to fork from.
        env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    atexit.register(forks.communicate)
    return forks
