"""Addresses, agents and user names of an export reach nothing that stays, and nothing that is said."""

import csv
import io
import json
import re
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import astuple
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from pydantic import SecretStr

from hostile.corpus import bundle, hostile_files
from listening import add_user, run_import
from measuring import AnyQuestion, own_question
from moving_clock import MovingClock
from tonearm.bootstrap import Tonearm, build
from tonearm.domain.vocabulary import ImportState
from tonearm.importers.records import ImportRecord
from tonearm.ops import redaction
from tonearm.ops.logging import configure_logging
from tonearm.ops.redaction import HIDDEN, redacted
from tonearm.ops.settings import Settings
from tonearm.storage.columns import pack, unpack
from tonearm.testing.export import Era, write_export

ADDRESS, AGENT, NAME = "203.0.113.", "PrivateAgent", "private-user"
PLANTED = (ADDRESS, AGENT, NAME)
ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
AS_NUMBERS = (struct.pack(">I", 0xCB00714D), struct.pack("<I", 0xCB00714D))
"""203.0.113.77 in the four bytes of an address."""


@pytest.fixture
def built(tmp_path: Path, clock: MovingClock) -> Iterator[Tonearm]:
    settings = Settings(data_dir=tmp_path / "data")
    configure_logging(settings.logs, "debug")
    opened = build(settings, clock)
    yield opened
    opened.close()


def planted(row: dict[str, Any], number: int) -> dict[str, Any]:
    """Give a row every private key of every era, each with a value of its own."""
    return row | {
        "username": f"{NAME}-{number}",
        "ip_addr": f"{ADDRESS}{number % 256}",
        "ip_addr_decrypted": f"{ADDRESS}77",
        "user_agent_decrypted": f"{AGENT}/{number}",
        "user_agent": f"{AGENT} {ADDRESS}77",
        "incognito_mode": bool(number % 2),
    }


def plant(content: bytes) -> bytes:
    rows = json.loads(content)
    return json.dumps([planted(row, number) for number, row in enumerate(rows)]).encode()


def planted_export(path: Path, era: Era) -> bytes:
    """Give a generated export with private values in each of its history rows."""
    write_export(path, plays=400, seed=4, era=era, years=2)
    with zipfile.ZipFile(path) as package:
        members = [(name, package.read(name)) for name in package.namelist()]
    tells = (b'"ts"', b'"endTime"')
    made = bundle(
        *(
            (name, plant(content) if any(tell in content for tell in tells) else content)
            for name, content in members
            if not name.endswith("/")
        )
    )
    with zipfile.ZipFile(io.BytesIO(made)) as package:
        whole = b"".join(package.read(name) for name in package.namelist())
    assert all(word.encode() in whole for word in PLANTED)
    return made


def run(built: Tonearm, user: int, content: bytes, *, is_preview: bool = False) -> ImportRecord:
    spool = built.imports.create_spool()
    (spool / "0").write_bytes(content)
    record = built.imports.submit(user, spool, ["my_spotify_data.zip"], is_preview=is_preview)
    run_import(built.imports, user, record.id)
    return built.imports.get(user, record.id)


def inside(data: bytes) -> Iterator[bytes]:
    """Give bytes, and what each deflated or packed piece of them holds."""
    yield data
    if data.startswith(b"TNC1"):
        yield from (column.tobytes() for column in unpack(data).values())
    for found in ZLIB.finditer(data):
        with suppress(zlib.error):
            yield zlib.decompressobj().decompress(memoryview(data)[found.start() :], 1 << 20)


def stored(built: Tonearm) -> Iterator[tuple[str, bytes]]:
    """Give everything that lies in the data folder, but the uploads themselves."""
    folder = built.settings.data_dir
    for path in folder.rglob("*"):
        is_upload = path.parent.parent == built.settings.spool and path.name.isdigit()
        if path.is_file() and not is_upload:
            yield str(path.relative_to(folder)), path.read_bytes()
    with closing(sqlite3.connect(folder / "tonearm.db")) as connection:
        named = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (table,) in named.fetchall():
            for row in connection.execute(f"SELECT * FROM {table}"):  # noqa: S608 - our own name
                for value in row:
                    if isinstance(value, bytes):
                        yield f"a blob of {table}", value
                    elif isinstance(value, str):
                        yield f"a text of {table}", value.encode()


def said(built: Tonearm, user: int, record: ImportRecord) -> Iterator[tuple[str, bytes]]:
    """Give everything that a person may be told of an import."""
    yield "the record", repr(record).encode()
    if record.state in (ImportState.PUBLISHED, ImportState.PREVIEWED):
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerows(astuple(row) for row in built.imports.ledger(user, record.id))
        yield "the ledger", out.getvalue().encode()
    for chart in ("top-artists", "top-tracks", "totals"):
        question = own_question(chart, AnyQuestion(limit=500, kind="all"))
        body, _ = built.insights.answer_bytes(chart, user, question)
        yield chart, body


def leaks(pieces: Iterator[tuple[str, bytes]]) -> set[str]:
    needles = [form for word in PLANTED for form in (word.encode(), word.encode("utf-16-le"))]
    needles += [word.encode()[::-1] for word in PLANTED]
    return {
        f"{needle!r} in {where}"
        for where, data in pieces
        for piece in inside(data)
        for needle in needles
        if needle in piece
    }


@pytest.mark.parametrize("era", get_args(Era))
@pytest.mark.parametrize("is_preview", [False, True])
def test_nothing_private_stays_of_an_export(
    era: Era, *, is_preview: bool, built: Tonearm, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    user = built.accounts.ensure_owner().id
    record = run(built, user, planted_export(tmp_path / "e.zip", era), is_preview=is_preview)
    assert record.state is (ImportState.PREVIEWED if is_preview else ImportState.PUBLISHED)
    assert record.counts.new > 390
    stages = list(built.settings.spool.glob("*/*.stage"))
    assert bool(stages) == is_preview
    assert leaks(stored(built)) == set()
    assert leaks(said(built, user, record)) == set()
    shown = capfd.readouterr()
    assert leaks(iter([("output", (shown.out + shown.err).encode())])) == set()
    for piece in AS_NUMBERS:
        assert all(piece not in path.read_bytes() for path in stages)


def test_nothing_private_stays_of_hostile_files(
    built: Tonearm, clock: MovingClock, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "files").mkdir()
    files = [
        file for file in hostile_files(tmp_path / "files")
        if not file.name.startswith(("border", "blanks", "path", "many", "bomb", "deep-objects"))
    ]  # fmt: skip
    states = set()
    told: set[str] = set()
    for user, file in enumerate(files, start=1):
        add_user(built.database, clock, user)
        record = run(built, user, file.path.read_bytes(), is_preview=user % 3 == 0)
        states.add(record.state)
        told |= leaks(said(built, user, record))
    assert states == {ImportState.PUBLISHED, ImportState.PREVIEWED, ImportState.FAILED}
    assert told == set()
    assert leaks(stored(built)) == set()
    shown = capfd.readouterr()
    assert leaks(iter([("output", (shown.out + shown.err).encode())])) == set()


def test_a_crash_inside_says_and_logs_no_value(
    built: Tonearm, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whatever breaks quotes a row: neither the log nor the message does."""
    user = built.accounts.ensure_owner().id
    row = planted({"ts": "2024-01-01T00:00:00Z", "ms_played": 5, "episode_name": "x"}, 1)

    def crash(*_: object) -> None:
        raise ValueError(json.dumps(row))

    monkeypatch.setattr("tonearm.importers.run.claims_of", crash)
    record = run(built, user, json.dumps([row]).encode())
    assert record.state is ImportState.FAILED
    assert "log" in (record.problem or "")
    logged = (built.settings.logs / "tonearm.log").read_text()
    assert "import.crashed" in logged
    assert "ValueError" in logged
    assert leaks(stored(built)) | leaks(said(built, user, record)) == set()
    shown = capfd.readouterr()
    assert leaks(iter([("output", (shown.out + shown.err).encode())])) == set()


def test_a_leak_would_be_found() -> None:
    """The search above sees through what the product packs with."""
    values = np.frombuffer(AGENT.encode(), np.uint8).astype(np.int64)
    packed = pack({"x": values.astype(np.uint8)})
    for data in (b"..private-user..", b"x" + zlib.compress(ADDRESS.encode()), packed):
        assert leaks(iter([("here", data)]))


def test_the_secrets_of_the_settings_are_known_once_a_tonearm_is_built(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(redaction, "_LEARNT", [])
    secret = "unlike any other word"
    settings = Settings(
        data_dir=tmp_path, spotify_client_id="app", spotify_client_secret=SecretStr(secret)
    )

    build(settings).close()

    assert redacted(f"it said {secret}") == f"it said {HIDDEN}"
