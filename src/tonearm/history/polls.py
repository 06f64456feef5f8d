"""Plays that polling Spotify's list of recently played tracks brings: recorded once, and forgotten on request."""

import zlib
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, func, insert, select

from tonearm.accounts.people import get_user
from tonearm.catalogue.descriptions import Description, clean_uri
from tonearm.domain.instants import from_ms, to_ms
from tonearm.domain.text import clean
from tonearm.domain.vocabulary import Family, GapReason, Kind
from tonearm.history.change import Change, Claims, Recorded, plan_record, plan_removal
from tonearm.history.corrections.marks import sighting_keys
from tonearm.history.evidence import load_evidence
from tonearm.history.gaps import drop_link, note_page
from tonearm.history.publication import (
    HistoryMovedError,
    Versions,
    history_version,
    history_versions,
    lock_history,
    publish,
    renew,
    stage,
)
from tonearm.history.sightings import Context, Sightings
from tonearm.ops.clock import Clock
from tonearm.ops.memory import give_back_memory
from tonearm.storage.database import Database
from tonearm.storage.poll_tables import polled

_EARLIEST = datetime(2006, 1, 1, tzinfo=UTC)  # before that there was no Spotify to listen to
_LATEST_LEAD = timedelta(days=1)
_LONGEST_MS = 86_400_000
_LONGEST_TEXT = 4_096
_COMMIT_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class PolledPlay:
    """One item of Spotify's list of recently played tracks."""

    uri: str | None
    title: str | None
    artists: tuple[str, ...]
    """Of the track."""
    album_artists: tuple[str, ...]
    album: str | None
    played_at: datetime
    duration_ms: int
    answer: bytes
    """The item word for word, as JSON."""


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of Spotify: all that it had to tell of recent plays when it was asked."""

    plays: tuple[PolledPlay, ...]
    """In any order."""
    fetched_at: datetime
    is_full: bool
    """Whether there are as many as were asked for, so that older ones were cut off."""
    shows_until: datetime | None = None
    """Of an older page: when the newer ones began to be asked for, which it goes on from. None: when it was fetched."""
    lost_by: GapReason = GapReason.PAGE_FULL
    """Why plays are lost, if the page does not reach back to what is known."""


@dataclass(frozen=True, slots=True)
class PollOutcome:
    """What a page brought; the plays fetched are the sum of the next five."""

    fetched: int
    new: int
    """Plays that nothing had told of."""
    merged: int
    """Those of a play that something else tells of, or this link with another time."""
    known: int
    """Those that this link told of before, word for word."""
    suppressed: int
    """Those of plays that the listener has deleted."""
    refused: int
    """Those without URI and title, of impossible times or lengths, or with endless texts."""
    oldest_at: datetime | None
    """Of all plays of this link that are stored now."""
    newest_at: datetime | None
    gap_id: int | None
    """The gap that was left before this page, if there is one."""
    version: int
    """Of the history, afterwards."""


def _nothing(_connection: Connection, _outcome: Any) -> None:  # noqa: ANN401 - whatever there was
    """Conclude nothing."""


class Polls:
    """What polling tells of listeners' plays."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def record(
        self,
        user_id: int,
        link_id: int,
        page: Page,
        conclude: Callable[[Connection, PollOutcome], None] = _nothing,
    ) -> PollOutcome:
        """Record a page once, and call `conclude` in the transaction that makes it visible.

        If `conclude` raises, nothing of the page is there. Where somebody else published in between, that transaction
        is rolled back, and `conclude` is called again in another one. It is called too where every play was known.

        Raises:
            NotFoundError: there is no such listener.
        """
        told = _told_by(page)
        while True:
            with suppress(HistoryMovedError):
                return self._record(user_id, link_id, page, told, conclude)

    def _record(
        self,
        user_id: int,
        link_id: int,
        page: Page,
        told: "dict[int, _Claim]",
        conclude: Callable[[Connection, PollOutcome], None],
    ) -> PollOutcome:
        with self._database.read() as connection:
            get_user(connection, user_id)
            versions = history_versions(connection, user_id)
            known = _known_keys(connection, user_id, link_id, told)
            fresh = {key: claim for key, claim in told.items() if key not in known}
            evidence = load_evidence(connection, user_id) if fresh else None
        now = self._clock()
        recorded = None if evidence is None else plan_record(evidence, _columns(fresh.values()))
        del evidence
        change = None if recorded is None else recorded.change
        revision = self._stage(change, now)
        instants = [claim.played_at for claim in told.values()]
        give_back_memory()  # of planning: this is no process of its own
        with self._database.write() as connection:
            self._publish(connection, user_id, change, revision, versions)
            gap, is_noted = note_page(
                connection,
                user_id,
                link_id,
                oldest=min(instants, default=None),
                end=max([to_ms(page.shows_until or page.fetched_at), *instants]),
                is_full=page.is_full,
                lost_by=page.lost_by,
                now=now,
            )
            if recorded is not None:
                _insert_polled(connection, user_id, link_id, page.fetched_at, fresh, recorded)
            if change is None and (is_noted or fresh):
                renew(connection, user_id, now=now)
            outcome = _outcome(connection, user_id, link_id, page, recorded, gap)
            conclude(connection, outcome)
        return outcome

    def forget(
        self,
        user_id: int,
        link_id: int,
        conclude: Callable[[Connection, int], None] = _nothing,
    ) -> int:
        """Make the history what it would be without all that a link told of, its gaps included.

        Gives how many sightings went; `conclude` is called with that in the transaction that makes it so, as above.
        """
        while True:
            with suppress(HistoryMovedError):
                return self._forget(user_id, link_id, conclude)

    def _forget(
        self, user_id: int, link_id: int, conclude: Callable[[Connection, int], None]
    ) -> int:
        with self._database.read() as connection:
            get_user(connection, user_id)
            versions = history_versions(connection, user_id)
            gone = _told_by_no_other(connection, user_id, link_id)
            evidence = load_evidence(connection, user_id) if len(gone) else None
        now = self._clock()
        change = None if evidence is None else plan_removal(evidence, gone)
        del evidence
        revision = self._stage(change, now)
        with self._database.write() as connection:
            self._publish(connection, user_id, change, revision, versions)
            drop_link(connection, user_id, link_id)
            if change is None:
                renew(connection, user_id, now=now)
            conclude(connection, len(gone))
        return len(gone)

    def _stage(self, change: Change | None, now: datetime) -> int:
        return (
            0
            if change is None
            else stage(self._database, change, batch_bytes=_COMMIT_BYTES, now=now)
        )

    def _publish(
        self,
        connection: Connection,
        user_id: int,
        change: Change | None,
        revision: int,
        versions: Versions,
    ) -> None:
        """Publish a change, or become the only writer of a history that is as it was read."""
        now = self._clock()
        if change is not None:
            publish(connection, change, revision, now=now)
            return
        lock_history(connection, user_id, now)
        if history_versions(connection, user_id) != versions:
            raise HistoryMovedError("The history changed in the meantime.")


class _Claim(NamedTuple):
    """What an item of a page claims."""

    play: PolledPlay
    description: Description
    played_at: int


def _claim(play: PolledPlay, fetched_at: datetime) -> _Claim | None:
    """Read an item; None where it is about nothing, or cannot be true.

    The artist is the first one of the album, as in exports; where the album names none, the first one of the track.
    """
    artist = next(iter([*play.album_artists, *play.artists]), None)
    uri = clean_uri(clean(play.uri))
    title, artist, album = clean(play.title), clean(artist), clean(play.album)
    is_possible = (
        (uri is not None or title is not None)
        and all(len(text or "") <= _LONGEST_TEXT for text in (title, artist, album))
        and _EARLIEST <= play.played_at <= fetched_at + _LATEST_LEAD
        and 0 <= play.duration_ms <= _LONGEST_MS
    )
    if not is_possible:
        return None
    return _Claim(
        play, Description(Kind.MUSIC.value, uri, title, artist, album), to_ms(play.played_at)
    )


def _told_by(page: Page) -> dict[int, _Claim]:
    """Give what can be true of a page by the keys of its content, each once."""
    found = (_claim(play, page.fetched_at) for play in page.plays)
    claims = [claim for claim in found if claim is not None]
    columns = _columns(claims)
    sightings = Sightings(
        id=columns.context,
        family=columns.family,
        description=columns.description,
        clock=columns.clock,
        ms_played=columns.ms_played,
        stamp=columns.stamp,
        context=columns.context,
        play=columns.context,
    )
    keys = sighting_keys(sightings, columns.descriptions, columns.contexts).tolist()
    told: dict[int, _Claim] = {}
    for key, claim in zip(keys, claims, strict=True):
        told.setdefault(key, claim)
    return told


def _columns(claims: Collection[_Claim]) -> Claims:
    """Give claims as columns; Spotify tells nothing of the circumstances."""
    count = len(claims)
    return Claims(
        family=np.full(count, Family.POLL, np.uint8),
        description=np.arange(count, dtype=np.uint32),
        clock=np.fromiter((claim.played_at for claim in claims), np.int64, count),
        ms_played=np.fromiter((claim.play.duration_ms for claim in claims), np.int32, count),
        stamp=np.zeros(count, np.int64),
        context=np.zeros(count, np.uint32),
        descriptions=[claim.description for claim in claims],
        contexts=[Context()],
    )


def _known_keys(
    connection: Connection, user_id: int, link_id: int, keys: Collection[int]
) -> set[int]:
    """Give which of some content a link has told of before."""
    return set(
        connection.scalars(
            select(polled.c.key).where(
                polled.c.user_id == user_id,
                polled.c.link_id == link_id,
                polled.c.key.in_(keys),
            )
        )
    )


def _insert_polled(
    connection: Connection,
    user_id: int,
    link_id: int,
    fetched_at: datetime,
    fresh: Mapping[int, _Claim],
    recorded: Recorded,
) -> None:
    """Write which link told of what, with its words."""
    rows = [
        {
            "user_id": user_id,
            "link_id": link_id,
            "key": key,
            "sighting": sighting,
            "played_at": claim.played_at,
            "fetched_at": fetched_at,
            "answer": zlib.compress(claim.play.answer),
        }
        for (key, claim), sighting in zip(fresh.items(), recorded.sighting.tolist(), strict=True)
    ]
    connection.execute(insert(polled), rows)


def _outcome(
    connection: Connection,
    user_id: int,
    link_id: int,
    page: Page,
    recorded: Recorded | None,
    gap_id: int | None,
) -> PollOutcome:
    """Count what became of the items of a page."""
    new = merged = suppressed = fresh = 0
    if recorded is not None:
        fresh = len(recorded.sighting)
        is_deleted = np.isin(recorded.sighting, recorded.deleted)
        suppressed = int(is_deleted.sum())
        new = len(np.unique(recorded.play[recorded.is_new_play & ~is_deleted]))
        merged = fresh - new - suppressed
    possible = sum(_claim(play, page.fetched_at) is not None for play in page.plays)
    first, last = connection.execute(
        select(func.min(polled.c.played_at), func.max(polled.c.played_at)).where(
            polled.c.user_id == user_id, polled.c.link_id == link_id
        )
    ).one()
    return PollOutcome(
        fetched=len(page.plays),
        new=new,
        merged=merged,
        known=possible - fresh,
        suppressed=suppressed,
        refused=len(page.plays) - possible,
        oldest_at=from_ms(first),
        newest_at=from_ms(last),
        gap_id=gap_id,
        version=history_version(connection, user_id),
    )


def _told_by_no_other(connection: Connection, user_id: int, link_id: int) -> NDArray[np.uint32]:
    """Give the sightings that a link told of, and no other link of the listener."""
    mine, others = (
        np.array(
            connection.scalars(
                select(polled.c.sighting).where(polled.c.user_id == user_id, is_wanted)
            ).all(),
            np.uint32,
        )
        for is_wanted in (polled.c.link_id == link_id, polled.c.link_id != link_id)
    )
    return np.setdiff1d(mine, others)
