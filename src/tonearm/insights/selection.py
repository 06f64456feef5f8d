"""Which plays a question looks at: its lane and filters, with names turned into numbers."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Table, func, or_, select

from tonearm.domain.errors import InvalidInputError
from tonearm.domain.platforms import platform_family
from tonearm.domain.text import normalise
from tonearm.domain.vocabulary import Kind
from tonearm.history.store import KINDS, PlayColumns
from tonearm.insights.question import Lane, Question
from tonearm.storage.tables import albums, artists, tracks

_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
_Ids = tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Selection:
    """A lane and its filters, in numbers; equal ones select the same plays."""

    kind: Lane
    has_private: bool = True
    has_hidden: bool = False
    artists: _Ids = None
    albums: _Ids = None
    tracks: _Ids = None
    platform: str | None = None
    country: str | None = None
    home: str | None = None
    """The zone that a listener who travels is at home in: then each play has the clock of its country."""

    @property
    def is_plain(self) -> bool:
        """Whether this is a whole lane, as almost every question asks for."""
        return self == Selection(self.kind)

    def mask(
        self, columns: PlayColumns, is_hidden: NDArray[np.bool_] | None
    ) -> NDArray[np.bool_] | None:
        """Mark the plays selected; None where all are."""
        masks: list[NDArray[np.bool_]] = []
        if is_hidden is not None and not self.has_hidden:
            masks.append(~is_hidden)
        if self.kind != "all":
            masks.append((columns.track_kind == KINDS.index(Kind(self.kind)))[columns.track])
        if not self.has_private:
            masks.append((columns.context_private != 1)[columns.context])
        for wanted, owner in (
            (self.artists, columns.track_artist),
            (self.albums, columns.track_album),
            (self.tracks, np.arange(len(columns.track_artist))),
        ):
            if wanted is not None:
                masks.append(np.isin(owner, wanted)[columns.track])
        if self.platform is not None or self.country is not None:
            masks.append(self._of_contexts(columns)[columns.context])
        if not masks:
            return None
        mask: NDArray[np.bool_] = np.logical_and.reduce(masks)
        return None if mask.all() else mask

    def _of_contexts(self, columns: PlayColumns) -> NDArray[np.bool_]:
        words = columns.words
        mask = np.ones(len(columns.context_country), bool)
        if self.platform is not None:
            families = np.array([platform_family(word or None) == self.platform for word in words])
            mask &= families[columns.context_platform]
        if self.country is not None:
            number = words.index(self.country) if self.country in words else -1
            mask &= columns.context_country == number
        return mask


def select_plays(connection: Connection, user_id: int, question: Question) -> Selection:
    """Turn a question's filters into numbers; raises InvalidInputError for an item that is not there."""

    def find(item: str, table: Table) -> _Ids:
        text = getattr(question, item)
        return None if text is None else _find(connection, user_id, item, table, text)

    return Selection(
        kind=question.kind,
        has_private=question.private != "out",
        has_hidden=question.hidden == "in",
        platform=question.platform,
        country=None if question.country is None else question.country.upper(),
        artists=find("artist", artists),
        albums=find("album", albums),
        tracks=find("track", tracks),
    )


def _find(
    connection: Connection, user_id: int, item: str, table: Table, text: str
) -> tuple[int, ...]:
    """Give the numbers of the items that a number, key or name stands for."""
    if _NUMBER.fullmatch(text):
        wanted = table.c.id == int(text)
    elif table is tracks:
        titles = (tracks.c.key == text, func.lower(tracks.c.title) == text.strip().lower())
        wanted = or_(*titles, tracks.c.title == text.strip())
    else:
        wanted = table.c.key == normalise(text)
    ids = connection.scalars(
        select(table.c.id).where(table.c.user_id == user_id, wanted).order_by(table.c.id)
    ).all()
    if not ids:
        raise InvalidInputError(
            f"There is no {item} '{text[:60]}' in this history. Give its name as it is written "
            "there, or its number.",
            parameter=item,
        )
    return tuple(ids)
