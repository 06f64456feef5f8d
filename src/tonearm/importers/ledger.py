"""Read ledgers back: what became of every row, and which play it is evidence of."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sqlalchemy import Connection, select

from tonearm.domain.errors import ConflictError, InvalidInputError
from tonearm.domain.instants import from_ms
from tonearm.domain.vocabulary import Flaw, Verdict
from tonearm.history.evidence import Lane, load_lane
from tonearm.history.sightings import SIGHTING_TYPES, Sightings
from tonearm.importers.matching import Ledger
from tonearm.importers.records import LedgerRow
from tonearm.importers.staging import NO_CONTENT, Staged
from tonearm.storage.tables import descriptions, import_members


@dataclass(frozen=True, slots=True)
class _Wording:
    title: str | None
    artist: str | None


def parse_verdict(text: str | None) -> Verdict | None:
    """Give the verdict of a name; raises InvalidInputError for a name that is none."""
    if text is None:
        return None
    try:
        return Verdict[text.upper()]
    except KeyError:
        allowed = ", ".join(verdict.label for verdict in Verdict)
        raise InvalidInputError(
            f"'{text[:40]}' is no verdict. Use one of {allowed}.", parameter="verdict"
        ) from None


def read_ledger(
    connection: Connection, user_id: int, import_id: int, *, after: int, verdict: Verdict | None
) -> Iterator[LedgerRow]:
    """Give the rows of a published import from the row `after` on."""
    sightings = Sightings(**load_lane(connection, user_id, Lane.SIGHTINGS, SIGHTING_TYPES))
    order = np.argsort(sightings.id)
    ids = sightings.id[order]
    columns = descriptions.c
    wordings = {
        row.id: _Wording(row.title, row.artist)
        for row in connection.execute(
            select(columns.id, columns.title, columns.artist).where(columns.user_id == user_id)
        )
    }
    for name, start, ledger in _ledgers(connection, user_id, import_id):
        for index in _chosen(ledger, after - start, verdict):
            reference = ledger.sighting[index]
            row = order[np.searchsorted(ids, reference)] if reference else None
            if row is None:
                yield _bare_row(name, start, index, ledger)
                continue
            wording = wordings[int(sightings.description[row])]
            yield LedgerRow(
                position=start + index,
                member=name,
                index=index,
                verdict=Verdict(ledger.verdict[index]).label,
                reason="",
                play_id=int(sightings.play[row]),
                ended_at=from_ms(int(sightings.clock[row])),
                ms_played=int(sightings.ms_played[row]),
                title=wording.title,
                artist=wording.artist,
            )


def read_preview(
    connection: Connection,
    user_id: int,
    import_id: int,
    folder: Path,
    *,
    after: int,
    verdict: Verdict | None,
) -> Iterator[LedgerRow]:
    """Give the rows of a preview, from its staged files."""
    for position, (name, start, ledger) in enumerate(_ledgers(connection, user_id, import_id)):
        staged = Staged.load(folder / f"{position}.stage")
        for index in _chosen(ledger, after - start, verdict):
            number = NO_CONTENT if staged is None else int(staged.columns["description"][index])
            if staged is None or number == NO_CONTENT or ledger.flaw[index]:
                yield _bare_row(name, start, index, ledger)
                continue
            wording = staged.descriptions[number]
            yield LedgerRow(
                position=start + index,
                member=name,
                index=index,
                verdict=Verdict(ledger.verdict[index]).label,
                reason="",
                play_id=None,
                ended_at=from_ms(int(staged.columns["clock"][index])),
                ms_played=int(staged.columns["ms_played"][index]),
                title=wording.title,
                artist=wording.artist,
            )


def _ledgers(connection: Connection, user_id: int, import_id: int) -> list[tuple[str, int, Ledger]]:
    """Give each member's name, the number of rows before it, and its ledger."""
    rows = connection.execute(
        select(import_members.c.name, import_members.c.ledger)
        .where(import_members.c.user_id == user_id, import_members.c.import_id == import_id)
        .order_by(import_members.c.position)
    ).all()
    found: list[tuple[str, int, Ledger]] = []
    start = 0
    for name, blob in rows:
        if blob is None:
            raise ConflictError("This import was undone; its ledger is gone.")
        ledger = Ledger.unpacked(blob)
        found.append((name, start, ledger))
        start += len(ledger.verdict)
    return found


def _chosen(ledger: Ledger, after: int, verdict: Verdict | None) -> list[int]:
    rows = np.arange(max(after, 0), len(ledger.verdict))
    if verdict is not None:
        rows = rows[ledger.verdict[rows] == verdict]
    chosen: list[int] = rows.tolist()
    return chosen


def _bare_row(name: str, start: int, index: int, ledger: Ledger) -> LedgerRow:
    return LedgerRow(
        position=start + index,
        member=name,
        index=index,
        verdict=Verdict(ledger.verdict[index]).label,
        reason=Flaw(ledger.flaw[index]).label,
        play_id=None,
        ended_at=None,
        ms_played=None,
        title=None,
        artist=None,
    )
