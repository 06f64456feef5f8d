"""Generated exports' own truth and the oracle agree, each made without the other."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, get_args

import pytest

from listening import rows_of
from oracle.plays import OraclePlay, plays_of
from tonearm.testing.export import Era, write_export

if TYPE_CHECKING:
    from pathlib import Path

CONTEXT = (
    "platform", "country", "reason_start", "reason_end", "shuffle", "skipped", "offline", "private",
)  # fmt: skip


def milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def told_by_truth(line: dict[str, Any]) -> tuple[object, ...]:
    return (
        milliseconds(line["ended_at"]), milliseconds(line["started_at"]), line["ms_played"],
        line["uri"], line["title"], line["artist"], line["album"] if line["uri"] else None,
        line["kind"], *(line[key] for key in CONTEXT),
    )  # fmt: skip


def told_by_oracle(play: OraclePlay) -> tuple[object, ...]:
    # What only account data knows has no URI in the truth; its track's album comes from elsewhere.
    exact = play.offline is not None
    return (
        play.ended_at, play.started_at, play.ms_played, play.track_key if exact else None,
        play.title, play.artist, play.album if exact else None, play.kind,
        *(getattr(play, key) for key in CONTEXT),
    )  # fmt: skip


@pytest.mark.parametrize("era", get_args(Era))
@pytest.mark.parametrize("seed", [1, 2])
def test_an_export_gives_exactly_its_true_listens(era: Era, seed: int, tmp_path: Path) -> None:
    write_export(
        tmp_path / "e.zip", plays=6_000, seed=seed, era=era, truth=tmp_path / "t.jsonl", years=4
    )
    lines = (tmp_path / "t.jsonl").read_bytes().splitlines()
    truth = Counter(told_by_truth(json.loads(line)) for line in lines)
    plays = plays_of(rows_of(tmp_path / "e.zip"), now=datetime(2026, 1, 1, tzinfo=UTC))
    assert Counter(map(told_by_oracle, plays)) == truth
