"""Bring raw rows in, and read plays back in the words of the oracle."""

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from oracle.plays import OraclePlay, normal
from tonearm.domain.vocabulary import ImportState
from tonearm.history.evidence import load_evidence
from tonearm.history.sightings import Context
from tonearm.importers.imports import Imports, imports_of
from tonearm.importers.limits import Limits
from tonearm.importers.records import ImportRecord
from tonearm.jobs.process import COMMAND, worker_name
from tonearm.ops.clock import Clock
from tonearm.storage.database import Database
from tonearm.storage.tables import users

DAY_MS = 86_400_000


def files_of(rows: Sequence[Any]) -> list[bytes]:
    """Give rows as files: those of one family together, as exports do."""
    extended = [row for row in rows if not (isinstance(row, dict) and "endTime" in row)]
    account = [row for row in rows if isinstance(row, dict) and "endTime" in row]
    return [json.dumps(part).encode() for part in (extended, account) if part]


def rows_of(path: Path) -> list[Any]:
    """Give all rows of listens in an export's ZIP."""
    with zipfile.ZipFile(path) as bundle:
        return [
            row
            for name in bundle.namelist()
            if not name.startswith("__MACOSX/")
            and any(part in name for part in ("Streaming_History_", "StreamingHistory", "/end"))
            and name.endswith(".json")
            for row in json.loads(bundle.read(name))
        ]


def add_user(database: Database, clock: Clock, user_id: int = 1, zone: str = "UTC") -> int:
    with database.write() as connection:
        connection.execute(
            insert(users).values(
                id=user_id, name=f"u{user_id}", name_key=f"u{user_id}", role="owner", zone=zone,
                created_at=clock(),
            )
        )  # fmt: skip
    return user_id


def bring_in(
    imports: Imports,
    files: Sequence[bytes],
    *,
    user_id: int = 1,
    is_preview: bool = False,
    names: Sequence[str] | None = None,
) -> ImportRecord:
    """Import files and wait for the end; they are called 0.json, 1.json … unless they have names."""
    spool = imports.create_spool()
    for index, content in enumerate(files):
        (spool / str(index)).write_bytes(content)
    called = names or [f"{index}.json" for index in range(len(files))]
    record = imports.submit(user_id, spool, called, is_preview=is_preview)
    run_import(imports, user_id, record.id)
    return imports.get(user_id, record.id)


def run_import(imports: Imports, user_id: int, import_id: int) -> ImportState:
    """Run a queued import here, as a command does."""
    claim = imports.take(user_id, import_id, worker_name(COMMAND))
    assert claim is not None
    return imports.run(claim)


def imports_for(database: Database, folder: Path, clock: Clock, **limits: int) -> Imports:
    return imports_of(database, folder / "spool", Limits(**limits), clock)[0]


def stored_plays(database: Database, user_id: int = 1) -> list[OraclePlay]:
    """Read the plays of a listener as the oracle would tell them."""
    with database.read() as connection:
        evidence = load_evidence(connection, user_id)
    catalogue = evidence.catalogue
    artists = {row[0]: (key, row[1]) for key, row in catalogue.artists.items()}
    albums = {row[0]: row[1] for row in catalogue.albums.values()}
    told: dict[int, tuple[Any, ...]] = {
        row[0]: (key, row[2], artists.get(row[3], ((), None))[1], albums.get(row[4]), row[1])
        for key, row in catalogue.tracks.items()
    }
    contexts = {row[0]: context for context, row in evidence.stored_contexts.items()}
    columns = evidence.plays
    return [
        _told(told[track], contexts[context], ended_at, started_at, ms_played)
        for track, context, ended_at, started_at, ms_played in zip(
            columns.track.tolist(),
            columns.context.tolist(),
            columns.ended_at.tolist(),
            columns.started_at.tolist(),
            columns.ms_played.tolist(),
            strict=True,
        )
    ]


def _told(
    names: tuple[Any, ...], context: Context, ended_at: int, started_at: int, ms_played: int
) -> OraclePlay:
    key, title, artist, album, kind = names
    return loosened(
        OraclePlay(ended_at, key, started_at, ms_played, title, artist, album, kind, *context)
    )


def loosened(play: OraclePlay) -> OraclePlay:
    """Give a play in a form in which the product's and the oracle's can be compared.

    The product keys local tracks by a digest, and shows artists and albums in the spelling of
    all their tracks, where the oracle keeps the track's own.
    """
    key = play.track_key if play.track_key.startswith("spotify:") else ""
    return play._replace(
        track_key=key,
        artist=normal(play.artist) or None,
        album=(normal(play.album) or None) if play.artist else None,
    )
