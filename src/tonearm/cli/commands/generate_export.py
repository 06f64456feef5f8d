"""`tonearm generate-export`: a believable Spotify export of an invented listener."""

from __future__ import annotations

import json as json_format
from dataclasses import asdict
from pathlib import Path  # noqa: TC003 - the command line reads the annotations at run time
from typing import Literal

from tonearm.cli.session import UsageError


def generate_export(
    out: Path,
    *,
    plays: int = 120_000,
    seed: int = 7,
    era: Literal["extended", "account", "mixed"] = "extended",
    truth: Path | None = None,
    years: int = 10,
    json: bool = False,
) -> int | None:
    """Write a Spotify data export of an invented listener, to try Tonearm out or to test it.

    The same options give the same file, byte for byte.

    Args:
        out: The ZIP to write.
        plays: How many true listens it tells of.
        seed: Chooses the listener, the music and every oddity.
        era: The extended history of 2024 on, account data alone (the last 12 months), or a mixture
            of old and new packages.
        truth: Also write every true listen to this file, one JSON object a line.
        years: Length of the listening life.
        json: Print the summary as JSON.
    """
    if out.exists():
        raise UsageError(f"{out} is there already. Choose another name, or remove it first.")
    if plays < 1 or years < 1:
        raise UsageError("--plays and --years are at least 1.")
    from tonearm.testing.export import write_export  # noqa: PLC0415 - numpy loads only when needed

    summary = write_export(out, plays=plays, seed=seed, era=era, truth=truth, years=years)
    if json:
        print(json_format.dumps(asdict(summary) | {"path": str(summary.path)}))
        return None
    print(
        f"{summary.path}: {summary.plays:,} listens to {summary.distinct_tracks:,} tracks "
        f"in {summary.rows:,} rows and {summary.members} files"
    )
    return None


COMMAND = generate_export
