"""Which plays a question looks at: its lane and filters, with names turned into numbers."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from tonearm.domain.vocabulary import ItemKind, Kind
from tonearm.history.corrections.amendment import UNAMENDED, Amendment
from tonearm.history.corrections.items import find_items
from tonearm.history.corrections.rules import contexts_of
from tonearm.history.countries import find_country
from tonearm.history.store import KINDS, PlayColumns
from tonearm.insights.question import Lane, Question

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
    has_credited: bool = False
    """Whether tracks are of the artists too where they credit them beside their own."""

    @property
    def is_plain(self) -> bool:
        """Whether this is a whole lane, as almost every question asks for, or everything."""
        return self in (Selection(self.kind), EVERYTHING)

    @property
    def names_items(self) -> bool:
        """Whether it is about some artists, albums or tracks alone."""
        return (self.artists, self.albums, self.tracks) != (None, None, None)

    def mask(
        self, columns: PlayColumns, is_hidden: NDArray[np.bool_] | None
    ) -> NDArray[np.bool_] | None:
        """Mark the plays selected; None where all are."""
        masks: list[NDArray[np.bool_]] = []
        if is_hidden is not None and not self.has_hidden:
            masks.append(~is_hidden)
        if self.kind != "all" or self.names_items:
            masks.append(self.is_wanted(columns)[columns.track])
        if not self.has_private:
            masks.append((columns.context_private != 1)[columns.context])
        if self.platform is not None or self.country is not None:
            masks.append(contexts_of(columns, self.platform, self.country)[columns.context])
        if not masks:
            return None
        mask: NDArray[np.bool_] = np.logical_and.reduce(masks)
        return None if mask.all() else mask

    def is_wanted(self, columns: PlayColumns) -> NDArray[np.bool_]:
        """Mark the tracks that are of the kind and the items selected."""
        wanted = np.ones(len(columns.track_kind), bool)
        if self.kind != "all":
            wanted &= columns.track_kind == KINDS.index(Kind(self.kind))
        for ids, owner in (
            (self.artists, columns.track_artist),
            (self.albums, columns.track_album),
            (self.tracks, np.arange(len(wanted))),
        ):
            if ids is None:
                continue
            is_theirs = np.isin(owner, ids)
            if owner is columns.track_artist and self.has_credited:
                is_theirs[columns.credit_track[np.isin(columns.credit_artist, ids)]] = True
            wanted &= is_theirs
        return wanted


EVERYTHING = Selection("all", has_hidden=True)


def select_plays(
    connect: Callable[[], Connection],
    user_id: int,
    question: Question,
    amendment: Amendment = UNAMENDED,
) -> Selection:
    """Turn a question's filters into numbers; raises InvalidInputError for an item or country that is not there.

    Only where it names items, or what is no country, is `connect` asked for a transaction.
    """

    def find(item: ItemKind) -> _Ids:
        text = getattr(question, item.value)
        if text is None:
            return None
        return find_items(connect(), user_id, amendment, item, text, parameter=item.value)

    return Selection(
        kind=question.kind,
        has_private=question.private != "out",
        has_hidden=question.hidden == "in",
        platform=question.platform,
        country=None
        if question.country is None
        else find_country(connect, user_id, question.country),
        artists=find(ItemKind.ARTIST),
        has_credited=question.artist is not None and question.credit == "all",
        albums=find(ItemKind.ALBUM),
        tracks=find(ItemKind.TRACK),
    )
