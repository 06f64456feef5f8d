"""What corrections make of plays and catalogue: an overlay on the columns whenever a library is made of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from tonearm.domain.vocabulary import CorrectionKind, ItemKind
from tonearm.history.corrections.amendment import UNAMENDED, Amendment, load_amendment
from tonearm.history.corrections.marks import Mark, load_marks, marked_plays
from tonearm.history.corrections.rules import Rule
from tonearm.history.corrections.stored import load_in_force
from tonearm.history.store import KINDS, PlayColumns


@dataclass(frozen=True, slots=True)
class Overlay:
    """The corrections of one listener that are in force."""

    marks: tuple[Mark, ...] = ()
    rules: tuple[Rule, ...] = ()
    amendment: Amendment = UNAMENDED

    def apply(self, columns: PlayColumns) -> tuple[PlayColumns, NDArray[np.bool_] | None]:
        """Give columns as corrected, without the deleted plays, and mark the hidden and excluded ones, if any."""
        deleted = marked_plays(self.marks, CorrectionKind.DELETE)
        if len(deleted):
            columns = _without(columns, deleted)
        if self.amendment.moves_plays:
            columns = _amended(columns, self.amendment, self.marks)
        masks = [rule.mask(columns) for rule in self.rules]
        hidden = marked_plays(self.marks, CorrectionKind.HIDE)
        if len(hidden):
            masks.append(np.isin(columns.id, hidden))
        return columns, np.logical_or.reduce(masks) if masks else None

    def hiders(self, columns: PlayColumns, plays: Sequence[int]) -> dict[int, tuple[int, ...]]:
        """For those of some plays that are hidden or excluded, give the corrections that do so, by their ids.

        `columns` are as corrected; a play that is not there is not in the answer either.
        """
        some = columns.at(np.flatnonzero(np.isin(columns.id, np.array(plays, np.uint32))))
        masks = [
            (mark.correction_id, np.isin(some.id, mark.plays))
            for mark in self.marks
            if mark.kind is CorrectionKind.HIDE
        ]
        masks += [(rule.correction_id, rule.mask(some)) for rule in self.rules]
        found: dict[int, tuple[int, ...]] = {}
        for number, mask in sorted(masks, key=itemgetter(0)):
            for play in some.id[mask].tolist():
                found[play] = (*found.get(play, ()), number)
        return found


NOTHING = Overlay()


def load_overlay(connection: Connection, user_id: int) -> Overlay:
    """Read what corrects a listener's history."""
    in_force = load_in_force(connection, user_id)
    amendment, rules = load_amendment(connection, user_id, in_force)
    return Overlay(load_marks(connection, user_id), rules, amendment)


def _without(columns: PlayColumns, gone: NDArray[np.uint32]) -> PlayColumns:
    kept = ~np.isin(columns.id, gone)
    return replace(
        columns,
        id=columns.id[kept],
        ended_at=columns.ended_at[kept],
        started_at=columns.started_at[kept],
        ms_played=columns.ms_played[kept],
        track=columns.track[kept],
        context=columns.context[kept],
    )


def _amended(columns: PlayColumns, amendment: Amendment, marks: Sequence[Mark]) -> PlayColumns:
    added = amendment.added[ItemKind.TRACK]
    size = max(len(columns.track_artist), max(added, default=0) + 1)
    artist, album, kind = (
        np.concatenate([known, np.zeros(size - len(known), known.dtype)])
        for known in (columns.track_artist, columns.track_album, columns.track_kind)
    )
    codes = {value.value: code for code, value in enumerate(KINDS)}
    for number, item in added.items():
        kind[number] = codes[item.kind]
    for number, owners in amendment.track_owners.items():
        artist[number], album[number] = owners
    track = columns.track
    for mark in marks:
        own = amendment.split_tracks.get(mark.correction_id)
        if own is not None:
            track = np.where(np.isin(columns.id, mark.plays), np.int32(own), track)
    return replace(
        columns,
        track=_shown(track, amendment.shown_as[ItemKind.TRACK]),
        track_artist=_shown(artist, amendment.shown_as[ItemKind.ARTIST]),
        track_album=_shown(album, amendment.shown_as[ItemKind.ALBUM]),
        track_kind=kind,
        credit_track=_shown(columns.credit_track, amendment.shown_as[ItemKind.TRACK]),
        credit_artist=_shown(columns.credit_artist, amendment.shown_as[ItemKind.ARTIST]),
    )


def _shown(numbers: NDArray[np.int32], shown_as: Mapping[int, int]) -> NDArray[np.int32]:
    if not shown_as:
        return numbers
    size = max(int(numbers.max(initial=0)), *shown_as) + 1
    table = np.arange(size, dtype=np.int32)
    table[list(shown_as)] = list(shown_as.values())
    return table[numbers]
