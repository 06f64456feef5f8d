"""Runs commands, each in a process of its own that is forked off this one and so finds the heaviest loaded already.

A line of standard input is a command, as JSON: its words, environment, folder, and the files that are its standard
input, output and errors. A line of standard output is the code with which it ended.
"""

import gc
import json
import os
import random
import runpy
import sys
import time
from typing import Any


def main() -> None:
    # What nearly every command needs; all else is loaded by the command itself, as anywhere.
    import tonearm.bootstrap  # noqa: F401, PLC0415 - this is the time that is saved

    gc.freeze()
    while line := sys.stdin.readline():
        pid = os.fork()
        if not pid:
            _become(json.loads(line))
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201 - the answer


def _become(wish: dict[str, Any]) -> None:
    """Be `python -m tonearm` from here on, as if it had just been started."""
    for number, path in enumerate(wish["files"]):
        opened = os.open(path, os.O_RDWR)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = os.fdopen(0, "r", closefd=False)
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace", closefd=False)
    os.environ.clear()
    os.environ.update(wish["env"])
    time.tzset()
    os.chdir(wish["folder"])
    random.seed()
    sys.argv[1:] = wish["words"]
    runpy.run_module("tonearm", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
