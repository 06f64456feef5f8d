"""Plays that Spotify tells of, in its list of recent plays and in samples: recorded once, and forgotten on request."""

import zlib
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, func, insert, select

from tonearm.accounts.people import get_user
from tonearm.domain.instants import from_ms, to_ms
from tonearm.domain.vocabulary import GapReason
from tonearm.history.answers import (
    Claim,
    PolledPlay,
    Sample,
    claim_of,
    claim_of_sample,
    columns_of,
    keyed,
)
from tonearm.history.change import Change, Recorded, plan_record, plan_removal
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
from tonearm.ops.clock import Clock
from tonearm.ops.memory import give_back_memory
from tonearm.storage.database import Database
from tonearm.storage.poll_tables import polled

_COMMIT_BYTES = 1 << 20


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
    """Of all plays of this link that are stored now, samples left out."""
    newest_at: datetime | None
    gap_id: int | None
    """The gap that was left before this page, if there is one."""
    version: int
    """Of the history, afterwards."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be published of an answer."""

    fresh: dict[int, Claim]
    recorded: Recorded | None
    """None where nothing is fresh."""
    revision: int
    versions: Versions
    planned_at: datetime

    @property
    def change(self) -> Change | None:
        return None if self.recorded is None else self.recorded.change


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
        told = keyed(claim_of(play, page.fetched_at) for play in page.plays)
        while True:
            with suppress(HistoryMovedError):
                return self._record(user_id, link_id, page, told, conclude)

    def record_sample(
        self,
        user_id: int,
        link_id: int,
        sample: Sample,
        conclude: Callable[[Connection, bool], None] = _nothing,
    ) -> bool:
        """Record a sample once, and call `conclude` as `record` does; tells both whether it was news.

        It vouches for no time, and neither leaves nor ends a gap. One that cannot be true is not kept.

        Raises:
            NotFoundError: there is no such listener.
        """
        told = keyed([claim_of_sample(sample)])
        while True:
            with suppress(HistoryMovedError):
                plan = self._plan(user_id, link_id, told)
                with self._database.write() as connection:
                    self._publish(connection, user_id, plan.change, plan.revision, plan.versions)
                    _insert_polled(
                        connection, user_id, link_id, sample.sampled_at, plan, is_sample=True
                    )
                    if plan.change is None and plan.fresh:
                        renew(connection, user_id, now=plan.planned_at)
                    conclude(connection, bool(plan.fresh))
                return bool(plan.fresh)

    def _record(
        self,
        user_id: int,
        link_id: int,
        page: Page,
        told: dict[int, Claim],
        conclude: Callable[[Connection, PollOutcome], None],
    ) -> PollOutcome:
        plan = self._plan(user_id, link_id, told)
        instants = [claim.clock for claim in told.values()]
        with self._database.write() as connection:
            self._publish(connection, user_id, plan.change, plan.revision, plan.versions)
            gap, is_noted = note_page(
                connection,
                user_id,
                link_id,
                oldest=min(instants, default=None),
                end=max([to_ms(page.shows_until or page.fetched_at), *instants]),
                is_full=page.is_full,
                lost_by=page.lost_by,
                now=plan.planned_at,
            )
            _insert_polled(connection, user_id, link_id, page.fetched_at, plan, is_sample=False)
            if plan.change is None and (is_noted or plan.fresh):
                renew(connection, user_id, now=plan.planned_at)
            outcome = _outcome(connection, user_id, link_id, page, plan.recorded, gap)
            conclude(connection, outcome)
        return outcome

    def _plan(self, user_id: int, link_id: int, told: dict[int, Claim]) -> _Plan:
        """Plan to add what a link has not told of before, and write the segments that nobody sees yet."""
        with self._database.read() as connection:
            get_user(connection, user_id)
            versions = history_versions(connection, user_id)
            known = _known_keys(connection, user_id, link_id, told)
            fresh = {key: claim for key, claim in told.items() if key not in known}
            evidence = load_evidence(connection, user_id) if fresh else None
        now = self._clock()
        recorded = None if evidence is None else plan_record(evidence, columns_of(fresh.values()))
        del evidence
        revision = self._stage(None if recorded is None else recorded.change, now)
        give_back_memory()  # of planning: this is no process of its own
        return _Plan(fresh, recorded, revision, versions, now)

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
    plan: _Plan,
    *,
    is_sample: bool,
) -> None:
    """Write which link told of what, with its words."""
    if plan.recorded is None:
        return
    rows = [
        {
            "user_id": user_id,
            "link_id": link_id,
            "key": key,
            "sighting": sighting,
            "played_at": claim.clock,
            "fetched_at": fetched_at,
            "answer": zlib.compress(claim.answer),
            "is_sample": is_sample,
        }
        for (key, claim), sighting in zip(
            plan.fresh.items(), plan.recorded.sighting.tolist(), strict=True
        )
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
    possible = sum(claim_of(play, page.fetched_at) is not None for play in page.plays)
    first, last = connection.execute(
        select(func.min(polled.c.played_at), func.max(polled.c.played_at)).where(
            polled.c.user_id == user_id, polled.c.link_id == link_id, polled.c.is_sample.is_(False)
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
