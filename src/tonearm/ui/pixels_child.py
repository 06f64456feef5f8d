"""Makes one picture of pixels and ends: what to draw comes on standard input as JSON, the PNG goes to standard output.

Started by `tonearm.ui.pixels`, by its path: to import the rest of this program would take longer than a picture.
"""

import json
import os
import sys

_NICENESS = 10
"""How far it steps back for whoever waits for a page, where the system knows the like."""


def main() -> None:
    """Make the picture."""
    from resvg_py import svg_to_bytes  # noqa: PLC0415 - importing this module does nothing

    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    sys.stdout.buffer.write(svg_to_bytes(**json.load(sys.stdin.buffer)))


if __name__ == "__main__":
    main()
