"""Corrections as rows: what they say as JSON, told by the types of their records."""

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select

from tonearm.domain.vocabulary import CorrectionKind
from tonearm.history.corrections.records import (
    Choice,
    Correction,
    Exclusion,
    Merge,
    Rename,
    Split,
)
from tonearm.storage.tables import corrections

Detail = Choice | Exclusion | Merge | Split | Rename
_DETAILS: dict[CorrectionKind, tuple[str, type[Detail]]] = {
    CorrectionKind.HIDE: ("plays", Choice),
    CorrectionKind.DELETE: ("plays", Choice),
    CorrectionKind.EXCLUDE: ("exclude", Exclusion),
    CorrectionKind.MERGE: ("merge", Merge),
    CorrectionKind.SPLIT: ("split", Split),
    CorrectionKind.RENAME: ("rename", Rename),
}


@dataclass(frozen=True, slots=True)
class InForce:
    """What holds for a listener, oldest first."""

    exclusions: tuple[tuple[int, Exclusion], ...] = ()
    merges: tuple[tuple[int, Merge], ...] = ()
    """With the ids of the corrections; so are the splits."""
    splits: tuple[tuple[int, Split], ...] = ()
    renames: tuple[Rename, ...] = ()


def load_in_force(connection: Connection, user_id: int) -> InForce:
    """Read the rules, merges, splits and renames that are not undone."""
    marking = (CorrectionKind.HIDE, CorrectionKind.DELETE)
    rows = connection.execute(
        select(corrections)
        .where(
            corrections.c.user_id == user_id,
            corrections.c.undone_at.is_(None),
            corrections.c.kind.not_in(marking),
        )
        .order_by(corrections.c.id)
    )
    found = [read_correction(row) for row in rows]
    return InForce(
        exclusions=tuple((one.id, one.exclude) for one in found if one.exclude),
        merges=tuple((one.id, one.merge) for one in found if one.merge),
        splits=tuple((one.id, one.split) for one in found if one.split),
        renames=tuple(one.rename for one in found if one.rename),
    )


def read_correction(row: Row[Any]) -> Correction:
    """Turn a row into its record."""
    kind = CorrectionKind(row.kind)
    field, detail = _DETAILS[kind]
    said: dict[str, Any] = {field: msgspec.convert(row.detail, detail)}
    return Correction(row.id, kind, row.created_at, row.undone_at, **said)


def detail_of(detail: Detail) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Turn what a correction says into JSON."""
    return msgspec.to_builtins(detail)
