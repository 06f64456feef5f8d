"""The corpus is what it says: counted by the oracle and by the standard library."""

from __future__ import annotations

import json
import time
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from hostile.corpus import hostile_files
from oracle.plays import plays_of, verdict_kind

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BEYOND_STDLIB = {"long-ms", "long-stamp"}
"""Numbers that `json` itself refuses to read."""


def test_bare_files_hold_the_rows_that_the_corpus_claims(tmp_path: Path) -> None:
    begun = time.process_time()  # a busy machine makes nothing of this larger
    files = hostile_files(tmp_path)
    assert time.process_time() - begun < 10
    assert len({file.name for file in files}) == len(files)
    judged = 0
    for file in files:
        if file.path.suffix == ".zip" or file.expected == "refused" or file.name in BEYOND_STDLIB:
            continue
        rows = json.loads(file.path.read_bytes().decode("utf-8-sig"))
        malformed = sum(verdict_kind(row, NOW) == "malformed" for row in rows)
        assert (file.name, len(plays_of(rows, now=NOW)), malformed) == (
            file.name, file.plays, file.malformed,
        )  # fmt: skip
        judged += 1
    assert judged > 70


def test_borders_fall_where_their_names_say(tmp_path: Path) -> None:
    for file in hostile_files(tmp_path):
        if file.name.startswith("border-65536"):
            end = int(file.name.removeprefix("border-65536")) + 65_536
            assert file.path.read_bytes()[end - 1 : end + 2] == b"},{"


def test_packages_are_bad_in_the_way_they_say(tmp_path: Path) -> None:
    files = {file.name: file for file in hostile_files(tmp_path)}
    for name in ("not-a-zip", "empty-file", "truncated"):
        assert not zipfile.is_zipfile(files[name].path)
    with zipfile.ZipFile(files["many-members"].path) as bundle:
        assert len(bundle.namelist()) == 10_001
    for name in ("bad-crc", "cut-deflate", "bad-deflate", "encrypted-one"):
        with zipfile.ZipFile(files[name].path) as bundle:
            broken, whole = bundle.infolist()
            with pytest.raises(Exception, match=r"CRC|decompress|encrypted|invalid"):
                bundle.read(broken)
            assert len(json.loads(bundle.read(whole))) == 4
    with zipfile.ZipFile(files["bomb"].path) as bundle:
        assert max(entry.file_size for entry in bundle.infolist()) > 10**8
    assert files["bomb"].path.stat().st_size < 5_000_000
