"""Pictures of ours as pixels: PNG files, made here from SVG with fonts that come along.

Only drawings of this program are given to the renderer: they name no file and no address. Letters that the fonts do not
have, such as Thai or Chinese ones, come from those of the machine, where it has any.

The renderer, resvg, holds on to the interpreter while it works: for up to a second, in which no other request would be
answered. So each picture is made in a process of its own, which also ends whatever takes too long.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from threading import BoundedSemaphore

import msgspec
import structlog

from tonearm.domain.errors import InvalidInputError, UnavailableError

FONTS_DIR = Path(__file__).with_name("fonts")
_CHILD = Path(__file__).with_name("pixels_child.py")
_SIZE = re.compile(r'<svg [^>]*?width="(\d+)" height="(\d+)"')
_MOST_CHARACTERS = 2_000_000
_MOST_PIXELS = 8_000_000
_AT_ONCE = 2
_PATIENCE_SECONDS = 5.0
_LONGEST_SECONDS = 20.0
# From Hebrew on: up to there the fonts that come along have what is written.
_FIRST_ELSEWHERE = "\u0590"
_PUNCTUATION = range(0x2000, 0x2300)
_places = BoundedSemaphore(_AT_ONCE)
_LOG = structlog.get_logger("tonearm.ui")


def to_png(picture: str, *, scale: int = 2) -> bytes:
    """Make a PNG of a drawing that says its width and height, with `scale` pixels for each unit.

    It waits for another process, so it belongs into a worker thread.

    Raises:
        InvalidInputError: it would be too large.
        UnavailableError: too many pictures are being made already, or this one could not be.
    """
    found = _SIZE.match(picture)
    pixels = int(found[1]) * int(found[2]) * scale**2 if found else 0
    if not found or pixels > _MOST_PIXELS or len(picture) > _MOST_CHARACTERS:
        raise InvalidInputError(
            "This picture is too large to be made of pixels. Take it as SVG, or choose a shorter range."
        )
    if not _places.acquire(timeout=_PATIENCE_SECONDS):
        raise UnavailableError("Too many pictures are being made at the moment. Try again shortly.")
    try:
        return _render(picture, scale)
    finally:
        _places.release()


def _render(picture: str, scale: int) -> bytes:
    order = {
        "svg_string": str(picture),
        "zoom": scale,
        "font_files": [str(path) for path in sorted(FONTS_DIR.rglob("*.ttf"))],
        "skip_system_fonts": not _needs_others(picture),
        "font_family": "Inter",
        "serif_family": "Fraunces",
        "sans_serif_family": "Inter",
    }
    # It finds what is found here, and nothing else: `-P` leaves out the folder of the child.
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    try:
        done = subprocess.run(  # noqa: S603 - our own file, and no shell
            [sys.executable, "-P", str(_CHILD)],
            input=msgspec.json.encode(order),
            capture_output=True,
            env=os.environ | {"PYTHONPATH": path},
            timeout=_LONGEST_SECONDS,
            check=True,
        )
    except (subprocess.SubprocessError, OSError) as error:
        # What it was about is nobody's business who reads logs.
        _LOG.warning("picture.failed", reason=type(error).__name__)
        raise UnavailableError("The picture could not be made. Take it as SVG.") from None
    return done.stdout


def _needs_others(picture: str) -> bool:
    return any(
        letter >= _FIRST_ELSEWHERE and ord(letter) not in _PUNCTUATION for letter in set(picture)
    )
