"""The jobs that collect: polls, the backfill of a new link, and forgetting what a link has brought."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection

from tonearm.accounts.links import Links
from tonearm.collector.backfill import BackfillBounds
from tonearm.collector.collections import Collections, Seen
from tonearm.collector.pace import PAGE
from tonearm.collector.records import BackfillEnd
from tonearm.domain.instants import from_ms
from tonearm.domain.vocabulary import GapReason
from tonearm.history.answers import PolledPlay
from tonearm.history.polls import Page, PollOutcome, Polls
from tonearm.jobs.errors import ThrottledError, TransientError
from tonearm.jobs.work import Task
from tonearm.ops.clock import Clock
from tonearm.ops.metrics import UNCOUNTED, Metrics
from tonearm.spotify.client import Spotify
from tonearm.spotify.errors import (
    RelinkNeededError,
    SpotifyBlockedError,
    SpotifyError,
    SpotifyRefusedError,
)
from tonearm.spotify.pacing import Purpose
from tonearm.spotify.recent import RecentPlay, RecentPlays
from tonearm.storage.database import Database

_MISSED_POLLS: Final = 2


class Poller:
    """Collects for all listeners; what goes wrong for one is written down for that one, and stops no other."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        links: Links,
        spotify: Spotify,
        polls: Polls,
        collections: Collections,
        bounds: BackfillBounds,
        metrics: Metrics = UNCOUNTED,
    ) -> None:
        self._database = database
        self._clock = clock
        self._links = links
        self._spotify = spotify
        self._polls = polls
        self._collections = collections
        self._bounds = bounds
        self._metrics = metrics

    def plan(self, _task: Task) -> dict[str, int]:
        """Queue the polls whose time has come."""
        return {"planned": self._collections.plan()}

    def poll(self, task: Task) -> None:
        """Ask once for a listener's recent plays; the result counts what they brought."""
        user_id, link_id = whose(task)
        row = self._collections.get(user_id, link_id)
        asked_at = self._clock()
        page = self._fetch(user_id, link_id, Purpose.POLL)
        wait = timedelta(seconds=row.interval_seconds)
        was_away = row.polled_at is not None and asked_at - row.polled_at > wait * _MISSED_POLLS
        plays = tuple(map(_polled, page.plays))
        is_full = len(page.plays) + len(page.unreadable) >= PAGE
        _log_unreadable(task, page.unreadable)

        def conclude(connection: Connection, outcome: PollOutcome) -> None:
            seen = Seen(
                fetched=outcome.fetched,
                new=outcome.new,
                played=tuple(play.played_at for play in plays),
                is_full=is_full,
                before_ms=page.before_ms,
                fetched_at=asked_at,
            )
            self._collections.note_page(connection, user_id, link_id, seen)
            task.hand_in(connection, _counts(outcome, page))

        lost_by = GapReason.OUTAGE if was_away else GapReason.PAGE_FULL
        outcome = self._polls.record(
            user_id, link_id, Page(plays, asked_at, is_full, lost_by=lost_by), conclude
        )
        self._metrics.poll_ended("new" if outcome.new else "nothing")
        if row.obstacle is not None:
            self._links.note(user_id, link_id, None)

    def backfill(self, task: Task) -> None:
        """Ask for what was played before the first page until one of five conditions holds."""
        user_id, link_id = whose(task)
        shows_until = datetime.fromisoformat(task.job.payload["shows_until"])
        before_ms: int = task.job.payload["before_ms"]
        while True:
            task.check()
            row = self._collections.get(user_id, link_id)
            if row.backfill_ended is not None:
                return
            page = self._fetch_older(task, row, before_ms)
            if page is None:
                return
            plays = tuple(map(_polled, page.plays))
            oldest = min((play.played_at for play in plays), default=None)
            requests = row.backfill_requests + 1
            ended_by = self._bounds.ended_by(
                oldest=oldest, before=from_ms(before_ms), requests=requests, now=self._clock()
            )
            if ended_by is None and page.before_ms is None:
                ended_by = BackfillEnd.EMPTY
            conclude = partial(self._note_older, task, user_id, requests, ended_by)
            if plays:
                self._polls.record(
                    user_id,
                    link_id,
                    Page(plays, self._clock(), is_full=True, shows_until=shows_until),
                    conclude,
                )
            else:
                with self._database.write() as connection:
                    conclude(connection, None)
            if ended_by is not None:
                return
            before_ms = page.before_ms or before_ms

    def forget(self, task: Task) -> None:
        """Erase what a link has brought."""
        user_id, link_id = whose(task)
        self._polls.forget(
            user_id,
            link_id,
            lambda connection, count: task.hand_in(connection, {"forgotten": count}),
        )

    def _fetch_older(self, task: Task, row: Any, before_ms: int) -> RecentPlays | None:  # noqa: ANN401 - a row
        """Give an older page; None where there were too many lock-outs, and the job is handed in."""
        user_id, link_id = row.user_id, row.link_id
        try:
            return self._fetch(user_id, link_id, Purpose.BACKFILL, before_ms)
        except ThrottledError:
            blocks = row.backfill_blocks + 1
            is_over = blocks >= self._bounds.blocks
            with self._database.write() as connection:
                self._collections.note_backfill(connection, user_id, backfill_blocks=blocks)
                if is_over:
                    self._note_older(
                        task, user_id, row.backfill_requests, BackfillEnd.BLOCKED, connection, None
                    )
            if is_over:
                return None
            raise

    def _note_older(
        self,
        task: Task,
        user_id: int,
        requests: int,
        ended_by: BackfillEnd | None,
        connection: Connection,
        outcome: PollOutcome | None,
    ) -> None:
        values: dict[str, object] = {"backfill_requests": requests}
        if ended_by is not None:
            values |= {"backfill_ended": ended_by.value, "backfilled_at": self._clock()}
        self._collections.note_backfill(connection, user_id, **values)
        if ended_by is not None:
            new = 0 if outcome is None else outcome.new
            task.hand_in(connection, {"ended_by": ended_by.value, "requests": requests, "new": new})

    def _fetch(
        self, user_id: int, link_id: int, purpose: Purpose, before_ms: int | None = None
    ) -> RecentPlays:
        """Ask Spotify, and write down what is in the way.

        Raises:
            ThrottledError: nothing may be asked before an instant.
            TransientError: it may work later.
            RelinkNeededError: the link has to be made again.
            SpotifyRefusedError: it will not work before somebody mends something.
            NotFoundError: the link has ended.
        """
        try:
            session = self._spotify.for_link(self._links.lend(user_id, link_id), purpose)
            return session.recent.list_plays(before_ms=before_ms, limit=PAGE)
        except SpotifyBlockedError as error:
            self._hinder(user_id, link_id, GapReason.BLOCKED, error, purpose)
            raise ThrottledError(error.message, error.not_before) from None
        except RelinkNeededError:
            self._collections.hinder(user_id, link_id, GapReason.RELINK_NEEDED)
            if purpose is Purpose.POLL:
                self._metrics.poll_ended(GapReason.RELINK_NEEDED.value)
            raise
        except SpotifyRefusedError as error:
            self._hinder(user_id, link_id, GapReason.REFUSED, error, purpose)
            raise
        except SpotifyError as error:
            self._hinder(user_id, link_id, GapReason.OUTAGE, error, purpose)
            raise TransientError(error.message) from None

    def _hinder(
        self,
        user_id: int,
        link_id: int,
        reason: GapReason,
        error: SpotifyError,
        purpose: Purpose,
    ) -> None:
        # That older plays do not come is no reason for newer ones to be lacking.
        if purpose is Purpose.POLL:
            self._links.note(user_id, link_id, error)
            self._collections.hinder(user_id, link_id, reason)
            self._metrics.poll_ended(reason.value)


def whose(task: Task) -> tuple[int, int]:
    """Give the numbers of listener and link that a job is for."""
    if task.job.user_id is None:
        raise ValueError("collecting is for somebody")
    return task.job.user_id, int(task.job.payload["link_id"])


def _polled(play: RecentPlay) -> PolledPlay:
    album = play.track.album
    return PolledPlay(
        uri=play.track.uri or None,
        title=play.track.name or None,
        artists=tuple(artist.name for artist in play.track.artists),
        album_artists=() if album is None else tuple(artist.name for artist in album.artists),
        album=None if album is None else album.name or None,
        played_at=play.played_at,
        duration_ms=play.track.duration_ms or 0,
        answer=play.raw,
    )


def _counts(outcome: PollOutcome, page: RecentPlays) -> dict[str, int | None]:
    """Give what a page came to, as the result of its job."""
    return {
        "fetched": outcome.fetched + len(page.unreadable),
        "new": outcome.new,
        "known": outcome.known,
        "merged": outcome.merged,
        "suppressed": outcome.suppressed,
        "refused": outcome.refused + len(page.unreadable),
        "gap": outcome.gap_id,
    }


def _log_unreadable(task: Task, unreadable: Sequence[bytes]) -> None:
    if unreadable:
        task.log(
            f"{len(unreadable)} items of the page were no plays as far as is known.", "warning"
        )
