"""The job that samples: one look at a listener's player, and when it is to be looked at again."""

import zlib
from typing import Any

from sqlalchemy import Connection, Row

from tonearm.accounts.links import Links
from tonearm.collector.collections import Collections
from tonearm.collector.poller import whose
from tonearm.collector.sampling import Before, Found, Look, look, sample_of
from tonearm.domain.vocabulary import GapReason
from tonearm.history.answers import Sample
from tonearm.history.polls import Polls
from tonearm.jobs.work import Task
from tonearm.ops.clock import Clock
from tonearm.spotify.client import Spotify
from tonearm.spotify.errors import RelinkNeededError, SpotifyError
from tonearm.spotify.pacing import Purpose
from tonearm.spotify.player import PlayerState, read_state
from tonearm.storage.database import Database


class Sampler:
    """Looks at the players of all listeners who want it."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        links: Links,
        spotify: Spotify,
        polls: Polls,
        collections: Collections,
    ) -> None:
        self._database = database
        self._clock = clock
        self._links = links
        self._spotify = spotify
        self._polls = polls
        self._collections = collections

    def sample(self, task: Task) -> dict[str, object] | None:
        """Look once; record what was about to end before, if it has ended, and queue the next look.

        What is in the way ends the chain until the next poll, which is for it to tell of: nothing is lost here.

        Raises:
            CancelledError: nothing is sampled through this link any more.
            RelinkNeededError: the link has to be made again.
            NotFoundError: the link has ended.
        """
        user_id, link_id = whose(task)
        row = self._collections.get_sampled(user_id, link_id)
        try:
            session = self._spotify.for_link(self._links.lend(user_id, link_id), Purpose.OTHER)
            state = session.player.state()
        except RelinkNeededError:
            self._collections.hinder(user_id, link_id, GapReason.RELINK_NEEDED)
            raise
        except SpotifyError as error:
            task.log(error.message, "warning")
            return _result(Found.NO_ANSWER, is_recorded=False)
        # Whatever the answer had to wait for was before it: how far the player is holds now.
        found = look(state, self._clock(), _held(row), Before.of(task.job.payload))
        self._keep(task, user_id, link_id, found)
        return None

    def _keep(self, task: Task, user_id: int, link_id: int, found: Look) -> None:
        """Write down what a look came to, in the transaction that hands the job in."""

        def conclude(connection: Connection, is_recorded: bool) -> None:  # noqa: FBT001 - as it is called
            self._collections.note_look(connection, user_id, link_id, found.at, _words(found.held))
            task.hand_in(connection, _result(found.found, is_recorded=is_recorded))
            if found.again_at is not None:
                seen = Before(found.at, found.progress_ms).payload
                self._collections.enqueue_sample(
                    connection, user_id, link_id, found.again_at, **seen
                )

        if found.ended is None:
            with self._database.write() as connection:
                conclude(connection, is_recorded=False)
        else:
            self._polls.record_sample(user_id, link_id, found.ended, conclude)


def _held(row: Row[Any]) -> Sample | None:
    return (
        None if row.held is None else sample_of(read_state(zlib.decompress(row.held)), row.held_at)
    )


def _words(state: PlayerState | None) -> bytes | None:
    return None if state is None else zlib.compress(state.raw)


def _result(found: Found, *, is_recorded: bool) -> dict[str, object]:
    return {"found": found.value, "recorded": int(is_recorded)}
