"""The command line: `tonearm …`."""

from tonearm.cli.app import main

__all__ = ["main"]
